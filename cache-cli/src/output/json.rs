//! JSON that a parser reads as it is and that does nothing to a terminal: what is hidden in a text is written by its number.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::text::is_hidden;

/// A value on one line.
pub(crate) fn text(value: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Plain))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

struct Plain;

impl Formatter for Plain {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + hidden.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_written_by_its_number_and_read_as_it_was() {
        let hostile = "a\u{7f}\u{9b}31m\u{202e}b\u{1b}[2J\n\"\u{e0041}\u{1f980}\u{e9}";
        let told = text(&[hostile]).unwrap();
        assert!(!told.chars().any(is_hidden), "{told:?}");
        assert!(
            told.contains("\\u007f") && told.contains("\\u202e"),
            "{told}"
        );
        assert!(
            told.contains('\u{1f980}') && told.contains('\u{e9}'),
            "{told}"
        );
        let read: [String; 1] = serde_json::from_str(&told).unwrap();
        assert_eq!(read, [hostile]);
    }
}
