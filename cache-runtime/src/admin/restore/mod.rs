//! Putting entries of a backup back, under the rules of the cache.
//!
//! Entries come back in two passes. The first *reserves*: it judges an entry by the stamps that Redis has, makes those
//! that are missing, and puts at its name a frame without a value, whose time is over, with the stamps as they are
//! then. The second *fills*: it replaces each reservation that still stands there by its entry, which carries the
//! stamps of the reservation. So from its reservation on, whatever invalidates an entry hits it: one of the entry
//! deletes the reservation, one of a tag or of the namespace makes another stamp of one that it carries.

mod judge;
mod seal;
mod times;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::explain::is_of_name;
use super::stored::{Stamps, StoredEntry};
use super::{Admin, unavailable};
use crate::error::{CacheError, Result};
use crate::frame::{self, Frame, Stamp, StampKind, Unreadable};
use crate::load::{Compared, LONGEST_MS, SLACK_MS, compare};
use crate::redis::{Fault, Keys, PutBack, PutBackAsk, StampAsk};
use judge::{There, Vetted};

/// What is asked of a restore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoreTerms {
    /// Bring entries back as fresh, for what is left of their time. It waives the promise for all that was invalidated
    /// between the backup and the restore and that Redis has no sign of.
    pub trust: bool,
    /// Redis was emptied since the backup: a stamp that is another by now is no sign of an invalidation.
    pub emptied: bool,
    /// What the names in the backup begin with.
    pub prefix: String,
    /// What tells this backup from all others.
    pub id: String,
    /// What tells this backup, with those that stand on it or that it stands on, from all others: 64 random bits at
    /// least. Stamps that are made for it are told by that.
    pub family: String,
}

/// An entry of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returning {
    /// As it was stored.
    pub entry: StoredEntry,
    /// How much time has passed since it was read, by the clock on the wall, in milliseconds. Where its node runs as it
    /// did then, that node's own clock is asked instead.
    pub passed_ms: u64,
}

/// What becomes of an entry of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// It may come back: its place is reserved, or would be.
    Reserved,
    /// It came back.
    Restored,
    /// The same load is stored.
    Kept,
    /// Another load is stored that is not known to be older, or something that is no entry.
    Newer,
    /// A process loads it, or puts it.
    Loading,
    /// Something that it rests on was invalidated since.
    Invalidated,
    /// Its time is over.
    Expired,
    /// It has no stale window, so that it could be served only as fresh.
    NoStaleWindow,
    /// It is encrypted, and can't be put back as it is; the key to encrypt it anew is not there.
    NoKey,
    /// Its bytes are no entry of its name, or not under the prefix.
    Unreadable,
    /// Nothing reserved is there: it was invalidated, loaded, evicted or filled since, or never reserved.
    Unreserved,
}

/// The most stamps that are looked at to find out whether a node was emptied.
const MOST_LOOKED_AT: usize = 16 << 10;

/// Puts entries back; made by [`Admin::restore`].
#[derive(Debug)]
pub struct Restore {
    admin: Admin,
    terms: RestoreTerms,
    /// The runs of nodes that have a stamp that an entry of the backup carries: they were not emptied since.
    lived: BTreeSet<[u8; 8]>,
    /// Hashes of the names of the stamps that were looked at.
    looked_at: HashSet<u64>,
    /// What of this backup was reserved before, at a node that was not emptied since.
    again: Again,
    /// Whether an entry could not be reserved for want of its key.
    lacks_key: bool,
    /// How long the longest entry lives that was reserved, in milliseconds.
    longest_ms: u64,
}

/// What was reserved before of a backup: all that the terms of that restore let come back.
#[derive(Clone, Copy, Debug, Default)]
struct Again {
    /// Its entries that have a stale window.
    stale: bool,
    /// Those that have none: only one that trusts them reserves these.
    without_window: bool,
}

impl Admin {
    /// Begins to put entries of a backup back.
    ///
    /// First have it [`look`](Restore::look) at them, then [`reserve`](Restore::reserve) all and say that
    /// [all are reserved](Restore::all_are_reserved), then [`fill`](Restore::fill) all, in batches of some hundred. An invalidation that is acknowledged after an entry is
    /// reserved hits it. One that was acknowledged before is known of where Redis has a sign of it: a stamp that is
    /// another, or that is gone from a node which was not emptied. Of an entry that was invalidated by itself there is
    /// none; nor is there of anything after a node was emptied, restarted or replaced. So entries come back as stale,
    /// unless they are [trusted](RestoreTerms::trust), and a `strong` function is served none of them.
    #[must_use]
    pub fn restore(&self, terms: RestoreTerms) -> Restore {
        Restore {
            admin: self.clone(),
            terms,
            lived: BTreeSet::new(),
            looked_at: HashSet::new(),
            again: Again::default(),
            lacks_key: false,
            longest_ms: 0,
        }
    }
}

