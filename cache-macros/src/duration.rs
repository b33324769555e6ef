//! Durations as annotations write them: `"500ms"`, `"5m"`, `"1h30m"`.

use std::fmt;

/// The units, with their length in milliseconds. Longer names first where one begins another.
const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// Why a text is no duration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DurationError {
    Malformed(String),
    Zero,
    TooLong,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) => write!(
                f,
                "`{text}` is not a duration: write whole numbers, each with a unit of ms, s, m, h, d or w, \
                 as in \"30s\" or \"1h30m\""
            ),
            Self::Zero => f.write_str("a duration of zero keeps nothing: write at least \"1ms\""),
            Self::TooLong => f.write_str(
                "this duration doesn't fit 64 bits of milliseconds: write a shorter one",
            ),
        }
    }
}

/// The milliseconds that a text such as `"1h30m"` stands for.
pub(crate) fn millis(text: &str) -> Result<u64, DurationError> {
    let malformed = || DurationError::Malformed(text.to_owned());
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(
            rest.find(|c: char| !c.is_ascii_digit())
                .ok_or_else(malformed)?,
        );
        let (unit, after) = after.split_at(
            after
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(after.len()),
        );
        let (_, length) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(malformed)?;
        if number.is_empty() {
            return Err(malformed());
        }
        let part = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*length));
        total = part
            .and_then(|part| total.checked_add(part))
            .ok_or(DurationError::TooLong)?;
        rest = after;
    }
    match total {
        0 if text.is_empty() => Err(malformed()),
        0 => Err(DurationError::Zero),
        total => Ok(total),
    }
}

/// The milliseconds of a bare integer, which counts seconds.
pub(crate) fn seconds(count: u64) -> Result<u64, DurationError> {
    match count.checked_mul(1_000) {
        Some(0) => Err(DurationError::Zero),
        Some(millis) => Ok(millis),
        None => Err(DurationError::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::{DurationError, millis, seconds};

    #[test]
    fn reads_each_unit() {
        let cases = [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("1w", 604_800_000),
        ];
        for (text, expected) in cases {
            assert_eq!(millis(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn adds_up_combinations() {
        assert_eq!(millis("1h30m"), Ok(5_400_000));
        assert_eq!(millis("1m500ms"), Ok(60_500));
    }

    #[test]
    fn refuses_what_has_no_unit_or_a_strange_one() {
        for text in [
            "",
            "5",
            "5 parsecs",
            "5 m",
            "m",
            "1.5h",
            "-5m",
            "5mm",
            "h1",
            "5M",
        ] {
            assert_eq!(
                millis(text),
                Err(DurationError::Malformed(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_zero_and_what_overflows() {
        assert_eq!(millis("0s"), Err(DurationError::Zero));
        assert_eq!(millis("0h0m"), Err(DurationError::Zero));
        assert_eq!(seconds(0), Err(DurationError::Zero));
        assert_eq!(millis("99999999999999999999s"), Err(DurationError::TooLong));
        assert_eq!(millis("18446744073709551615w"), Err(DurationError::TooLong));
        assert_eq!(seconds(u64::MAX), Err(DurationError::TooLong));
        assert_eq!(seconds(300), Ok(300_000));
    }
}
