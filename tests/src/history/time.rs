//! The clock that every process of a run reads.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

/// Now, in nanoseconds of the machine's monotonic clock, which is one for all its processes.
#[inline]
pub(super) fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// The step of the kernel's coarse clock, on which the cache judges `lag`. It may take the time for
/// this much earlier than it is, and so serve for this much longer.
#[must_use]
pub(super) fn coarse_step() -> u64 {
    #[cfg(target_os = "linux")]
    return nanoseconds(clock_getres(ClockId::MonotonicCoarse));
    #[cfg(not(target_os = "linux"))]
    return nanoseconds(clock_getres(ClockId::Monotonic)).max(1_000_000);
}

pub(super) fn span(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
