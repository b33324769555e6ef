//! Figures in words, and settings as the file has them.

/// A share as people write it.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A span of seconds.
pub(crate) fn span(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7_200.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

/// A number of bytes.
pub(crate) fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1_024.0 => format!("{b:.0} B"),
        b if b < 1_048_576.0 => format!("{:.1} KiB", b / 1_024.0),
        b if b < 1_073_741_824.0 => format!("{:.1} MiB", b / 1_048_576.0),
        b => format!("{:.1} GiB", b / 1_073_741_824.0),
    }
}

/// A rate, with as many digits as tell something.
pub(crate) fn rate(rate: f64) -> String {
    match rate {
        r if r < 0.1 => format!("{r:.4}"),
        r if r < 10.0 => format!("{r:.2}"),
        r => format!("{r:.0}"),
    }
}

/// The units of a time in the settings file, each in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// A time as the settings file has it: `"1h30m"`.
pub(crate) fn time(ms: u64) -> String {
    if ms == 0 {
        return "\"0s\"".to_owned();
    }
    let (mut text, mut left) = ("\"".to_owned(), ms);
    for (name, each) in UNITS {
        if left >= each {
            text.push_str(&format!("{}{name}", left / each));
            left %= each;
        }
    }
    text.push('"');
    text
}

/// A size as the settings file has it: `"128MiB"`.
pub(crate) fn memory(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    match bytes {
        b if b.is_multiple_of(MIB) => format!("\"{}MiB\"", b / MIB),
        b if b.is_multiple_of(1_024) => format!("\"{}KiB\"", b / 1_024),
        b => format!("\"{b}B\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_written_as_the_file_has_them() {
        assert_eq!(time(300_000), "\"5m\"");
        assert_eq!(time(5_400_000), "\"1h30m\"");
        assert_eq!(time(86_400_000 + 5), "\"1d5ms\"");
        assert_eq!(time(0), "\"0s\"");
        assert_eq!(memory(128 << 20), "\"128MiB\"");
        assert_eq!(memory(1_536), "\"1536B\"");
        assert_eq!(memory(2_048), "\"2KiB\"");
    }

    #[test]
    fn figures_are_short() {
        assert_eq!(span(0.000_5), "500 µs");
        assert_eq!(span(90.0), "90.0 s");
        assert_eq!(span(7_200.0), "2.0 h");
        assert_eq!(size(2_048.0), "2.0 KiB");
        assert_eq!((rate(0.001), rate(12.3)), ("0.0010".into(), "12".into()));
    }
}
