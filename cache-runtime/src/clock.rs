//! The one place that asks for the time.
//!
//! Expiry is judged on the kernel's coarse monotonic clock: 3 ns a look where a precise one takes
//! 20, in steps of 1 to 4 ms. It is the kernel's and not a value that a task advances, so a process
//! that was stopped and resumed sees the silence at its first hit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// The longest step of the kernel's coarse clock, in milliseconds (`CONFIG_HZ=100`). What may be served
/// for so long and no longer is given that much less.
pub(crate) const STEP_MS: u64 = 10;

/// A point on this machine's monotonic clock, in milliseconds. It means nothing elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    pub(crate) fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    pub(crate) fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Where a cache reads the time: the kernel, or a value that a test moves.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    Kernel,
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// A clock that stands still until [`advance`](Self::advance) moves it, for tests of expiry.
    ///
    /// It decides when entries in memory expire; Redis keeps its own time.
    #[must_use]
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(1))))
    }

    /// Moves a [`manual`](Self::manual) clock; the kernel's is not ours to move, and stays.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            now.fetch_add(ms, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        match &self.0 {
            Source::Kernel => Moment(kernel_ms()),
            Source::Manual(now) => Moment(now.load(Ordering::Relaxed)),
        }
    }
}

#[cfg(target_os = "linux")]
#[inline]
fn kernel_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    time.tv_sec.cast_unsigned() * 1_000 + time.tv_nsec.cast_unsigned() / 1_000_000
}

#[cfg(not(target_os = "linux"))]
fn kernel_ms() -> u64 {
    use std::sync::LazyLock;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The system's clock.
pub(crate) fn system() -> SystemTime {
    SystemTime::now()
}

/// Since the Unix epoch; zero before it.
pub(crate) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// How long it is until a moment of the system's clock: zero if it has passed.
pub(crate) fn until(end: SystemTime) -> Duration {
    end.duration_since(SystemTime::now()).unwrap_or_default()
}

/// The system's clock, in Unix milliseconds: to tell a person how far a server's is from it, and for nothing else.
#[cfg(feature = "redis")]
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Measures one span of time precisely.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(instant())
    }

    pub(crate) fn elapsed(self) -> Duration {
        instant().saturating_duration_since(self.0)
    }
}

/// Never tokio's clock, which a test of the user's may have stopped.
#[cfg(not(test))]
fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
fn instant() -> Instant {
    match is_tokios() {
        true => tokio::time::Instant::now().into_std(),
        false => Instant::now(),
    }
}

#[cfg(test)]
std::thread_local! {
    static TOKIOS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Until it is dropped, this thread's watches and timers go by the clock of the runtime it is in.
#[cfg(test)]
pub(crate) struct Tokios;

#[cfg(test)]
pub(crate) fn tokios() -> Tokios {
    TOKIOS.set(true);
    Tokios
}

#[cfg(test)]
pub(crate) fn is_tokios() -> bool {
    TOKIOS.get()
}

#[cfg(test)]
impl Drop for Tokios {
    fn drop(&mut self) {
        TOKIOS.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.clone().advance(Duration::from_millis(7));
        assert_eq!(clock.now().ms_since(start), 7);
    }

    #[test]
    fn the_kernel_clock_never_goes_back() {
        let clock = Clock::default();
        let start = clock.now();
        assert!(start.0 > 0);
        assert!(clock.now() >= start);
    }
}
