use jiff::civil::{Date as CivilDate, DateTime, Time, Weekday};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::calendar::{Date, TimeOfDay};
use crate::key::{CacheKey, KeyWriter};

impl CacheKey for Timestamp {
    fn write(&self, writer: &mut KeyWriter) {
        let nanos = self.as_nanosecond();
        let (seconds, subsecond) = (
            nanos.div_euclid(1_000_000_000),
            nanos.rem_euclid(1_000_000_000),
        );
        // Years -9999 to 9999: the seconds fit.
        writer.instant(seconds as i64, subsecond as u32);
    }
}

/// The instant, whatever the time zone.
impl CacheKey for Zoned {
    fn write(&self, writer: &mut KeyWriter) {
        self.timestamp().write(writer);
    }
}

impl CacheKey for CivilDate {
    fn write(&self, writer: &mut KeyWriter) {
        writer.date(date(*self));
    }
}

impl CacheKey for Time {
    fn write(&self, writer: &mut KeyWriter) {
        writer.time_of_day(time_of_day(*self));
    }
}

impl CacheKey for DateTime {
    fn write(&self, writer: &mut KeyWriter) {
        writer.date_time(date(self.date()), time_of_day(self.time()));
    }
}

impl CacheKey for SignedDuration {
    fn write(&self, writer: &mut KeyWriter) {
        writer.duration(self.as_nanos());
    }
}

impl CacheKey for Offset {
    fn write(&self, writer: &mut KeyWriter) {
        writer.utc_offset(self.seconds());
    }
}

/// The number of the day, from Monday as 1.
impl CacheKey for Weekday {
    fn write(&self, writer: &mut KeyWriter) {
        writer.u32(u32::from(self.to_monday_one_offset().unsigned_abs()));
    }
}

fn date(date: CivilDate) -> Date {
    Date {
        year: i32::from(date.year()),
        month: date.month().unsigned_abs(),
        day: date.day().unsigned_abs(),
    }
}

fn time_of_day(time: Time) -> TimeOfDay {
    let hours = u32::from(time.hour().unsigned_abs());
    let minutes = hours * 60 + u32::from(time.minute().unsigned_abs());
    TimeOfDay {
        seconds: minutes * 60 + u32::from(time.second().unsigned_abs()),
        nanos: time.subsec_nanosecond().unsigned_abs(),
    }
}
