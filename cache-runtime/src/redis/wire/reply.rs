//! Replies and pushes, as they come in from a socket.
//!
//! RESP2 and RESP3 (<https://redis.io/docs/latest/develop/reference/protocol-spec/>). Where a reply ends is
//! found here, and what a read gets is read here; any other reply is read by the client crate.

use redis::Value;

use super::fault::Fault;

/// The longest line that says a length or a number, and far more: an error's text has no limit.
const LINE: usize = 64 << 10;

/// Bytes that came in, and how far they were looked at.
#[derive(Debug, Default)]
pub(in crate::redis) struct Replies {
    bytes: Vec<u8>,
    /// Where the reply that is next begins.
    start: usize,
    /// How far the part of it that is there was looked at, from `start`.
    seen: usize,
    /// How many values are still to come behind that, of a reply that was begun.
    open: u64,
}

impl Replies {
    /// Where what comes in next is put.
    pub(in crate::redis) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        &mut self.bytes
    }

    /// The next reply, if all of it is there.
    pub(in crate::redis) fn next(&mut self) -> Result<Option<Value>, Fault> {
        let rest = &self.bytes[self.start..];
        if self.open == 0 {
            if rest.is_empty() {
                return Ok(None);
            }
            (self.seen, self.open) = (0, 1);
        }
        while self.open > 0 {
            let Some((length, more)) = extent(&rest[self.seen..])? else {
                return Ok(None);
            };
            self.seen += length;
            self.open = (self.open - 1).saturating_add(more);
        }
        let reply = &rest[..self.seen];
        self.start += self.seen;
        match strings(reply) {
            Some(value) => Ok(Some(value)),
            None => redis::parse_redis_value(reply)
                .map(Some)
                .map_err(|_| Fault::Protocol),
        }
    }

    /// Gives back what a large reply took.
    pub(in crate::redis) fn shrink(&mut self, most: usize) {
        if self.start == self.bytes.len() && self.bytes.capacity() > most {
            *self = Self::default();
        }
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
        // Attributes stand before the value that they are of.
        b'|' => Ok(Some((head, inside(2)?.saturating_add(1)))),
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

/// A string, nil, or an array of these, of which all is there.
fn strings(reply: &[u8]) -> Option<Value> {
    if reply.first() != Some(&b'*') {
        return string(reply).map(|(value, _)| value);
    }
    let head = line(reply).ok()??;
    let count = number(&head[1..])??;
    let mut rest = &reply[head.len() + 2..];
    let mut values = Vec::with_capacity(usize::try_from(count).ok()?.min(rest.len()));
    for _ in 0..count {
        let (value, length) = string(rest)?;
        values.push(value);
        rest = &rest[length..];
    }
    Some(Value::Array(values))
}

/// The string or nil that begins here, and how long it is on the wire.
fn string(bytes: &[u8]) -> Option<(Value, usize)> {
    let head = line(bytes).ok()??;
    let after = head.len() + 2;
    match bytes.first()? {
        b'_' => Some((Value::Nil, after)),
        b'$' => match number(&head[1..])? {
            None => Some((Value::Nil, after)),
            Some(length) => {
                let end = after + usize::try_from(length).ok()?;
                let value = Value::BulkString(bytes.get(after..end)?.to_vec());
                Some((value, end + 2))
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
            while let Some(value) = replies.next()? {
                values.push(value);
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
        "|1\r\n+ttl\r\n:1\r\n$1\r\nv\r\n",
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
            let expected = Value::Array(all.into_iter().map(value).collect());
            prop_assert_eq!(read(&wire, piece).unwrap(), vec![expected]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = read(&bytes, piece);
        }
    }
}
