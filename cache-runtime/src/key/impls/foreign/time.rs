use time::{
    Date as TimeDate, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime,
    UtcOffset, Weekday,
};

use super::calendar::{Date, TimeOfDay};
use crate::key::{CacheKey, KeyWriter};

/// The instant, whatever the offset.
impl CacheKey for OffsetDateTime {
    fn write(&self, writer: &mut KeyWriter) {
        writer.instant(self.unix_timestamp(), self.nanosecond());
    }
}

impl CacheKey for UtcDateTime {
    fn write(&self, writer: &mut KeyWriter) {
        writer.instant(self.unix_timestamp(), self.nanosecond());
    }
}

impl CacheKey for TimeDate {
    fn write(&self, writer: &mut KeyWriter) {
        writer.date(date(*self));
    }
}

impl CacheKey for Time {
    fn write(&self, writer: &mut KeyWriter) {
        writer.time_of_day(time_of_day(*self));
    }
}

impl CacheKey for PrimitiveDateTime {
    fn write(&self, writer: &mut KeyWriter) {
        writer.date_time(date(self.date()), time_of_day(self.time()));
    }
}

impl CacheKey for Duration {
    fn write(&self, writer: &mut KeyWriter) {
        writer.duration(self.whole_nanoseconds());
    }
}

impl CacheKey for UtcOffset {
    fn write(&self, writer: &mut KeyWriter) {
        writer.utc_offset(self.whole_seconds());
    }
}

/// The number of the day, from Monday as 1.
impl CacheKey for Weekday {
    fn write(&self, writer: &mut KeyWriter) {
        writer.u32(u32::from(self.number_from_monday()));
    }
}

/// The number of the month, from January as 1.
impl CacheKey for Month {
    fn write(&self, writer: &mut KeyWriter) {
        writer.u32(u32::from(u8::from(*self)));
    }
}

fn date(date: TimeDate) -> Date {
    Date {
        year: date.year(),
        month: u8::from(date.month()),
        day: date.day(),
    }
}

fn time_of_day(time: Time) -> TimeOfDay {
    let (hour, minute, second, nanos) = time.as_hms_nano();
    let minutes = u32::from(hour) * 60 + u32::from(minute);
    TimeOfDay {
        seconds: minutes * 60 + u32::from(second),
        nanos,
    }
}
