//! What the three crates of dates have in common, so that a date is one key in all of them.

use crate::key::{KeyWriter, kind};

/// A day of the proleptic Gregorian calendar.
pub(super) struct Date {
    pub(super) year: i32,
    /// From 1.
    pub(super) month: u8,
    /// From 1.
    pub(super) day: u8,
}

/// A time on a wall clock.
pub(super) struct TimeOfDay {
    /// Since midnight.
    pub(super) seconds: u32,
    /// A billion or more in a leap second.
    pub(super) nanos: u32,
}

impl KeyWriter {
    pub(super) fn date(&mut self, date: Date) {
        self.put(kind::DATE, date.bytes());
    }

    pub(super) fn time_of_day(&mut self, time: TimeOfDay) {
        self.put(kind::TIME_OF_DAY, time.bytes());
    }

    /// A date and a time without a time zone.
    pub(super) fn date_time(&mut self, date: Date, time: TimeOfDay) {
        let mut bytes = [0; 14];
        bytes[..6].copy_from_slice(&date.bytes());
        bytes[6..].copy_from_slice(&time.bytes());
        self.put(kind::DATE_TIME, bytes);
    }

    /// How far east of Greenwich a clock is set, in seconds.
    pub(super) fn utc_offset(&mut self, seconds: i32) {
        self.put(kind::UTC_OFFSET, seconds.to_le_bytes());
    }
}

impl Date {
    fn bytes(&self) -> [u8; 6] {
        let [a, b, c, d] = self.year.to_le_bytes();
        [a, b, c, d, self.month, self.day]
    }
}

impl TimeOfDay {
    fn bytes(&self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.seconds.to_le_bytes());
        bytes[4..].copy_from_slice(&self.nanos.to_le_bytes());
        bytes
    }
}
