//! Instants and durations.

use std::time::{Duration, SystemTime};

use crate::key::{CacheKey, KeyWriter, kind};

const NANOS_PER_SECOND: u32 = 1_000_000_000;

impl KeyWriter {
    /// A length of time in nanoseconds, whatever crate it is from.
    pub(super) fn duration(&mut self, nanos: i128) {
        self.put(kind::DURATION, nanos.to_le_bytes());
    }

    /// A point in time, whatever crate it is from: seconds since 1970 in UTC, and the nanoseconds
    /// after them (a billion or more in a leap second).
    pub(super) fn instant(&mut self, seconds: i64, nanos: u32) {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&seconds.to_le_bytes());
        bytes[8..].copy_from_slice(&nanos.to_le_bytes());
        self.put(kind::INSTANT, bytes);
    }
}

impl CacheKey for Duration {
    fn write(&self, writer: &mut KeyWriter) {
        // At most 2^64 seconds: far from the end of 128 bits, so the cast keeps the value.
        writer.duration(self.as_nanos() as i128);
    }
}

impl CacheKey for SystemTime {
    fn write(&self, writer: &mut KeyWriter) {
        let (seconds, nanos) = match self.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (i128::from(after.as_secs()), after.subsec_nanos()),
            Err(error) => before_epoch(error.duration()),
        };
        match i64::try_from(seconds) {
            Ok(seconds) => writer.instant(seconds, nanos),
            // No platform's clock reaches it.
            Err(_) => writer.unusable("a time outside of 64 bits of seconds"),
        }
    }
}

/// Seconds rounded down, so that the nanoseconds after them are positive.
fn before_epoch(ago: Duration) -> (i128, u32) {
    let seconds = -i128::from(ago.as_secs());
    match ago.subsec_nanos() {
        0 => (seconds, 0),
        nanos => (seconds - 1, NANOS_PER_SECOND - nanos),
    }
}
