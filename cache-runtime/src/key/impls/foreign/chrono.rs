use chrono::{
    DateTime, Datelike, FixedOffset, Month, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta,
    TimeZone, Timelike, Utc, Weekday,
};

use super::calendar::{Date, TimeOfDay};
use crate::key::{CacheKey, KeyWriter};

/// The instant, whatever the time zone.
impl<Tz: TimeZone> CacheKey for DateTime<Tz> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.instant(self.timestamp(), self.timestamp_subsec_nanos());
    }
}

impl CacheKey for NaiveDate {
    fn write(&self, writer: &mut KeyWriter) {
        writer.date(date(*self));
    }
}

impl CacheKey for NaiveTime {
    fn write(&self, writer: &mut KeyWriter) {
        writer.time_of_day(time_of_day(*self));
    }
}

impl CacheKey for NaiveDateTime {
    fn write(&self, writer: &mut KeyWriter) {
        writer.date_time(date(self.date()), time_of_day(self.time()));
    }
}

impl CacheKey for TimeDelta {
    fn write(&self, writer: &mut KeyWriter) {
        // Both parts have the same sign.
        let seconds = i128::from(self.num_seconds());
        writer.duration(seconds * 1_000_000_000 + i128::from(self.subsec_nanos()));
    }
}

impl CacheKey for FixedOffset {
    fn write(&self, writer: &mut KeyWriter) {
        writer.utc_offset(self.local_minus_utc());
    }
}

impl CacheKey for Utc {
    fn write(&self, writer: &mut KeyWriter) {
        writer.utc_offset(0);
    }
}

/// The number of the day, from Monday as 1.
impl CacheKey for Weekday {
    fn write(&self, writer: &mut KeyWriter) {
        writer.u32(self.number_from_monday());
    }
}

/// The number of the month, from January as 1.
impl CacheKey for Month {
    fn write(&self, writer: &mut KeyWriter) {
        writer.u32(self.number_from_month());
    }
}

fn date(date: NaiveDate) -> Date {
    // A month and a day are at most 31.
    Date {
        year: date.year(),
        month: date.month() as u8,
        day: date.day() as u8,
    }
}

fn time_of_day(time: NaiveTime) -> TimeOfDay {
    TimeOfDay {
        seconds: time.num_seconds_from_midnight(),
        nanos: time.nanosecond(),
    }
}
