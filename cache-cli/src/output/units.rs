//! Times, spans and sizes as people read them.

/// Unix milliseconds as a date and a time in UTC (RFC 3339).
pub(crate) fn time(unix_ms: u64) -> String {
    let (seconds, ms) = (unix_ms / 1_000, unix_ms % 1_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// The date of a day since 1970.
///
/// Source: "chrono-compatible low-level date algorithms" by Howard Hinnant, `civil_from_days`.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

/// A span of milliseconds: `870 ms`, `4 m 59 s`, `2 h 5 m`, `3 d 4 h`.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..=9 => format!("{seconds}.{} s", ms % 1_000 / 100),
        10..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} m {} s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{} h {} m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// A span of microseconds.
pub(crate) fn span_us(us: u64) -> String {
    match us {
        0..=999 => format!("{us} µs"),
        1_000..=9_999 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => span(us / 1_000),
    }
}

/// A number of bytes.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1_024 {
        return format!("{count} B");
    }
    let (mut whole, mut tenths, mut unit) = (count, 0, 0);
    for at in 0..UNITS.len() {
        (tenths, whole, unit) = (whole % 1_024 * 10 / 1_024, whole / 1_024, at);
        if whole < 1_024 {
            break;
        }
    }
    format!("{whole}.{tenths} {}", UNITS[unit])
}

/// A number with its thousands apart.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut apart = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00.000Z"),
            (951_782_400_000, "2000-02-29 00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29 00:00:00.000Z"),
            (1_796_051_546_123, "2026-11-30 15:12:26.123Z"),
            (4_107_542_399_999, "2100-02-28 23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01 00:00:00.000Z"),
        ] {
            assert_eq!(time(ms), text);
        }
        assert!(!time(u64::MAX).is_empty());
    }

    #[test]
    fn spans_sizes_and_counts_are_short() {
        assert_eq!(span(870), "870 ms");
        assert_eq!(span(4_990), "4.9 s");
        assert_eq!(span(299_000), "4 m 59 s");
        assert_eq!(span(7_500_000), "2 h 5 m");
        assert_eq!(span(u64::MAX / 2), span(u64::MAX / 2));
        assert_eq!(
            (span_us(870), span_us(1_250)),
            ("870 µs".into(), "1.2 ms".into())
        );
        assert_eq!(
            (bytes(1_023), bytes(1_536)),
            ("1023 B".into(), "1.5 KiB".into())
        );
        assert_eq!(bytes(u64::MAX), "16383.9 PiB");
        assert_eq!(
            (count(7), count(1_204), count(1_000_000)),
            ("7".into(), "1,204".into(), "1,000,000".into())
        );
    }
}
