//! What stands in the place of an entry, of which nothing is served.

use smallvec::SmallVec;

use super::checksum::Checksum;

/// What stands in the place of an entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct There {
    /// Where its id would be; empty if nothing is there.
    pub(crate) id: Id,
    /// Of the payload, where the entry's time is over and it is to be replaced.
    pub(crate) checksum: Option<Checksum>,
}

/// What stands in the place of an entry's id.
pub(crate) type Id = SmallVec<[u8; 16]>;
