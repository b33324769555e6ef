//! What a node answers, and how an answer is read.

use bytes::Bytes;
use redis::Value;

use super::error::unwrap;
use super::fault::Fault;
use super::reply::Got;

use crate::stamp::Vouch;

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

/// An answer, which may be the server's error, and the node that gave it.
#[derive(Debug)]
pub(in crate::redis) struct Answered {
    pub(in crate::redis) value: Value,
    pub(in crate::redis) node: Node,
}

/// What a read found, and the node at that time.
#[derive(Debug)]
pub(in crate::redis) struct Read {
    /// In the order asked; in a cluster each may be an error of its own.
    pub(in crate::redis) got: Vec<Got>,
    pub(in crate::redis) node: Node,
}

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
    fn refused(fault: Fault) -> Self {
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

/// One stamp that can't be made says nothing of the others that were asked for with it.
pub(in crate::redis) fn made(answered: Result<Answered, Fault>) -> Made {
    let made = |answered: Answered| {
        let Value::Array(items) = unwrap(answered.value)? else {
            return Err(Fault::Protocol);
        };
        let [stamp, writes] = <[Value; 2]>::try_from(items).map_err(|_| Fault::Protocol)?;
        Ok(Made {
            stamp: bytes(stamp).and_then(|stamp| stamp.try_into().ok()),
            writes: count(&writes)?,
            vouch: answered.node.vouch,
            refused: None,
        })
    };
    answered.and_then(made).unwrap_or_else(Made::refused)
}

fn count(value: &Value) -> Result<u32, Fault> {
    match value {
        Value::Int(count) => u32::try_from(*count).map_err(|_| Fault::Protocol),
        _ => Err(Fault::Protocol),
    }
}

/// What became of the wish, and how many writes it took.
pub(in crate::redis) fn leased(answer: Value) -> Result<(Leased, u32), Fault> {
    let Value::Array(items) = answer else {
        return Err(Fault::Protocol);
    };
    let mut items = items.into_iter();
    let word = items.next().and_then(bytes).ok_or(Fault::Protocol)?;
    let second = items.next();
    let leased = match (&*word, second) {
        (b"acquired", Some(writes)) => return Ok((Leased::Acquired, count(&writes)?)),
        (b"held", Some(holder)) => Leased::Held {
            holder: bytes(holder).ok_or(Fault::Protocol)?,
        },
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

/// A key that was read; one of another type is as good as none.
pub(in crate::redis) fn found(value: Value, run_id: [u8; 8]) -> Result<Found, Fault> {
    let bytes = match unwrap(value) {
        Ok(value) => bytes(value).map(Bytes::from),
        Err(Fault::WrongType) => None,
        Err(fault) => return Err(fault),
    };
    Ok(Found { bytes, run_id })
}

/// The same of what a read got.
pub(in crate::redis) fn read(got: Got, run_id: [u8; 8]) -> Result<Found, Fault> {
    match got {
        Got::Nothing => Ok(Found {
            bytes: None,
            run_id,
        }),
        Got::Bytes(bytes) => Ok(Found {
            bytes: Some(bytes),
            run_id,
        }),
        Got::Other(value) => found(value, run_id),
    }
}

pub(in crate::redis) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}

/// `TIME` in milliseconds.
pub(in crate::redis) fn time_ms(time: &Value) -> Option<u64> {
    let (seconds, micros): (u64, u64) = redis::from_redis_value_ref(time).ok()?;
    seconds.checked_mul(1_000)?.checked_add(micros / 1_000)
}

/// The answer to `ROLE`. A user that may not ask for the role is believed to know its node.
pub(in crate::redis) fn may_be_master(role: Result<Value, Fault>) -> bool {
    let Ok(role) = role else { return true };
    let first = role.as_sequence().and_then(|items| items.first());
    first.is_some_and(|name| {
        redis::from_redis_value_ref::<String>(name).is_ok_and(|name| name == "master")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_any_size_is_read_without_a_panic() {
        let time = |seconds: &str, micros: &str| {
            let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
            time_ms(&Value::Array(vec![bulk(seconds), bulk(micros)]))
        };
        assert_eq!(time("1700000000", "999999"), Some(1_700_000_000_999));
        assert_eq!(time("18446744073709551615", "0"), None);
        assert_eq!(time("-1", "0"), None);
        assert_eq!(time_ms(&Value::Okay), None);
    }

    #[test]
    fn only_a_master_or_a_node_that_will_not_tell_is_used() {
        let role = |name: &str| {
            may_be_master(Ok(Value::Array(vec![Value::BulkString(
                name.as_bytes().to_vec(),
            )])))
        };
        assert!(role("master") && !role("slave") && !role("sentinel"));
        assert!(may_be_master(Err(Fault::NoPermission)));
        assert!(!may_be_master(Ok(Value::Nil)));
    }
}