impl Restore {
    /// Looks at the stamps that entries carry, to learn which nodes were not emptied since the backup: where one still
    /// has a stamp of it, one that is missing was invalidated. `false` once no more need be looked at. Nothing is
    /// written.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked.
    pub async fn look(&mut self, batch: &[Returning]) -> Result<bool, CacheError> {
        if self.looked_at.is_empty() {
            self.look_for_another().await.map_err(failed)?;
        }
        let (mut headers, mut now) = (Vec::new(), HashSet::new());
        for returning in batch {
            let Ok((mut header, _)) = frame::outline(&returning.entry.frame) else {
                continue;
            };
            header.stamps.retain(|stamped| {
                let hash = hash(stamped.kind, stamped.name);
                self.looked_at.len() + now.len() < MOST_LOOKED_AT
                    && !self.looked_at.contains(&hash)
                    && now.insert(hash)
            });
            headers.push(header);
        }
        let stamps = self.admin.stamps_of(headers.iter().cloned()).await;
        let stamps = stamps.map_err(failed)?;
        // Where it failed, the next try looks at them.
        self.looked_at.extend(now);
        for stamped in headers.iter().flat_map(|header| &header.stamps) {
            self.learn(stamped.stamp, self.here(&stamps, stamped).as_ref());
        }
        let spans_nodes = self.admin.cache.tiers().spans_nodes();
        let is_enough = !spans_nodes && !self.lived.is_empty();
        Ok(!is_enough && self.looked_at.len() < MOST_LOOKED_AT)
    }

    /// What would become of these entries if they were reserved. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked.
    pub async fn judge(&mut self, batch: &[Returning]) -> Result<Vec<Fate>, CacheError> {
        let vetted = self.vet(batch).await.map_err(failed)?;
        let fates = vetted.into_iter().map(|vetted| match vetted {
            Ok(_) => Fate::Reserved,
            Err(fate) => fate,
        });
        Ok(fates.collect())
    }

    /// Reserves the places of those entries that may come back, and says what becomes of each.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked, or took nothing; the batch may be given again.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, some are reserved; the batch may be given again.
    pub async fn reserve(&mut self, batch: &[Returning]) -> Result<Vec<Fate>, CacheError> {
        self.reserve_all(batch).await.map_err(failed)
    }

    /// Puts those entries in the places of their reservations that are still reserved.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, some are put back; the batch may be given again.
    pub async fn fill(&mut self, batch: &[Returning]) -> Result<Vec<Fate>, CacheError> {
        self.fill_all(batch).await.map_err(failed)
    }

