//! What an annotation allows: ttl, compression, herd protection, how old a value may be.

use std::time::Duration;

/// How a payload is compressed. Only payloads over 1 KiB are, and only if that saves a tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// LZ4: the fastest, saves about half of text-like payloads.
    Lz4,
    /// Zstandard at level 3: smaller, several times slower than LZ4.
    Zstd,
    /// Gzip at level 6: for readers in other languages.
    Gzip,
}

/// Who shares one load of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// Every process: one loads, the others wait for its value. The default.
    Fleet,
    /// The callers in one process; other processes load for themselves at the same time.
    Process,
}

/// How soon an invalidation reaches a reader.
///
/// Let an invalidation of an entry, tag or namespace return `Ok`. A read that begins after it
/// returns only a value whose load began after the invalidation began: where and when, this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// In the process that invalidated, always; in every other at the latest `lag` after (2 s
    /// unless set, typically under a millisecond), partitions, pauses and outages included. Memory
    /// serves. The default.
    Bounded,
    /// In every process, always: each call asks Redis, memory serves none. With Redis unreachable
    /// the function runs.
    Strong,
}

/// What memory may serve while this process can't reach Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOutage {
    /// What it holds, for `lag` at most (2 s unless set). The default.
    Lag,
    /// What it holds, until the entry's own ttl and stale window end. While Redis is out of reach
    /// this waives the bound that [`Consistency::Bounded`] sets on how late an invalidation by
    /// another process may arrive; [`Consistency::Strong`] it does not touch.
    Serve,
}

/// Who refreshes an entry that is served stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refresh {
    /// The first caller that finds it stale, before it returns. The default.
    Caller,
    /// A task: the caller that finds it stale is served that at once. Only
    /// [`cached`](crate::cached) can have one, as a task owns all that its load uses; for
    /// [`Cache::get_or_load`](crate::Cache::get_or_load), whose load may borrow, the caller
    /// refreshes.
    Background,
}

/// What an annotation allows. [`cached`](crate::cached) writes it from its arguments; for
/// [`Cache::get_or_load`](crate::Cache::get_or_load) it is made by hand.
///
/// ```
/// use cache_runtime::{Compression, Policy};
/// use std::time::Duration;
///
/// static POLICY: Policy = Policy::new(Duration::from_secs(300)).compress(Compression::Lz4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    pub(crate) ttl_ms: u64,
    pub(crate) compression: Compression,
    pub(crate) lease: Lease,
    pub(crate) wait_ms: u64,
    pub(crate) consistency: Consistency,
    pub(crate) on_outage: OnOutage,
    pub(crate) stale_ms: u64,
    pub(crate) refresh: Refresh,
    /// `None` as the cache says.
    pub(crate) jitter: Option<f64>,
    /// Zero for none.
    pub(crate) early: f64,
    /// Zero for none.
    pub(crate) load_timeout_ms: u64,
}

