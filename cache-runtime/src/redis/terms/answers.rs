//! What Redis answers, as those who ask are told.

use bytes::Bytes;
use smallvec::SmallVec;

use super::fault::Fault;
use crate::stamp::Vouch;

/// A store writes the entry, and deletes the lease.
pub(crate) const STORED_WRITES: u32 = 2;

/// What a node was when it answered.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its clock, in Unix milliseconds.
    pub(crate) ms: u64,
    /// The first 8 bytes of its run id: another after each restart.
    pub(crate) run_id: [u8; 8],
    /// Its connection.
    pub(crate) vouch: Vouch,
}

/// What stood at the keys of a read.
pub(crate) type AllFound = SmallVec<[Found; 2]>;

/// What a read found.
#[derive(Debug)]
pub(crate) struct Read {
    /// In the order asked.
    pub(crate) found: AllFound,
    /// The node of the first.
    pub(crate) node: Node,
    /// The connections that all of it was read on.
    pub(crate) vouch: Vouch,
}

/// Whether keys were deleted, and how many of them were there, where that is known.
pub(crate) type Unlinked = Result<Option<u64>, Fault>;

/// What became of a wish for a lease.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leased {
    Acquired,
    /// By another; what the lease holds tells this holder from all others.
    Held {
        holder: Vec<u8>,
    },
    Shared {
        token: [u8; 16],
    },
    NoStore,
    /// Another entry than the one found invalid.
    Entry(Vec<u8>),
}

/// The reply to a wish for a lease and for stamps.
#[derive(Debug)]
pub(crate) struct LeaseReply {
    pub(crate) leased: Result<Leased, Fault>,
    /// How many writes to the lease were made: as often it will be pushed to this client too.
    pub(crate) writes: u32,
    /// In the order asked.
    pub(crate) stamps: Vec<Made>,
    /// The node of the entry.
    pub(crate) node: Node,
}

/// A stamp as it is, or was made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// `None` if none could be made.
    pub(crate) stamp: Option<[u8; 24]>,
    /// How many writes that took.
    pub(crate) writes: u32,
    /// The connection it was made on.
    pub(crate) vouch: Vouch,
    /// Why its node did not make it, if it said so.
    pub(crate) refused: Option<Fault>,
}

impl Made {
    pub(in crate::redis) fn refused(fault: Fault) -> Self {
        Self {
            stamp: None,
            writes: 0,
            vouch: Vouch::empty(),
            refused: Some(fault),
        }
    }

    /// How often this process was pushed that it was written.
    pub(crate) fn pushed(&self) -> u32 {
        if self.vouch.pushes() { self.writes } else { 0 }
    }
}

/// What a put found when it took the lease.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    /// What stood in the entry's id's place; empty if there was none.
    pub(crate) id: Vec<u8>,
    /// The run of the node that it was claimed in.
    pub(crate) run_id: [u8; 8],
}

/// What became of a store.
#[derive(Clone, Debug)]
pub(crate) enum Filled {
    /// Over this connection.
    Stored(Vouch),
    /// A put that claimed the lease later has stored, or is about to.
    Superseded,
    Lost,
}

/// What became of an entry of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutBack {
    Done,
    /// Something else stands there than was seen.
    Another,
    /// A process loads it or puts it.
    Held,
}

/// A key's bytes, and the run of the node that they were read from.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// `None` for no key, and for one of another type than a string.
    pub(crate) bytes: Option<Bytes>,
    pub(crate) run_id: [u8; 8],
}

impl Found {
    /// A stamp as it is here: 24 bytes that end in the run id of the node that has it. One of another
    /// run came from elsewhere or out of the past, and is none.
    pub(crate) fn stamp(self) -> Option<[u8; 24]> {
        let stamp: [u8; 24] = (*self.bytes?).try_into().ok()?;
        (stamp[16..] == self.run_id).then_some(stamp)
    }

    /// What a lease holds; one of another run is nobody's.
    pub(crate) fn lease(self) -> Option<Bytes> {
        let run_id = self.run_id;
        self.bytes.filter(|lease| lease.ends_with(&run_id))
    }
}
