//! Times of a policy, in milliseconds, as a const can read them.

use std::time::Duration;

/// The longest time that a policy may state, a hundred years in milliseconds: a sum of several is far
/// from an overflow, and Redis takes it as the life of a key.
pub(super) const LONGEST_MS: u64 = 100 * 365 * 24 * 3_600 * 1_000;

pub(super) const fn bounded(ms: u64) -> u64 {
    if ms > LONGEST_MS { LONGEST_MS } else { ms }
}

/// A duration as an annotation may state it: a [`Duration`], whole seconds, or text.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ttl<T>(pub T);

impl Ttl<Duration> {
    #[must_use]
    pub const fn millis(self) -> u64 {
        millis(self.0)
    }
}

impl Ttl<u64> {
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0.saturating_mul(1_000)
    }
}

impl Ttl<u32> {
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0 as u64 * 1_000
    }
}

/// `as` here and above: `try_from` is not const, and the value is bounded first.
pub(super) const fn millis(duration: Duration) -> u64 {
    let ms = duration.as_millis();
    if ms > u64::MAX as u128 {
        u64::MAX
    } else {
        ms as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_a_duration_or_seconds() {
        const LONG: u64 = Ttl(Duration::MAX).millis();
        assert_eq!(LONG, u64::MAX);
        assert_eq!(Ttl(Duration::from_millis(1_500)).millis(), 1_500);
        assert_eq!(Ttl(7_u64).millis(), 7_000);
        assert_eq!(Ttl(7_u32).millis(), 7_000);
    }
}
