//! What an annotation allows: ttl, compression, herd protection, how old a value may be.

mod choices;
mod times;

use std::time::Duration;

use crate::events::Tier;

pub use choices::{Codec, Compression, Consistency, Lease, OnOutage, Priority, Refresh};
pub use times::Ttl;
use times::{bounded, millis};

/// What an annotation allows. [`cached`](crate::cached) makes it from its arguments, or from one that several
/// functions share, as `policy = HOT`; for [`Cache::get_or_load`](crate::Cache::get_or_load) it is made by hand.
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
    /// `None` for bincode, and MessagePack where that can't read the type.
    pub(crate) codec: Option<Codec>,
    /// Whether values are encrypted in Redis.
    pub(crate) encrypt: bool,
    pub(crate) lease: Lease,
    pub(crate) wait_ms: u64,
    pub(crate) consistency: Consistency,
    pub(crate) on_outage: OnOutage,
    pub(crate) stale_ms: u64,
    /// The longest life of an entry that each use lengthens by its ttl; zero where none does.
    pub(crate) sliding_ms: u64,
    pub(crate) refresh: Refresh,
    /// Whether a hit in memory takes more than a look, or may not be served from there.
    pub(crate) looks_again: bool,
    /// Whether it is to be drawn whether a hit in memory is audited, and that is all that it takes.
    pub(crate) draws: bool,
    /// The one tier that has its values; `None` for all.
    pub(crate) only: Option<Tier>,
    /// `None` for the cache's own setting.
    pub(crate) jitter: Option<f64>,
    /// The most bytes of a value; zero for the cache's own setting alone.
    pub(crate) max_value: usize,
    /// The most entries in memory; zero for as many as memory holds.
    pub(crate) max_entries: usize,
    pub(crate) priority: Priority,
    /// In millionths.
    pub(crate) load_cost: u64,
    /// Zero for none.
    pub(crate) early: f64,
    /// Which share of the hits is audited; zero for none.
    pub(crate) audit: f64,
    /// Whether a task can have the body, so that hits can be audited.
    pub(crate) is_owned: bool,
    /// Zero for none.
    pub(crate) load_timeout_ms: u64,
    /// Zero for none.
    pub(crate) error_ttl_ms: u64,
}

