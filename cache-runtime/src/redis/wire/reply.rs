//! Replies and pushes, as they come in from a socket.
//!
//! RESP2 and RESP3 (<https://redis.io/docs/latest/develop/reference/protocol-spec/>). Where a reply ends is
//! found here, and what a read gets is read here, without a copy; any other reply is read by the client crate.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use redis::Value;
use smallvec::SmallVec;

use crate::redis::terms::fault::Fault;

/// The longest line that says a length or a number, and far more: an error's text has no limit.
const LINE: usize = 64 << 10;

/// Bytes that came in, and how far they were looked at.
#[derive(Debug, Default)]
pub(in crate::redis) struct Replies {
    bytes: BytesMut,
    /// How far the next reply was looked at.
    seen: usize,
    /// How many values are still to come behind that, of a reply that was begun.
    open: u64,
}

impl Replies {
    /// Where what comes in next is put.
    pub(in crate::redis) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.bytes
    }

    /// The next reply, if all of it is there.
    pub(in crate::redis) fn next(&mut self) -> Result<Option<Reply>, Fault> {
        if self.open == 0 {
            if self.bytes.is_empty() {
                return Ok(None);
            }
            (self.seen, self.open) = (0, 1);
        }
        while self.open > 0 {
            let Some((length, more)) = extent(&self.bytes[self.seen..])? else {
                return Ok(None);
            };
            self.seen += length;
            self.open = (self.open - 1).saturating_add(more);
        }
        let reply = self.bytes.split_to(self.seen).freeze();
        Ok(Some(Reply(reply)))
    }
}

/// One whole reply, or push.
#[derive(Clone, Debug)]
pub(in crate::redis) struct Reply(Bytes);

/// What a read got for a key.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::redis) enum Got {
    Nothing,
    Bytes(Bytes),
    /// Mostly an error.
    Other(Box<Value>),
}

/// What one read got, in the order asked.
pub(in crate::redis) type AllGot = SmallVec<[Got; 2]>;

impl Got {
    /// What is neither bytes nor nothing.
    pub(in crate::redis) fn other(&self) -> Option<&Value> {
        match self {
            Self::Other(value) => Some(value),
            Self::Nothing | Self::Bytes(_) => None,
        }
    }

    pub(in crate::redis) fn of(value: Value) -> Self {
        match value {
            Value::Nil => Self::Nothing,
            Value::BulkString(bytes) => Self::Bytes(bytes.into()),
            value => Self::Other(Box::new(value)),
        }
    }
}

impl Reply {
    pub(in crate::redis) fn is_push(&self) -> bool {
        self.0.first() == Some(&b'>')
    }

    pub(in crate::redis) fn value(&self) -> Result<Value, Fault> {
        redis::parse_redis_value(&self.0).map_err(|_| Fault::Protocol)
    }

    /// As the answer to a read of one key.
    pub(in crate::redis) fn got(&self) -> Result<Got, Fault> {
        match string(&self.0, 0) {
            Some((got, _)) => Ok(self.found(got)),
            None => Ok(Got::Other(Box::new(self.value()?))),
        }
    }

    /// As the answer to a read of many keys; none if it is no list of strings.
    pub(in crate::redis) fn all_got(&self) -> Option<Vec<Got>> {
        let head = line(&self.0).ok()??;
        if self.0.first() != Some(&b'*') {
            return None;
        }
        let count = usize::try_from(number(&head[1..])??).ok()?;
        let (mut all, mut at) = (Vec::with_capacity(count.min(self.0.len())), head.len() + 2);
        for _ in 0..count {
            let (got, end) = string(&self.0, at)?;
            all.push(self.found(got));
            at = end;
        }
        Some(all)
    }

    /// A part of the bytes that came in, which is not copied.
    fn found(&self, place: Option<Range<usize>>) -> Got {
        place.map_or(Got::Nothing, |place| Got::Bytes(self.0.slice(place)))
    }
}

