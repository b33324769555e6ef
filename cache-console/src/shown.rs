//! Values as a page shows them: `Display` is what a person reads, and `Serialize` what a program does.
//!
//! Names may be hostile. A template escapes what HTML gives a meaning to; here is taken away what would turn the
//! direction of the text around it, move a terminal's cursor, or fill the page.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// How much of a name is shown, in characters.
const LONGEST: usize = 160;

/// What is shown where nothing was measured.
const NO_DATA: &str = "no data";

/// A name from outside. `Display` is harmless in a line of text; [`raw`](Self::raw) is what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn raw(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Name {
    fn from(name: T) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for c in characters.by_ref().take(LONGEST) {
            match is_plain(c) {
                true => f.write_char(c)?,
                false => write!(f, "{}", c.escape_unicode())?,
            }
        }
        match characters.next() {
            Some(_) => write!(f, "… ({})", Bytes(self.0.len() as u64)),
            None => Ok(()),
        }
    }
}

/// The longest name that is remembered whole and made a link, in bytes.
const LONGEST_LINK: usize = 2_000;

/// A name, cut between two characters where it is too long for a link.
pub(crate) fn cut(name: &str) -> &str {
    let mut end = name.len().min(LONGEST_LINK);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// A moment of some clock in Unix milliseconds, as a time of the day in UTC; milliseconds to a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Clock(pub(crate) Option<u64>);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ms) = self.0 else {
            return f.write_str(NO_DATA);
        };
        let (seconds, ms) = (ms / 1_000, ms % 1_000);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{hour:02}:{minute:02}:{second:02}.{ms:03} UTC")
    }
}

/// A text as a part of a URL: all but what has no meaning there in percent-encoding (RFC 3986, 2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            // Writing to a string does not fail.
            byte => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

/// A text of several lines that does nothing but be read.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c == '\n' || is_plain(c) {
            true => plain.push(c),
            false => plain.extend(c.escape_unicode()),
        }
    }
    plain
}

/// Whether it neither moves anything nor changes the direction of what follows, and can be seen.
fn is_plain(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !c.is_control() && !turns
}

/// A count, in groups of three digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Count(pub(crate) u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_char(',')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

/// A share of one, shown in percent; none of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub(crate) struct Share(pub(crate) Option<f64>);

impl Share {
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn of(part: u64, whole: u64) -> Self {
        Self((whole > 0).then(|| part as f64 / whole as f64))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Not all of it is not 100 %.
            Some(share) if share < 1.0 => write!(f, "{:.1} %", (share * 100.0).min(99.9)),
            Some(_) => f.write_str("100 %"),
            None => f.write_str(NO_DATA),
        }
    }
}

/// How many times a second; none while nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub(crate) struct PerSecond(pub(crate) Option<f64>);

impl PerSecond {
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub(crate) fn of(count: u64, over: Duration) -> Self {
        Self((!over.is_zero()).then(|| count as f64 / over.as_secs_f64()))
    }
}

impl fmt::Display for PerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(rate) if rate >= 100.0 => write!(f, "{rate:.0}/s"),
            Some(rate) => write!(f, "{rate:.1}/s"),
            None => f.write_str(NO_DATA),
        }
    }
}

/// How long something took or is ago, in the unit that suits it; seconds to a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Option<Duration>);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.map(|time| time.as_secs_f64()).serialize(serializer)
    }
}

impl From<Duration> for Time {
    fn from(time: Duration) -> Self {
        Self(Some(time))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(time) = self.0 else {
            return f.write_str(NO_DATA);
        };
        let seconds = time.as_secs_f64();
        match time.as_secs() {
            0 if time < Duration::from_micros(1) => write!(f, "{} ns", time.as_nanos()),
            0 if time < Duration::from_millis(1) => write!(f, "{:.1} µs", seconds * 1e6),
            0 => write!(f, "{:.1} ms", seconds * 1e3),
            1..120 => write!(f, "{seconds:.1} s"),
            120..7_200 => write!(f, "{:.0} min", seconds / 60.0),
            7_200..172_800 => write!(f, "{:.1} h", seconds / 3_600.0),
            _ => write!(f, "{:.1} days", seconds / 86_400.0),
        }
    }
}

/// What rates are of; seconds to a program, and none where there was no time to measure in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Over(pub(crate) Duration);

impl Serialize for Over {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = (!self.0.is_zero()).then_some(self.0.as_secs_f64());
        seconds.serialize(serializer)
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.is_zero() {
            true => f.write_str("the time since the page was first looked at, which was too short"),
            false => write!(f, "the last {}", Time::from(self.0)),
        }
    }
}

/// How large something is, in the unit that suits it; bytes to a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    #[expect(clippy::cast_precision_loss, reason = "a size in a rounded unit")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as f64;
        match self.0 {
            0..1_024 => write!(f, "{} B", self.0),
            1_024..1_048_576 => write!(f, "{:.1} KiB", bytes / 1_024.0),
            1_048_576..1_073_741_824 => write!(f, "{:.1} MiB", bytes / 1_048_576.0),
            _ => write!(f, "{:.1} GiB", bytes / 1_073_741_824.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_is_a_line_of_visible_text() {
        let hostile = Name::from("a\u{202e}b\n\u{1b}[2Jc\u{feff}");
        assert_eq!(hostile.to_string(), "a\\u{202e}b\\u{a}\\u{1b}[2Jc\\u{feff}");
        let long = Name::from("ñ".repeat(1 << 19));
        let shown = long.to_string();
        assert!(shown.ends_with("… (1.0 MiB)"), "{shown}");
        assert!(shown.chars().count() < LONGEST + 16);
        assert_eq!(long.raw().len(), 1 << 20);
    }

    #[test]
    fn figures_have_the_unit_that_suits_them() {
        assert_eq!(Count(1_234_567).to_string(), "1,234,567");
        assert_eq!(Count(123).to_string(), "123");
        assert_eq!(Share::of(99_999, 100_000).to_string(), "99.9 %");
        assert_eq!(Share::of(7, 7).to_string(), "100 %");
        assert_eq!(Share::of(0, 0).to_string(), NO_DATA);
        assert_eq!(PerSecond::of(5, Duration::ZERO).to_string(), NO_DATA);
        for (ns, shown) in [
            (125, "125 ns"),
            (1_500, "1.5 µs"),
            (2_500_000, "2.5 ms"),
            (3_000_000_000, "3.0 s"),
            (600_000_000_000, "10 min"),
            (36_000_000_000_000, "10.0 h"),
            (864_000_000_000_000, "10.0 days"),
        ] {
            assert_eq!(Time::from(Duration::from_nanos(ns)).to_string(), shown);
        }
        assert_eq!(Bytes(64 << 20).to_string(), "64.0 MiB");
    }
}
