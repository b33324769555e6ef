//! Times as annotations write them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A time in milliseconds, of whole seconds or of text with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(pub(super) u64);

/// The units, each in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

fn millis(text: &str) -> Option<u64> {
    let (mut total, mut rest) = first(text)?;
    while !rest.is_empty() {
        let (part, after) = first(rest)?;
        total = total.checked_add(part)?;
        rest = after;
    }
    Some(total)
}

/// The first number with its unit, in milliseconds, and what comes after it.
fn first(text: &str) -> Option<(u64, &str)> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let (number, after) = text.split_at(text.find(|letter| !is_digit(letter))?);
    let (unit, after) = after.split_at(after.find(is_digit).unwrap_or(after.len()));
    let (_, each) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    Some((number.parse::<u64>().ok()?.checked_mul(*each)?, after))
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"5m\" or \"1h30m\" (ms, s, m, h, d, w), or whole seconds")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        let wrong = || E::invalid_value(Unexpected::Str(text), &self);
        millis(text).map(Time).ok_or_else(wrong)
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Time, E> {
        let wrong = || E::invalid_value(Unexpected::Signed(seconds), &self);
        let seconds = u64::try_from(seconds).map_err(|_| wrong())?;
        Ok(Time(seconds.saturating_mul(1_000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_numbers_each_with_a_unit() {
        assert_eq!(millis("5m"), Some(300_000));
        assert_eq!(millis("250 ms"), Some(250));
        assert_eq!(millis("1h30m"), Some(5_400_000));
        assert_eq!(millis("1h 30m"), Some(5_400_000));
        for wrong in [
            "5",
            "m",
            "5 parsecs",
            "-1s",
            "1.5h",
            "1h30",
            "1hm",
            "18446744073709551615ms1ms",
            "99999999999999999999w",
            "",
        ] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
