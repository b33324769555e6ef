//! The clock that every process of a run reads.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Now, in nanoseconds of the machine's monotonic clock, which is one for all its processes.
#[inline]
pub(super) fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

pub(super) fn span(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
