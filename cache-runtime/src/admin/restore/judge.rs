//! Whether an entry of a backup may come back, from what Redis has.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::seal::{is_as_it_was, restored_id};
use super::times::Times;
use super::{Fate, Restore, Returning, lease};
use crate::admin::stored::Stamps;
use crate::frame::{self, Frame, Header, ID_OFFSET, Lock, Stamp, StampKind, Stamped, Unreadable};
use crate::load::{Compared, compare};
use crate::redis::PutBackAsk;

/// What stands at an entry's name, and the node of that.
pub(super) struct There {
    pub(super) run: [u8; 8],
    pub(super) node_ms: u64,
    /// Whether a process holds the lease.
    pub(super) is_loading: bool,
    pub(super) entry: Option<Bytes>,
}

/// A stamp that an entry carries, and what it is to carry.
pub(super) struct Noted {
    /// Its name in Redis.
    pub(super) key: Arc<str>,
    kind: StampKind,
    name: Arc<str>,
    carried: Stamp,
    /// What was there when the entry was judged.
    seen: Option<Stamp>,
    /// What the entry comes back with, once that is known.
    stamp: Stamp,
}

/// An entry that may come back.
pub(super) struct Vetted<'a> {
    pub(super) name: String,
    lease: String,
    pub(super) frame: Frame<'a>,
    pub(super) times: Times,
    pub(super) life_ms: u64,
    pub(super) noted: Vec<Noted>,
    /// The run of its node, where stamps may be at others.
    node: Option<[u8; 8]>,
    seen_id: Vec<u8>,
    seen_len: usize,
    /// Whether its place is reserved already, by a restore that was interrupted.
    pub(super) is_reserved: bool,
}

impl Restore {
    pub(super) fn vet_one<'a>(
        &mut self,
        name: String,
        frame: Frame<'a>,
        returning: &Returning,
        (there, stamps): (There, &Stamps),
    ) -> Result<Vetted<'a>, Fate> {
        if there.is_loading {
            return Err(Fate::Loading);
        }
        let node = (there.run, there.node_ms);
        let times = Times::of(&frame.header, returning, node, self.terms.trust);
        let is_reserved = self.place(&frame.header, times, &there, stamps)?;
        let times = times?;
        let noted = self.noted(&frame.header, there.run, stamps)?;
        let (seen_id, seen_len) = seen(there.entry.as_deref());
        let spans_nodes = self.admin.cache.tiers().spans_nodes();
        let vetted = Vetted {
            lease: lease(&name),
            name,
            times,
            life_ms: times.life_ms,
            noted,
            node: spans_nodes.then_some(there.run),
            seen_id,
            seen_len,
            is_reserved,
            frame,
        };
        match vetted.frame.header.is_encrypted {
            true => self.vet_encrypted(vetted, &returning.entry.name),
            false => Ok(vetted),
        }
    }

    /// Whether it is reserved by what stands there, which else may be written over.
    ///
    /// # Errors
    ///
    /// What becomes of the entry, where what stands there stays.
    fn place(
        &self,
        header: &Header<&str>,
        times: Result<Times, Fate>,
        there: &There,
        stamps: &Stamps,
    ) -> Result<bool, Fate> {
        let Some(bytes) = there.entry.as_deref() else {
            return Ok(false);
        };
        // Perhaps it is one of a later build.
        let (other, _) = frame::outline(bytes).map_err(|_| Fate::Newer)?;
        if self.is_of_another_run(&other, there.run) {
            // No read is ever served it.
            return Ok(false);
        }
        let is_own = other.id == restored_id(header);
        if is_own && other.is_reservation() {
            return match self.is_invalid(&other, stamps) {
                true => Err(Fate::Invalidated),
                false => Ok(true),
            };
        }
        if is_own || other.id == header.id {
            return Err(Fate::Kept);
        }
        // Of two that came from backups, or are about to, the later load wins.
        let is_of_a_backup = other.is_restored() || other.is_reservation();
        let is_older = |times: Times| is_of_a_backup && other.born_ms < times.born_ms;
        match times.is_ok_and(is_older) {
            true => Ok(false),
            false => Err(Fate::Newer),
        }
    }

    /// Whether an entry was stored in another run of its node than the present one.
    fn is_of_another_run(&self, other: &Header<&str>, run: [u8; 8]) -> bool {
        let spans_nodes = self.admin.cache.tiers().spans_nodes();
        let kind = match spans_nodes {
            true => StampKind::Node,
            false => StampKind::Namespace,
        };
        let mut stamps = other.stamps.iter();
        let first = stamps.find(|stamped| stamped.kind == kind);
        first.is_none_or(|stamped| stamped.stamp[16..] != run)
    }

    /// Whether something was invalidated that a reservation rests on.
    fn is_invalid(&self, reservation: &Header<&str>, stamps: &Stamps) -> bool {
        let mut named = (reservation.stamps.iter()).filter(|of| of.kind != StampKind::Node);
        named.any(|stamped| {
            let here = self.here(stamps, stamped);
            compare(&stamped.stamp, here.as_ref()) == Compared::Another
        })
    }

    /// The stamps that it carries, beside those that are there.
    fn noted(
        &mut self,
        header: &Header<&str>,
        node: [u8; 8],
        stamps: &Stamps,
    ) -> Result<Vec<Noted>, Fate> {
        let mut noted = Vec::with_capacity(header.stamps.len());
        let is_again = match header.stale_until_ms > header.fresh_until_ms {
            true => self.again.stale,
            false => self.again.without_window,
        };
        for stamped in &header.stamps {
            let Some(key) = self.admin.stamp_name(stamped) else {
                continue;
            };
            let here = self.here(stamps, stamped);
            self.learn(stamped.stamp, here.as_ref());
            if self.tells_of_an_invalidation((&key, stamped), here.as_ref(), node, is_again) {
                return Err(Fate::Invalidated);
            }
            noted.push(Noted {
                key,
                kind: stamped.kind,
                name: stamped.name.into(),
                carried: stamped.stamp,
                seen: here,
                stamp: stamped.stamp,
            });
        }
        let has_namespace = noted.iter().any(|of| of.kind == StampKind::Namespace);
        has_namespace.then_some(noted).ok_or(Fate::Unreadable)
    }

    /// Whether a stamp tells that something was invalidated since the backup: it is another in the same run, and was
    /// not made for this backup when there was none; or it is missing where its node was not emptied. It tells nothing
    /// where it was made in another run than the present one.
    fn tells_of_an_invalidation(
        &self,
        (key, stamped): (&str, &Stamped<&str>),
        here: Option<&Stamp>,
        node: [u8; 8],
        is_again: bool,
    ) -> bool {
        let run = &stamped.stamp[16..];
        match here {
            Some(here) if here[16..] != *run => false,
            Some(here) => {
                let is_another = compare(&stamped.stamp, Some(here)) == Compared::Another;
                is_another && !self.terms.emptied && here[8..16] != self.mark(key)
            }
            None => {
                let spans_nodes = self.admin.cache.tiers().spans_nodes();
                let lived = self.lived.iter().any(|lived| lived == run);
                // What has another run than the entry's node may be of one that was replaced.
                let is_present = spans_nodes || *run == node;
                // Of a cluster only one node is known to have had all that it needs.
                (lived && is_present) || (is_again && !spans_nodes)
            }
        }
    }

    /// One that is encrypted comes back as it is, or is encrypted anew.
    fn vet_encrypted<'a>(&self, vetted: Vetted<'a>, was: &str) -> Result<Vetted<'a>, Fate> {
        let header = &vetted.frame.header;
        let kept = vetted.header().stamps;
        let stand = |of: &Noted| compare(&of.carried, of.seen.as_ref()) != Compared::Another;
        if vetted.noted.iter().all(stand)
            && is_as_it_was(header, (&vetted.name, was), &kept, &vetted.times)
        {
            return Ok(vetted);
        }
        let lock = Lock {
            keys: self.admin.cache.tiers().keys.as_ref(),
            name: was,
        };
        match frame::opened(&vetted.frame, lock) {
            Ok(_) => Ok(vetted),
            Err(Unreadable::NoKey) => Err(Fate::NoKey),
            Err(_) => Err(Fate::Unreadable),
        }
    }
}