impl Policy {
    /// A policy by which an entry is fresh for `ttl`, with the defaults of [`cached`](crate::cached)
    /// for everything else.
    ///
    /// A `ttl` under a millisecond is taken as one millisecond, and any time of a policy over a hundred
    /// years as a hundred years.
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
            codec: None,
            encrypt: false,
            lease: Lease::Fleet,
            wait_ms: 5_000,
            consistency: Consistency::Bounded,
            on_outage: OnOutage::Lag,
            stale_ms: 0,
            sliding_ms: 0,
            refresh: Refresh::Caller,
            looks_again: false,
            draws: false,
            only: None,
            max_value: 0,
            max_entries: 0,
            priority: Priority::Normal,
            load_cost: 0,
            jitter: None,
            early: 0.0,
            audit: 0.0,
            is_owned: false,
            load_timeout_ms: 0,
            error_ttl_ms: 0,
        }
    }

    /// [`ttl_ms`](Self::ttl_ms) of a policy that several functions share.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_ttl_ms(mut self, ttl_ms: u64) -> Self {
        self.ttl_ms = Self::ttl_ms(ttl_ms).ttl_ms;
        self
    }

    /// Compresses payloads over 1 KiB, where that makes them at least 10 % smaller. Defaults to
    /// [`Compression::None`].
    #[must_use]
    pub const fn compress(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// How values are encoded for Redis. Defaults to [`Codec::Bincode`], and to [`Codec::MessagePack`] for types that
    /// bincode can't read back. Entries that were stored otherwise before are read all the same.
    #[must_use]
    pub const fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Whether values are encrypted in Redis, by XChaCha20-Poly1305 with the keys of the cache
    /// (`CacheBuilder::encryption`, with the feature `encrypt`). Defaults to `false`.
    ///
    /// On a cache without keys, and without the feature, no value goes to Redis: each is in memory for
    /// [`lag`](crate::CacheBuilder::lag), and counted as [`no_key`](crate::UnstoredStats::no_key).
    #[must_use]
    pub const fn encrypt(mut self, encrypt: bool) -> Self {
        self.encrypt = encrypt;
        self
    }

    /// Who shares one load. Defaults to [`Lease::Fleet`].
    #[must_use]
    pub const fn lease(mut self, lease: Lease) -> Self {
        self.lease = lease;
        self
    }

    /// How long a caller waits for another's load before it loads for itself. Defaults to 5 s.
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

    /// How soon an invalidation reaches a reader. Defaults to [`Consistency::Bounded`].
    #[must_use]
    pub const fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self.noted()
    }

    /// What memory may serve while this process can't reach Redis. Defaults to [`OnOutage::Lag`].
    #[must_use]
    pub const fn on_outage(mut self, on_outage: OnOutage) -> Self {
        self.on_outage = on_outage;
        self
    }

    /// How much longer than its ttl an entry may be served while it is refreshed, or when its load
    /// fails. Defaults to zero: no stale value is served.
    #[must_use]
    pub const fn stale(self, stale: Duration) -> Self {
        self.stale_ms(millis(stale))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn stale_ms(mut self, stale_ms: u64) -> Self {
        self.stale_ms = match self.sliding_ms {
            0 => bounded(stale_ms),
            _ => 0,
        };
        self
    }

    /// [`stale_ms`](Self::stale_ms) for an annotation, which refuses what does not go together as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_stale_ms(self, stale_ms: u64) -> Self {
        assert!(
            self.sliding_ms == 0 || stale_ms == 0,
            "`stale` does not go together with a `policy` that slides: what is used lives on, and what is not is gone"
        );
        self.stale_ms(stale_ms)
    }

    /// Has each use of an entry make it fresh for another ttl, for at most `longest` after its load: it ends when it was
    /// not used for its ttl. Defaults to off: an entry ends by its ttl, used or not.
    ///
    /// What is used lives on, so nothing of it is served stale: [`stale`](Self::stale) has no effect beside it.
    /// A `longest` that is not over the ttl is as good as none.
    #[must_use]
    pub const fn sliding(self, longest: Duration) -> Self {
        self.sliding_ms(millis(longest))
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn sliding_ms(mut self, longest_ms: u64) -> Self {
        self.sliding_ms = bounded(longest_ms);
        self.stale_ms(0).noted()
    }

    /// [`sliding_ms`](Self::sliding_ms) for an annotation, which refuses what does not go together as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_sliding_ms(self, longest_ms: u64) -> Self {
        assert!(
            bounded(longest_ms) > self.ttl_ms,
            "`sliding` must be longer than `ttl`, by which each use lengthens the entry's life"
        );
        assert!(
            self.stale_ms == 0,
            "`sliding` and `stale` don't go together: what is used lives on, and what is not is gone"
        );
        self.sliding_ms(longest_ms)
    }

    /// How long an entry lives at most.
    pub(crate) fn longest_ms(&self) -> u64 {
        self.ttl_ms.max(self.sliding_ms)
    }

    /// How long an entry lives that is not used, where its use lengthens its life.
    pub(crate) fn idle_ms(&self) -> Option<u64> {
        (self.sliding_ms > self.ttl_ms).then_some(self.ttl_ms)
    }

    /// Who refreshes an entry that is served stale. Defaults to [`Refresh::Caller`].
    #[must_use]
    pub const fn refresh(mut self, refresh: Refresh) -> Self {
        self.refresh = refresh;
        self
    }

    /// The one tier that has its values. Defaults to all.
    ///
    /// What is in memory alone costs no round trip, and need not be worth one: but an invalidation by another process
    /// does not reach it, so with [`Consistency::Strong`] it is not there alone. An invalidation by this process goes to
    /// Redis as well, where another build may have stored it. What is in Redis alone takes no memory, and each hit a
    /// round trip; without Redis it is in memory all the same.
    #[must_use]
    pub const fn only(self, tier: Tier) -> Self {
        self.in_tiers(Some(tier))
    }

    /// [`only`](Self::only), or all tiers.
    pub(crate) const fn in_tiers(mut self, only: Option<Tier>) -> Self {
        self.only = only;
        self.noted()
    }

    /// [`only`](Self::only) for an annotation, which refuses what does not go together as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_only(self, tier: Tier) -> Self {
        let is_strong = matches!(self.consistency, Consistency::Strong);
        assert!(
            !(is_strong && matches!(tier, Tier::Memory)),
            "`tiers = [memory]` can't be strong: an invalidation by another process does not reach it"
        );
        self.only(tier)
    }

    /// Whether its values never go to Redis.
    pub(crate) fn stays_in_memory(&self) -> bool {
        self.only == Some(Tier::Memory) && self.consistency != Consistency::Strong
    }

    /// The largest value that is stored, in bytes as encoded and before compression. Defaults to the cache's own
    /// setting, [`CacheBuilder::max_value`](crate::CacheBuilder::max_value), past which none is stored either. Zero is
    /// taken as not set.
    #[must_use]
    pub const fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    /// The most entries of a function in memory; the least used goes first. Defaults to as many as memory holds. Zero is
    /// taken as not set, and one as two.
    ///
    /// In Redis there may be more. A hit in memory takes longer with it.
    #[must_use]
    pub const fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = match entries {
            1 => 2,
            entries => entries,
        };
        self.noted()
    }

    /// [`max_entries`](Self::max_entries) for an annotation, which refuses what is out of range as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_max_entries(self, entries: usize) -> Self {
        assert!(entries > 1, "`max_entries` must be two or more");
        self.max_entries(entries)
    }

    /// How long memory keeps an entry when it needs room. Defaults to [`Priority::Normal`].
    #[must_use]
    pub const fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// What a load costs, in any unit, for [`Counts::saved_cost`](crate::Counts::saved_cost): a query's
    /// price, the tokens of a model. It is counted in millionths. Defaults to nothing.
    ///
    /// What is under zero, or a NaN, is taken as zero.
    #[must_use]
    pub const fn cost_per_load(mut self, cost: f64) -> Self {
        // As `as` does: to what there is, and zero for a NaN.
        self.load_cost = (cost * 1e6) as u64;
        self
    }

    /// [`cost_per_load`](Self::cost_per_load) for an annotation, which refuses what is out of range as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_cost_per_load(self, cost: f64) -> Self {
        assert!(
            cost >= 1e-6 && cost <= 1e12,
            "`cost_per_load` must be from a millionth to a million millions"
        );
        self.cost_per_load(cost)
    }

    /// The largest share of its ttl by which an entry is stored for less, drawn anew for each entry:
    /// 0.1 for at most a tenth. So entries that were loaded at the same time do not end at the same
    /// time. Defaults to the cache's own setting,
    /// [`CacheBuilder::jitter`](crate::CacheBuilder::jitter).
    ///
    /// A share over 1.0 is taken as 1.0; one under 0.0, or a NaN, as 0.0: no jitter.
    #[must_use]
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = Some(match share {
            _ if is_share(share) => share,
            _ if share > 1.0 => 1.0,
            _ => 0.0,
        });
        self
    }

    /// [`jitter`](Self::jitter) for an annotation, which refuses what is out of range as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_jitter(self, share: f64) -> Self {
        assert!(is_share(share), "`jitter` must be from 0.0 to 1.0");
        self.jitter(share)
    }

    /// Refreshes an entry before its ttl ends, by chance: the likelier the nearer the end is and the
    /// longer its load took. One caller draws it and loads, the others are served the fresh value. A
    /// factor of 1.0 suits most; more begins sooner. Defaults to off.
    ///
    /// The chance is that of A. Vattani, F. Chierichetti and K. Lowenstein, "Optimal Probabilistic
    /// Cache Stampede Prevention", PVLDB 8(8), 2015.
    ///
    /// A factor that is not over zero, or a NaN, is taken as 0.0: off.
    #[must_use]
    pub const fn early(mut self, beta: f64) -> Self {
        self.early = match beta {
            _ if beta > f64::MAX => f64::MAX,
            _ if beta > 0.0 => beta,
            _ => 0.0,
        };
        self.noted()
    }

    /// Decides once what each hit would ask.
    const fn noted(mut self) -> Self {
        let is_elsewhere = matches!(self.only, Some(Tier::Redis));
        let is_strong = matches!(self.consistency, Consistency::Strong);
        let does_more = self.early > 0.0 || self.sliding_ms > 0 || self.max_entries > 0;
        self.looks_again = is_elsewhere || is_strong || does_more;
        self.draws = self.audits() && !self.looks_again;
        self.looks_again |= self.draws;
        self
    }

    /// Compares this share of the hits, in memory and in Redis, with a load of its own in the background: 0.001 for one of
    /// a thousand. Where the body gives another value, within the ttl and without an invalidation, one was forgotten:
    /// [`Counts::audits`](crate::Counts::audits) counts it as outdated, and the log says so. Defaults to none.
    ///
    /// No caller waits for it, and nothing is changed in the cache. The body runs once more, with all that it does: what
    /// counts, charges or writes is not to be audited. As many are under way at once as refreshes may be
    /// ([`CacheBuilder::max_refreshes`](crate::CacheBuilder::max_refreshes)), and one of each key.
    ///
    /// It takes effect for functions whose body a task can have: that say `audit` themselves, or
    /// `refresh = "background"`. Values are compared as they are encoded and, where that differs, by their `PartialEq`; a
    /// value that has its own time of loading differs each time, unless its `PartialEq` leaves that out. An entry that ends within
    /// [`lag`](crate::CacheBuilder::lag) is not audited, as it could not be told any more what it was.
    ///
    /// A share over 1.0 is taken as 1.0; one under 0.0, or a NaN, as 0.0.
    #[must_use]
    pub const fn audit(mut self, share: f64) -> Self {
        self.audit = match share {
            _ if is_share(share) => share,
            _ if share > 1.0 => 1.0,
            _ => 0.0,
        };
        self.noted()
    }

    /// [`audit`](Self::audit) for an annotation, which refuses what is out of range as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked_audit(self, share: f64) -> Self {
        assert!(is_share(share), "`audit` must be from 0.0 to 1.0");
        self.audit(share)
    }

    /// For a function whose body a task can have.
    #[doc(hidden)]
    #[must_use]
    pub const fn owned(mut self) -> Self {
        self.is_owned = true;
        self.noted()
    }

    /// For a function whose body may borrow, which refuses what it can't do as it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn borrowing(self) -> Self {
        assert!(
            self.audit <= 0.0,
            "this `policy` says `audit`, for which a task has to own what the function takes: say `audit` in the \
             annotation too, or `audit(0.0)` in the policy"
        );
        self
    }

    /// Whether hits are audited.
    pub(crate) const fn audits(&self) -> bool {
        self.is_owned && self.audit > 0.0
    }

    /// [`early`](Self::early) for an annotation, which refuses what is out of range as it is compiled.
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
    pub const fn error_ttl_ms(mut self, error_ttl_ms: u64) -> Self {
        self.error_ttl_ms = bounded(error_ttl_ms);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn load_timeout_ms(mut self, load_timeout_ms: u64) -> Self {
        self.load_timeout_ms = bounded(load_timeout_ms);
        self
    }
}

