//! What Redis is asked for, where it takes more than a few words.

use std::sync::Arc;

use smallvec::SmallVec;

use super::answers::Claimed;

/// The keys of a read: most often an entry and its namespace's stamp.
pub(crate) type Keys = SmallVec<[Arc<str>; 2]>;

/// A wish for the lease of an entry.
#[derive(Debug)]
pub(crate) struct LeaseAsk<'a> {
    pub(crate) lease: &'a str,
    pub(crate) entry: &'a str,
    pub(crate) token: &'a [u8; 16],
    pub(crate) ttl_ms: u64,
    /// What stood in the id's place of the entry found invalid; empty if there was none.
    pub(crate) invalid_id: &'a [u8],
    /// Share another holder's token instead of waiting for it.
    pub(crate) share: bool,
}

/// A wish for a stamp, made if need be.
#[derive(Debug)]
pub(crate) struct StampAsk<'a> {
    pub(crate) name: &'a str,
    pub(crate) fresh: [u8; 16],
    pub(crate) need_ms: u64,
}

/// What a process tells of itself.
#[derive(Debug)]
pub(crate) struct PublishAsk<'a> {
    /// The list of those who do.
    pub(crate) list: &'a str,
    /// Where it is told, in the slot of the list.
    pub(crate) name: &'a str,
    /// Who it is: 32 bytes.
    pub(crate) id: &'a str,
    /// For how long it holds; zero takes it back.
    pub(crate) life_ms: u64,
    pub(crate) snapshot: &'a [u8],
    /// How many the list has at most.
    pub(crate) most: usize,
}

/// A frame to be stored under its lease.
#[derive(Debug)]
pub(crate) struct FillAsk<'a> {
    pub(crate) lease: &'a str,
    pub(crate) entry: &'a str,
    pub(crate) token: &'a [u8; 16],
    pub(crate) frame: &'a [u8],
    pub(crate) ttl_ms: u64,
    /// What a put found when it claimed the lease; a load claims none.
    pub(crate) claimed: Option<&'a Claimed>,
}

/// An entry of a backup, or a reservation for one, to be put where the same stands as was seen.
#[derive(Debug)]
pub(crate) struct PutBackAsk<'a> {
    pub(crate) lease: &'a str,
    pub(crate) entry: &'a str,
    /// What stood in the id's place; empty if there was nothing.
    pub(crate) seen_id: &'a [u8],
    /// How long what stood there was, in bytes.
    pub(crate) seen_len: usize,
    pub(crate) frame: &'a [u8],
    pub(crate) ttl_ms: u64,
}
