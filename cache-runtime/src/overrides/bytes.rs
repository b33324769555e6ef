//! Sizes as a settings file writes them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A size in bytes, of a number or of text with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bytes(pub(super) u64);

/// The units, each in bytes.
const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit())?);
    let (_, each) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*each)
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"256MiB\" (B, KiB, MiB, GiB, kB, MB, GB), or bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
        let wrong = || E::invalid_value(Unexpected::Str(text), &self);
        bytes(text).map(Bytes).ok_or_else(wrong)
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Bytes, E> {
        let wrong = || E::invalid_value(Unexpected::Signed(bytes), &self);
        u64::try_from(bytes).map(Bytes).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_a_unit() {
        assert_eq!(bytes("256MiB"), Some(256 << 20));
        assert_eq!(bytes("2 GB"), Some(2_000_000_000));
        for wrong in [
            "5",
            "MiB",
            "5 parsecs",
            "-1MiB",
            "1.5GiB",
            "99999999999999GiB",
            "",
        ] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