/// How long the value is that begins here, without those inside it, and how many these are; `None` if
/// it has not all come in.
fn extent(bytes: &[u8]) -> Result<Option<(usize, u64)>, Fault> {
    let Some(kind) = bytes.first() else {
        return Ok(None);
    };
    let Some(line) = line(bytes)? else {
        return Ok(None);
    };
    let head = line.len() + 2;
    let count = || number(&line[1..]).ok_or(Fault::Protocol);
    let inside = |each| count().map(|count| count.map_or(0, |count| count.saturating_mul(each)));
    match kind {
        b'$' | b'!' | b'=' => {
            let Some(length) = count()? else {
                return Ok(Some((head, 0)));
            };
            let length = usize::try_from(length).map_err(|_| Fault::Protocol)?;
            let end = head.saturating_add(length).saturating_add(2);
            match bytes.len() >= end {
                true if bytes[end - 2..end] == *b"\r\n" => Ok(Some((end, 0))),
                true => Err(Fault::Protocol),
                false => Ok(None),
            }
        }
        b'*' | b'~' | b'>' => Ok(Some((head, inside(1_u64)?))),
        b'%' => Ok(Some((head, inside(2)?))),
        // An attribute, which may stand before a push as well: no command that is sent asks for any.
        b'|' => Err(Fault::Protocol),
        b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => Ok(Some((head, 0))),
        _ => Err(Fault::Protocol),
    }
}

/// Up to the end of the line, which is not part of it.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, Fault> {
    let near = &bytes[..bytes.len().min(LINE)];
    let Some(end) = near.iter().position(|byte| *byte == b'\r') else {
        return match near.len() < LINE {
            true => Ok(None),
            false => Err(Fault::Protocol),
        };
    };
    match bytes.get(end + 1) {
        Some(b'\n') => Ok(Some(&bytes[..end])),
        Some(_) => Err(Fault::Protocol),
        None => Ok(None),
    }
}

/// A length; `Some(None)` is the one that stands for nil, and `None` is none.
#[expect(clippy::option_option, reason = "a nil is a length of its own")]
fn number(digits: &[u8]) -> Option<Option<u64>> {
    if digits == b"-1" {
        return Some(None);
    }
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        let value = digit.wrapping_sub(b'0');
        if value > 9 {
            return None;
        }
        number = number * 10 + u64::from(value);
    }
    Some(Some(number))
}