    /// Says that all that may come back is reserved, and so every stamp made that it needs. Where the same backup is
    /// restored again, a stamp that is missing by then was invalidated: of those entries that the terms of this restore
    /// let come back. Nothing is said where an entry lacks its key: another restore may have that.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    pub async fn all_are_reserved(&mut self) -> Result<(), CacheError> {
        if self.longest_ms == 0 || self.lacks_key {
            return Ok(());
        }
        let name = self.said(self.terms.trust, self.terms.emptied);
        let ask = StampAsk {
            name: &name,
            fresh: rand::random(),
            need_ms: self.longest_ms.min(LONGEST_MS / 2),
        };
        let made = self.admin.redis()?.stamps(&[ask]).await;
        made.map(drop).map_err(failed)
    }

    /// Looks whether a restore of the same backup has said so since the node was last emptied.
    async fn look_for_another(&mut self) -> Result<(), Fault> {
        // Without `emptied` more is skipped, so that one without says nothing to one with it.
        let emptied = match self.terms.emptied {
            true => &[true][..],
            false => &[false, true],
        };
        let asked = [false, true].into_iter();
        let asked = asked.flat_map(|trust| emptied.iter().map(move |emptied| (trust, *emptied)));
        let asked: Vec<_> = asked.collect();
        let names = asked
            .iter()
            .map(|(trust, emptied)| self.said(*trust, *emptied));
        let names: Keys = names.map(Arc::from).collect();
        let redis = self.admin.redis().map_err(|_| Fault::Down)?;
        let read = redis.read(names).await?;
        self.again = Again::default();
        for ((trust, _), found) in asked.into_iter().zip(read.found) {
            let is_said = found.stamp().is_some();
            self.again.stale |= is_said;
            self.again.without_window |= is_said && trust;
        }
        Ok(())
    }

    /// The key that says that all is reserved which these terms let come back.
    fn said(&self, trust: bool, emptied: bool) -> String {
        let trust = if trust { ":trusted" } else { "" };
        let emptied = if emptied { ":emptied" } else { "" };
        let id = [&self.terms.id, trust, emptied].concat();
        self.admin.names().restored(&id)
    }

    async fn reserve_all(&mut self, batch: &[Returning]) -> Result<Vec<Fate>, Fault> {
        let vetted = self.vet(batch).await?;
        self.lacks_key |= vetted.iter().any(|of| matches!(of, Err(Fate::NoKey)));
        let stamps = self.make_stamps(&vetted).await?;
        let lives = vetted.iter().flatten().map(|vetted| vetted.life_ms);
        self.longest_ms = lives.fold(self.longest_ms, u64::max);
        let mut fates = Vec::with_capacity(batch.len());
        let mut reservations = Vec::new();
        for (at, vetted) in vetted.into_iter().enumerate() {
            let fate = match vetted {
                Err(fate) => fate,
                Ok(vetted) if vetted.is_reserved => Fate::Reserved,
                Ok(mut vetted) => match judge::note(&mut vetted, &stamps) {
                    true => {
                        reservations.push((at, vetted));
                        Fate::Reserved
                    }
                    false => Fate::Invalidated,
                },
            };
            fates.push(fate);
        }
        let frames = reservations.iter().map(|(_, vetted)| vetted.reservation());
        let frames: Vec<_> = frames.collect();
        let asks: Vec<_> = reservations
            .iter()
            .zip(&frames)
            .map(|((_, vetted), frame)| vetted.ask(frame))
            .collect();
        let put = self.admin.redis().map_err(|_| Fault::Down)?.put_back(&asks);
        for ((at, _), put) in reservations.iter().zip(put.await) {
            fates[*at] = match put? {
                PutBack::Done => Fate::Reserved,
                PutBack::Another => Fate::Newer,
                PutBack::Held => Fate::Loading,
            };
        }
        Ok(fates)
    }

    async fn fill_all(&mut self, batch: &[Returning]) -> Result<Vec<Fate>, Fault> {
        let names: Vec<_> = batch.iter().map(|of| self.name(&of.entry.name)).collect();
        let keys: Keys = names
            .iter()
            .flatten()
            .map(|name| Arc::from(&**name))
            .collect();
        if keys.is_empty() {
            return Ok(vec![Fate::Unreserved; batch.len()]);
        }
        let redis = self.admin.redis().map_err(|_| Fault::Down)?.clone();
        let mut found = redis.read(keys).await?.found.into_iter();
        let mut fates = vec![Fate::Unreserved; batch.len()];
        let mut filled = Vec::new();
        for (at, (returning, name)) in batch.iter().zip(&names).enumerate() {
            let (Some(name), Some(found)) = (name, name.as_ref().and_then(|_| found.next())) else {
                continue;
            };
            let node_ms = redis.node_ms(name).ok_or(Fault::Down)?;
            match self.filling(returning, name, &found, node_ms) {
                Ok(filling) => filled.push((at, name, filling)),
                Err(fate) => fates[at] = fate,
            }
        }
        let leases: Vec<_> = filled.iter().map(|(_, name, _)| lease(name)).collect();
        let asks: Vec<_> = filled
            .iter()
            .zip(&leases)
            .map(|((_, name, filling), lease)| PutBackAsk {
                lease,
                entry: name,
                seen_id: &filling.id,
                seen_len: filling.reservation_len,
                frame: &filling.frame,
                ttl_ms: filling.life_ms,
            })
            .collect();
        for ((at, ..), put) in filled.iter().zip(redis.put_back(&asks).await) {
            fates[*at] = match put? {
                PutBack::Done => Fate::Restored,
                PutBack::Another => Fate::Unreserved,
                PutBack::Held => Fate::Loading,
            };
        }
        Ok(fates)
    }

    /// Its name under the prefix of this cache; none if it is no entry's.
    fn name(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(&*self.terms.prefix)?;
        let name = [self.admin.prefix(), rest].concat();
        self.admin.names().parts(&name).is_some().then_some(name)
    }

    /// Those that may come back, with what they need for that.
    async fn vet<'a>(
        &mut self,
        batch: &'a [Returning],
    ) -> Result<Vec<Result<Vetted<'a>, Fate>>, Fault> {
        let read = batch.iter().map(|returning| {
            let name = self.name(&returning.entry.name).ok_or(Fate::Unreadable)?;
            let frame = read(&name, &returning.entry.frame).map_err(|_| Fate::Unreadable)?;
            Ok((name, frame, returning))
        });
        let read: Vec<Result<(String, Frame<'a>, &Returning), Fate>> = read.collect();
        let headers = read
            .iter()
            .flatten()
            .map(|(_, frame, _)| frame.header.clone());
        let stamps = self.admin.stamps_of(headers).await?;
        let here = self
            .there(read.iter().flatten().map(|(name, ..)| name))
            .await?;
        let mut here = here.into_iter();
        let mut vetted = Vec::with_capacity(read.len());
        for read in read {
            vetted.push(match read {
                Err(fate) => Err(fate),
                Ok((name, frame, returning)) => {
                    let there = here.next().ok_or(Fault::Protocol)?;
                    self.vet_one(name, frame, returning, (there, &stamps))
                }
            });
        }
        Ok(vetted)
    }

    /// What stands at the names of entries and of their leases.
    async fn there(
        &self,
        names: impl Iterator<Item = &String> + Clone,
    ) -> Result<Vec<There>, Fault> {
        let redis = self.admin.redis().map_err(|_| Fault::Down)?;
        let keys = names
            .clone()
            .flat_map(|name| [Arc::from(name.as_str()), lease(name).into()]);
        let keys: Keys = keys.collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = redis.read(keys).await?.found.into_iter();
        let mut there = Vec::new();
        for name in names {
            let (Some(entry), Some(lease)) = (found.next(), found.next()) else {
                return Err(Fault::Protocol);
            };
            there.push(There {
                run: entry.run_id,
                node_ms: redis.node_ms(name).ok_or(Fault::Down)?,
                is_loading: lease.lease().is_some(),
                entry: entry.bytes,
            });
        }
        Ok(there)
    }

    /// Makes the stamps that entries rest on and that are missing, and reads the others: by the script by which a read
    /// makes them.
    async fn make_stamps(
        &self,
        vetted: &[Result<Vetted<'_>, Fate>],
    ) -> Result<BTreeMap<Arc<str>, Stamp>, Fault> {
        let mut needs = BTreeMap::<Arc<str>, u64>::new();
        for vetted in vetted.iter().flatten().filter(|vetted| !vetted.is_reserved) {
            for noted in &vetted.noted {
                let need = vetted.life_ms.saturating_add(SLACK_MS).min(LONGEST_MS / 2);
                let known = needs.entry(Arc::clone(&noted.key)).or_default();
                *known = need.max(*known);
            }
        }
        if needs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let asks = needs.iter().map(|(name, need_ms)| StampAsk {
            name,
            fresh: self.fresh(name),
            need_ms: *need_ms,
        });
        let asks: Vec<_> = asks.collect();
        let redis = self.admin.redis().map_err(|_| Fault::Down)?;
        let made = redis.stamps(&asks).await?;
        let mut stamps = BTreeMap::new();
        for (name, made) in needs.into_keys().zip(made) {
            // Without a stamp nothing may be stored: Redis is full, or the node is away.
            let stamp = made
                .stamp
                .ok_or(made.refused.unwrap_or(Fault::OutOfMemory))?;
            stamps.insert(name, stamp);
        }
        Ok(stamps)
    }

    /// The halves of a stamp that has to be made: the first, whose change makes entries invalid, is random; the second,
    /// whose change makes them stale, tells that it was made for this backup and not by a load.
    fn fresh(&self, name: &str) -> [u8; 16] {
        let mut fresh: [u8; 16] = rand::random();
        fresh[8..].copy_from_slice(&self.mark(name));
        fresh
    }

    /// What tells a stamp of this name that was made for this backup.
    fn mark(&self, name: &str) -> [u8; 8] {
        let text = [&*self.terms.family, "\0", name].concat();
        xxhash_rust::xxh3::xxh3_64(text.as_bytes()).to_le_bytes()
    }

    /// The stamp that Redis has of the node's present run, in the place of one that an entry carries.
    fn here(&self, stamps: &Stamps, stamped: &frame::Stamped<&str>) -> Option<Stamp> {
        let found = stamps.get(&self.admin.stamp_name(stamped)?)?;
        found.clone().stamp()
    }

    /// A stamp that is still there tells that its node was not emptied since.
    fn learn(&mut self, carried: Stamp, here: Option<&Stamp>) {
        let mut run = [0; 8];
        run.copy_from_slice(&carried[16..]);
        if compare(&carried, here) != Compared::Another {
            self.lived.insert(run);
        }
    }
}

/// What an entry of a backup is, if it is one of this name.
fn read<'a>(name: &str, bytes: &'a [u8]) -> Result<Frame<'a>, Unreadable> {
    let frame = frame::parse(bytes)?;
    match is_of_name(name, &frame.header.digest) && !frame.header.is_reservation() {
        true => Ok(frame),
        false => Err(Unreadable::Digest),
    }
}

fn lease(name: &str) -> String {
    [name, ":lease"].concat()
}

fn hash(kind: StampKind, name: &str) -> u64 {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one((kind, name))
}

fn failed(fault: Fault) -> CacheError {
    unavailable("restore entries", fault)
}