/// A policy that an annotation names.
#[doc(hidden)]
#[must_use]
pub const fn shared(policy: Policy) -> Policy {
    policy
}

/// Whether a number is a share of something: from 0.0 to 1.0.
pub(crate) const fn is_share(share: f64) -> bool {
    share >= 0.0 && share <= 1.0
}

#[cfg(test)]
mod tests {
    use super::times::LONGEST_MS;
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
    fn what_lives_on_by_its_use_is_never_stale() {
        let [ttl, longest] = [300, 3_600].map(Duration::from_secs);
        let policy = Policy::new(ttl);
        assert_eq!((policy.longest_ms(), policy.idle_ms()), (300_000, None));
        let sliding = policy.stale(ttl).sliding(longest).stale(ttl);
        assert_eq!(sliding.stale_ms, 0);
        assert_eq!(
            (sliding.longest_ms(), sliding.idle_ms()),
            (3_600_000, Some(300_000))
        );
        let short = policy.sliding(Duration::from_secs(1));
        assert_eq!((short.longest_ms(), short.idle_ms()), (300_000, None));
    }

    #[test]
    fn a_share_or_a_factor_out_of_range_is_clamped_and_panics_nowhere() {
        let made = Policy::new(Duration::from_secs(1));
        let jitter = [2.0, -1.0, f64::NAN, f64::INFINITY, 0.3].map(|s| made.jitter(s).jitter);
        assert_eq!(jitter, [1.0, 0.0, 0.0, 1.0, 0.3].map(Some));
        let early = [0.0, -1.0, f64::NAN, f64::INFINITY, 2.5].map(|beta| made.early(beta).early);
        assert_eq!(early, [0.0, 0.0, 0.0, f64::MAX, 2.5]);
    }
}
