//! The answer to a command of who looks from outside.

use redis::Value;

use super::error::refusal;
use crate::redis::terms::fault::Fault;
use crate::redis::terms::said::Said;

/// An answer as it is told, or the server's error.
pub(in crate::redis) fn said(answer: Value) -> Result<Said, Fault> {
    if let Some(fault) = refusal(&answer) {
        return Err(fault);
    }
    Ok(match answer {
        Value::Int(number) => Said::Number(number),
        Value::BulkString(bytes) => Said::Bytes(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
            Said::Bytes(text.into_bytes())
        }
        Value::Okay => Said::Bytes(b"OK".to_vec()),
        // As RESP2 has it: the shortest text that is read back as the same number.
        Value::Double(number) => Said::Bytes(number.to_string().into_bytes()),
        Value::Array(items) | Value::Set(items) => list(items)?,
        // As RESP2 has it: each name before its value.
        Value::Map(pairs) => list(pairs.into_iter().flat_map(|(name, value)| [name, value]))?,
        Value::Nil => Said::Nothing,
        _ => return Err(Fault::Protocol),
    })
}

fn list(items: impl IntoIterator<Item = Value>) -> Result<Said, Fault> {
    let items = items.into_iter().map(said);
    items.collect::<Result<_, _>>().map(Said::List)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(wire: &str) -> Result<Said, Fault> {
        said(redis::parse_redis_value(wire.as_bytes()).unwrap())
    }

    #[test]
    fn both_protocols_say_the_same() {
        let pair = || {
            let text = |text: &str| Said::Bytes(text.into());
            Ok(Said::List(vec![text("maxmemory"), text("0")]))
        };
        assert_eq!(read("*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n"), pair());
        assert_eq!(read("%1\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n"), pair());
        assert_eq!(read("_\r\n"), Ok(Said::Nothing));
        assert_eq!(read(":7\r\n"), Ok(Said::Number(7)));
        assert_eq!(read(",1.5\r\n"), Ok(Said::Bytes(b"1.5".to_vec())));
        assert_eq!(read("=6\r\ntxt:ab\r\n"), Ok(Said::Bytes(b"ab".to_vec())));
    }

    #[test]
    fn an_error_is_a_fault_wherever_it_stands() {
        for wire in ["-NOPERM no\r\n", "*1\r\n-NOPERM no\r\n"] {
            assert_eq!(read(wire), Err(Fault::NoPermission), "{wire}");
        }
        assert_eq!(read("#t\r\n"), Err(Fault::Protocol));
    }
}
