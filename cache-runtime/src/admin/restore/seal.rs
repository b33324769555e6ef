//! The frame of an entry that comes back.

use smallvec::SmallVec;

use super::times::Times;
use super::{Fate, Restore, Returning, read};
use crate::frame::{self, EntryId, Frame, Header, Lock, Stamped};
use crate::redis::Found;

/// An entry that is about to take the place of its reservation.
pub(super) struct Filling {
    pub(super) id: EntryId,
    pub(super) reservation_len: usize,
    pub(super) frame: Vec<u8>,
    pub(super) life_ms: u64,
}

impl Restore {
    /// The entry, to be put in the place of what stands there, if that is its reservation.
    ///
    /// # Errors
    ///
    /// What becomes of it else.
    pub(super) fn filling(
        &self,
        returning: &Returning,
        name: &str,
        found: &Found,
        node_ms: u64,
    ) -> Result<Filling, Fate> {
        let frame = read(name, &returning.entry.frame).map_err(|_| Fate::Unreadable)?;
        let there = found.bytes.as_deref().ok_or(Fate::Unreserved)?;
        let reservation = frame::parse(there).map_err(|_| Fate::Unreserved)?.header;
        let id = restored_id(&frame.header);
        if reservation.id != id {
            return Err(Fate::Unreserved);
        }
        if !reservation.is_reservation() {
            return Err(Fate::Kept);
        }
        let node = (found.run_id, node_ms);
        let times = Times::of(&frame.header, returning, node, self.terms.trust)?;
        let mut header = frame.header.clone();
        header.id = id;
        header.born_ms = times.born_ms;
        header.fresh_until_ms = times.fresh_until_ms;
        header.stale_until_ms = times.stale_until_ms;
        header.stamps = reservation.stamps;
        header.mark_restored();
        let names = (name, &*returning.entry.name);
        Ok(Filling {
            id,
            reservation_len: there.len(),
            frame: self.sealed(&frame, &header, names, &times)?,
            life_ms: times.life_ms,
        })
    }

    fn sealed(
        &self,
        frame: &Frame<'_>,
        header: &Header<&str>,
        (name, was): (&str, &str),
        times: &Times,
    ) -> Result<Vec<u8>, Fate> {
        let stays = !frame.header.is_encrypted
            || is_as_it_was(&frame.header, (name, was), &header.stamps, times);
        if stays {
            return Ok(frame::write(header, frame.payload));
        }
        let keys = self.admin.cache.tiers().keys.as_ref();
        let opened = frame::opened(frame, Lock { keys, name: was }).map_err(|_| Fate::NoKey)?;
        frame::write_encrypted(header, &opened, Lock { keys, name }).ok_or(Fate::NoKey)
    }
}

/// The id that an entry comes back with: a load's, as a put's tells that it came later than another.
pub(super) fn restored_id(header: &Header<&str>) -> EntryId {
    let mut id = header.id;
    id[0] &= !1;
    id
}

/// Whether an encrypted frame comes back with the name and the header that it is bound to, but for an earlier end.
pub(super) fn is_as_it_was<N: AsRef<str>>(
    header: &Header<&str>,
    (name, was): (&str, &str),
    stamps: &SmallVec<[Stamped<N>; 2]>,
    times: &Times,
) -> bool {
    let same = |(one, other): (&Stamped<&str>, &Stamped<N>)| {
        (one.kind, one.name, one.stamp) == (other.kind, other.name.as_ref(), other.stamp)
    };
    name == was
        && !times.are_shifted
        && restored_id(header) == header.id
        && header.stamps.len() == stamps.len()
        && header.stamps.iter().zip(stamps).all(same)
}