/// Notes the stamps as they are by now; `false` if one is gone that was there when the entry was judged.
pub(super) fn note(vetted: &mut Vetted<'_>, stamps: &BTreeMap<Arc<str>, Stamp>) -> bool {
    for noted in &mut vetted.noted {
        let Some(now) = stamps.get(&noted.key) else {
            return false;
        };
        let was_invalidated = |seen: &Stamp| compare(seen, Some(now)) == Compared::Another;
        if noted.seen.as_ref().is_some_and(was_invalidated) {
            return false;
        }
        // One that holds stays as it is: what was expired by hand is stale.
        if compare(&noted.carried, Some(now)) == Compared::Another {
            noted.stamp = *now;
        }
    }
    true
}

impl Vetted<'_> {
    /// The reservation of its place: this entry without a value, and over since it was born.
    pub(super) fn reservation(&self) -> Vec<u8> {
        let mut header = self.header();
        header.is_encrypted = false;
        header.compression = crate::policy::Compression::None;
        header.fresh_until_ms = header.born_ms;
        header.stale_until_ms = header.born_ms;
        header.mark_reservation();
        // It is of another length than its entry.
        let payload: &[u8] = match self.frame.payload.is_empty() {
            true => &[0],
            false => &[],
        };
        frame::write(&header, payload)
    }

    pub(super) fn ask<'b>(&'b self, frame: &'b [u8]) -> PutBackAsk<'b> {
        PutBackAsk {
            lease: &self.lease,
            entry: &self.name,
            seen_id: &self.seen_id,
            seen_len: self.seen_len,
            frame,
            ttl_ms: self.life_ms,
        }
    }

    /// Its header as it comes back, with the stamps in their order, and that of its node where it needs one.
    fn header(&self) -> Header {
        let mut named = self.noted.iter().map(|noted| Stamped {
            kind: noted.kind,
            name: Arc::clone(&noted.name),
            stamp: noted.stamp,
        });
        let header = &self.frame.header;
        let (mut stamps, mut node) = (Vec::new(), self.node.map(Stamped::node));
        for stamped in &header.stamps {
            match stamped.kind {
                StampKind::Node => stamps.extend(node.take()),
                _ => stamps.extend(named.next()),
            }
        }
        stamps.extend(node);
        Header {
            codec: header.codec,
            is_encrypted: header.is_encrypted,
            compression: header.compression,
            flags: header.flags,
            id: restored_id(header),
            digest: header.digest,
            shape: header.shape,
            born_ms: self.times.born_ms,
            fresh_until_ms: self.times.fresh_until_ms,
            stale_until_ms: self.times.stale_until_ms,
            load_us: header.load_us,
            stamps: stamps.into(),
        }
    }
}

/// What stands in the place of an entry's id, and how long all of it is.
fn seen(bytes: Option<&[u8]>) -> (Vec<u8>, usize) {
    let bytes = bytes.unwrap_or_default();
    let end = bytes.len().min(ID_OFFSET + 16);
    let id = bytes.get(ID_OFFSET..end).unwrap_or_default();
    (id.to_vec(), bytes.len())
}
