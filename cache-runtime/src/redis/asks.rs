//! What is asked of a node, what it answers, and how an answer is read.

use std::sync::Arc;

use redis::Value;

use super::fault::Fault;
use super::live::unwrap;
use crate::stamp::Cell;

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

/// What became of a wish for a lease.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leased {
    Acquired,
    Held,
    Shared {
        token: [u8; 16],
    },
    NoStore,
    /// Another entry than the one found invalid.
    Entry(Vec<u8>),
}

/// The reply to both wishes.
#[derive(Debug)]
pub(crate) struct LeaseReply {
    pub(crate) leased: Leased,
    /// How many writes to the lease were made: as often it will be pushed to this client too.
    pub(crate) writes: u32,
    pub(crate) stamps: Vec<Made>,
    pub(crate) node_ms: u64,
    pub(crate) run_id: [u8; 8],
    /// The cell of the connection that answered, as in [`Read`](super::reads::Read).
    pub(crate) vouch: Option<Arc<Cell>>,
}

/// A stamp as it is, or was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// `None` if none could be made.
    pub(crate) stamp: Option<[u8; 24]>,
    /// How many writes that took.
    pub(crate) writes: u32,
}

/// Stamps, and the cell of the connection that answered.
#[derive(Debug)]
pub(crate) struct Stamps {
    pub(crate) stamps: Vec<Made>,
    pub(crate) vouch: Option<Arc<Cell>>,
}

/// Stamps, and keys read after them.
#[derive(Debug)]
pub(crate) struct StampsThenKeys {
    pub(crate) stamps: Stamps,
    pub(crate) keys: Vec<Option<Vec<u8>>>,
}

/// What became of a store.
#[derive(Clone, Debug)]
pub(crate) enum Filled {
    /// With the cell of the connection that answered.
    Stored(Option<Arc<Cell>>),
    Lost,
}

pub(super) fn made(answers: impl Iterator<Item = Value>) -> Result<Vec<Made>, Fault> {
    let read = |answer| match unwrap(answer)? {
        Value::Array(items) => {
            let [stamp, writes] = <[Value; 2]>::try_from(items).map_err(|_| Fault::Protocol)?;
            Ok(Made {
                stamp: bytes(stamp).and_then(|stamp| stamp.try_into().ok()),
                writes: count(&writes)?,
            })
        }
        _ => Err(Fault::Protocol),
    };
    answers.map(read).collect()
}

fn count(value: &Value) -> Result<u32, Fault> {
    match value {
        Value::Int(count) => u32::try_from(*count).map_err(|_| Fault::Protocol),
        _ => Err(Fault::Protocol),
    }
}

/// What became of the wish, and how many writes it took.
pub(super) fn leased(answer: Value) -> Result<(Leased, u32), Fault> {
    let Value::Array(items) = answer else {
        return Err(Fault::Protocol);
    };
    let mut items = items.into_iter();
    let word = items.next().and_then(bytes).ok_or(Fault::Protocol)?;
    let second = items.next();
    let leased = match (&*word, second) {
        (b"acquired", Some(writes)) => return Ok((Leased::Acquired, count(&writes)?)),
        (b"held", Some(_)) => Leased::Held,
        (b"nostore", None) => Leased::NoStore,
        (b"shared", Some(token)) => Leased::Shared {
            token: bytes(token)
                .and_then(|t| t.try_into().ok())
                .ok_or(Fault::Protocol)?,
        },
        (b"entry", Some(frame)) => Leased::Entry(bytes(frame).ok_or(Fault::Protocol)?),
        _ => return Err(Fault::Protocol),
    };
    Ok((leased, 0))
}

pub(super) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}