/// Where the string stands that begins at `at`, nowhere if it is nil, and where it ends on the wire.
fn string(reply: &[u8], at: usize) -> Option<(Option<Range<usize>>, usize)> {
    let bytes = reply.get(at..)?;
    let head = line(bytes).ok()??;
    let after = at + head.len() + 2;
    match bytes.first()? {
        b'_' => Some((None, after)),
        b'$' => match number(&head[1..])? {
            None => Some((None, after)),
            Some(length) => {
                let end = after.checked_add(usize::try_from(length).ok()?)?;
                reply.get(after..end)?;
                Some((Some(after..end), end + 2))
            }
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes out of bytes that come in piece by piece.
    fn read(bytes: &[u8], piece: usize) -> Result<Vec<Value>, Fault> {
        let mut replies = Replies::default();
        let mut values = Vec::new();
        for some in bytes.chunks(piece.max(1)) {
            replies.buffer().extend_from_slice(some);
            while let Some(reply) = replies.next()? {
                values.push(reply.value()?);
            }
        }
        Ok(values)
    }

    /// One reply of each kind, and kinds inside each other.
    const KINDS: &[&str] = &[
        "+OK\r\n",
        "+some words\r\n",
        "-ERR no\r\n",
        ":-12\r\n",
        "$0\r\n\r\n",
        "$5\r\na\r\nbc\r\n",
        "$-1\r\n",
        "*-1\r\n",
        "*0\r\n",
        "_\r\n",
        ",3.5\r\n",
        "#t\r\n",
        "(123456789012345678901234567890\r\n",
        "!9\r\nERR a\r\nbc\r\n",
        "=7\r\ntxt:a\r\n\r\n",
        "*3\r\n$1\r\na\r\n_\r\n$-1\r\n",
        "*2\r\n*2\r\n:1\r\n+a\r\n$1\r\nb\r\n",
        "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n",
        "~2\r\n:1\r\n:2\r\n",
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nkey\r\n",
        ">2\r\n$10\r\ninvalidate\r\n_\r\n",
    ];

    #[test]
    fn each_kind_of_reply_is_read_as_the_client_reads_it_however_it_is_cut() {
        let all = KINDS.concat();
        let expected: Vec<_> = KINDS
            .iter()
            .map(|reply| redis::parse_redis_value(reply.as_bytes()).unwrap())
            .collect();
        for piece in 1..=all.len() {
            let values = read(all.as_bytes(), piece).unwrap();
            assert_eq!(values, expected, "in pieces of {piece}");
        }
    }

    fn only(wire: &[u8]) -> Reply {
        let mut replies = Replies::default();
        replies.buffer().extend_from_slice(wire);
        let reply = replies.next().unwrap().unwrap();
        assert!(replies.next().unwrap().is_none());
        reply
    }

    #[test]
    fn what_a_read_got_is_told_from_an_error() {
        let bytes = |text: &'static str| Got::Bytes(Bytes::from_static(text.as_bytes()));
        assert_eq!(only(b"$2\r\nab\r\n").got(), Ok(bytes("ab")));
        for nil in ["$-1\r\n", "_\r\n"] {
            assert_eq!(only(nil.as_bytes()).got(), Ok(Got::Nothing));
        }
        let error = only(b"-WRONGTYPE no\r\n");
        assert!(
            matches!(error.got(), Ok(Got::Other(value)) if matches!(*value, Value::ServerError(_)))
        );
        assert_eq!(error.all_got(), None);
        let all = only(b"*3\r\n$1\r\na\r\n_\r\n$0\r\n\r\n").all_got();
        assert_eq!(all, Some(vec![bytes("a"), Got::Nothing, bytes("")]));
        assert_eq!(only(b"*1\r\n:1\r\n").all_got(), None);
        assert!(only(b">1\r\n+a\r\n").is_push());
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for wrong in [
            "hello\r\n",
            "$x\r\n",
            "$-2\r\n",
            "$3\r\nabcde",
            "*1\r\n?\r\n",
            ":1\n\r\n:2\rx",
            "$99999999999999999999\r\n",
            "|1\r\n+ttl\r\n:1\r\n>2\r\n$10\r\ninvalidate\r\n_\r\n",
        ] {
            assert_eq!(
                read(wrong.as_bytes(), 64),
                Err(Fault::Protocol),
                "{wrong:?}"
            );
        }
        let endless = "+".repeat(LINE + 1);
        assert_eq!(read(endless.as_bytes(), 1_000), Err(Fault::Protocol));
    }

    proptest! {
        #[test]
        fn strings_of_any_bytes_come_out_as_they_went_in(
            all in proptest::collection::vec(
                proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)), 0..10),
            piece in 1_usize..50,
        ) {
            let mut wire = format!("*{}\r\n", all.len()).into_bytes();
            for one in &all {
                match one {
                    Some(bytes) => {
                        wire.extend(format!("${}\r\n", bytes.len()).into_bytes());
                        wire.extend_from_slice(bytes);
                        wire.extend(b"\r\n");
                    }
                    None => wire.extend(b"_\r\n"),
                }
            }
            let value = |one: Option<Vec<u8>>| one.map_or(Value::Nil, Value::BulkString);
            let got = |one: Option<Vec<u8>>| one.map_or(Got::Nothing, |bytes| Got::Bytes(bytes.into()));
            let expected = all.iter().cloned().map(got).collect();
            prop_assert_eq!(only(&wire).all_got(), Some(expected));
            let expected = Value::Array(all.into_iter().map(value).collect());
            prop_assert_eq!(read(&wire, piece).unwrap(), vec![expected]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = read(&bytes, piece);
        }
    }
}
