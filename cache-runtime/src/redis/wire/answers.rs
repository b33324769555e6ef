//! How a node's answer is read.

use bytes::Bytes;
use redis::Value;

use super::error::unwrap;
use super::reply::{AllGot, Got};
use crate::redis::terms::answers::{Found, Leased, Made, Node};
use crate::redis::terms::fault::Fault;

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
    pub(in crate::redis) got: AllGot,
    pub(in crate::redis) node: Node,
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
    let items = match answer {
        Value::Array(items) => items,
        writes => return Ok((Leased::Acquired, count(&writes)?)),
    };
    let mut items = items.into_iter();
    let word = items.next().and_then(bytes).ok_or(Fault::Protocol)?;
    let second = items.next();
    let leased = match (&*word, second) {
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

/// What a read got for a key, as it is told.
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
        Got::Other(value) => found(*value, run_id),
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