impl Policy {
    /// An entry is fresh for `ttl`; other values are the defaults of [`cached`](crate::cached).
    ///
    /// A `ttl` under a millisecond is taken as one, and every time of a policy over a hundred years
    /// as a hundred years.
    #[must_use]
    pub const fn new(ttl: Duration) -> Self {
        match millis(ttl) {
            0 => Self::ttl_ms(1),
            ttl_ms => Self::ttl_ms(ttl_ms),
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn ttl_ms(ttl_ms: u64) -> Self {
        assert!(ttl_ms > 0, "`ttl` must be over zero");
        Self {
            ttl_ms: bounded(ttl_ms),
            compression: Compression::None,
            lease: Lease::Fleet,
            wait_ms: 5_000,
            consistency: Consistency::Bounded,
            on_outage: OnOutage::Lag,
            stale_ms: 0,
            refresh: Refresh::Caller,
            jitter: None,
            early: 0.0,
            load_timeout_ms: 0,
        }
    }

    /// Compresses payloads over 1 KiB, kept only if 10 % smaller.
    #[must_use]
    pub const fn compress(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Who shares one load.
    #[must_use]
    pub const fn lease(mut self, lease: Lease) -> Self {
        self.lease = lease;
        self
    }

    /// How long a follower waits for another's load before it loads for itself. 5 s at first.
    #[must_use]
    pub const fn wait(self, wait: Duration) -> Self {
        self.wait_ms(millis(wait))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn wait_ms(mut self, wait_ms: u64) -> Self {
        self.wait_ms = bounded(wait_ms);
        self
    }

    /// How soon an invalidation reaches a reader.
    #[must_use]
    pub const fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// What memory may serve while this process can't reach Redis.
    #[must_use]
    pub const fn on_outage(mut self, on_outage: OnOutage) -> Self {
        self.on_outage = on_outage;
        self
    }

    /// How much longer than its ttl an entry may be served while it is refreshed. Zero at first:
    /// then none is.
    #[must_use]
    pub const fn stale(self, stale: Duration) -> Self {
        self.stale_ms(millis(stale))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn stale_ms(mut self, stale_ms: u64) -> Self {
        self.stale_ms = bounded(stale_ms);
        self
    }

    /// Who refreshes an entry that is served stale.
    #[must_use]
    pub const fn refresh(mut self, refresh: Refresh) -> Self {
        self.refresh = refresh;
        self
    }

    /// By how much of its ttl an entry may be stored for less, drawn anew for each: 0.1 for a tenth
    /// at most. So what was loaded at once does not end at once. As
    /// [`CacheBuilder::jitter`](crate::CacheBuilder::jitter) says at first.
    ///
    /// What is over 1.0 is taken as 1.0; what is under 0.0, or no number, as 0.0: no jitter.
    #[must_use]
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = Some(match share {
            _ if is_share(share) => share,
            _ if share > 1.0 => 1.0,
            _ => 0.0,
        });
        self
    }

    /// The same for an annotation, which refuses what is out of range as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_jitter(self, share: f64) -> Self {
        assert!(is_share(share), "`jitter` must be from 0.0 to 1.0");
        self.jitter(share)
    }

    /// Refreshes an entry before its ttl ends, by chance: the likelier the nearer the end is and the
    /// longer its load took. One caller draws it and loads, the others are served the fresh value.
    /// At 1.0 the chance is the one that is best for most; more begins sooner. Off at first.
    ///
    /// The chance is that of A. Vattani, F. Chierichetti and K. Lowenstein, "Optimal Probabilistic
    /// Cache Stampede Prevention", PVLDB 8(8), 2015.
    ///
    /// What is not over zero, or no number, is taken as 0.0: off.
    #[must_use]
    pub const fn early(mut self, beta: f64) -> Self {
        self.early = match beta {
            _ if beta > f64::MAX => f64::MAX,
            _ if beta > 0.0 => beta,
            _ => 0.0,
        };
        self
    }

    /// The same for an annotation, which refuses what is out of range as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_early(self, beta: f64) -> Self {
        assert!(
            beta > 0.0 && beta < f64::INFINITY,
            "`early` must be over zero"
        );
        self.early(beta)
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn load_timeout_ms(mut self, load_timeout_ms: u64) -> Self {
        self.load_timeout_ms = bounded(load_timeout_ms);
        self
    }
}

/// The longest that a policy may state, a hundred years in milliseconds: a sum of several is far
/// from an overflow, and Redis takes it as the life of a key.
const LONGEST_MS: u64 = 100 * 365 * 24 * 3_600 * 1_000;

const fn bounded(ms: u64) -> u64 {
    if ms > LONGEST_MS { LONGEST_MS } else { ms }
}

/// Whether it is a share of something: from 0.0 to 1.0.
pub(crate) const fn is_share(share: f64) -> bool {
    share >= 0.0 && share <= 1.0
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
const fn millis(duration: Duration) -> u64 {
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
    fn durations_are_kept_in_milliseconds() {
        const POLICY: Policy = Policy::new(Duration::from_secs(2))
            .wait(Duration::from_millis(30))
            .stale(Duration::from_secs(600));
        assert_eq!(POLICY, Policy::ttl_ms(2_000).wait_ms(30).stale_ms(600_000));
        assert_eq!(POLICY.stale(Duration::ZERO).stale_ms, 0);
    }

    #[test]
    fn a_policy_made_of_any_durations_is_within_its_bounds() {
        assert_eq!(Policy::new(Duration::ZERO).ttl_ms, 1);
        let longest = Policy::new(Duration::MAX)
            .wait(Duration::MAX)
            .stale(Duration::MAX)
            .load_timeout_ms(u64::MAX);
        let times = [
            longest.ttl_ms,
            longest.wait_ms,
            longest.stale_ms,
            longest.load_timeout_ms,
        ];
        assert_eq!(times, [LONGEST_MS; 4]);
    }

    #[test]
    fn a_share_or_a_factor_out_of_range_is_clamped_and_panics_nowhere() {
        let made = Policy::new(Duration::from_secs(1));
        let jitter = [2.0, -1.0, f64::NAN, f64::INFINITY, 0.3].map(|s| made.jitter(s).jitter);
        assert_eq!(jitter, [1.0, 0.0, 0.0, 1.0, 0.3].map(Some));
        let early = [0.0, -1.0, f64::NAN, f64::INFINITY, 2.5].map(|beta| made.early(beta).early);
        assert_eq!(early, [0.0, 0.0, 0.0, f64::MAX, 2.5]);
    }

    #[test]
    fn a_ttl_is_a_duration_or_seconds() {
        const LONG: u64 = Ttl(Duration::MAX).millis();
        assert_eq!(LONG, u64::MAX);
        assert_eq!(Ttl(Duration::from_millis(1_500)).millis(), 1_500);
        assert_eq!(Ttl(7_u64).millis(), 7_000);
        assert_eq!(Ttl(7_u32).millis(), 7_000);
    }
}
