//! How long one call may wait for Redis in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::boxed::boxed;
use crate::patience::{Crowd, MOST, Turn, wait};
use crate::redis::Fault;

/// What one call may still wait for Redis. Each command has its own limit; a call takes several, so a
/// server that is slow but not too slow would cost it that many times over. Waiting for another's load
/// is not counted: it takes the place of a load. Nor is waiting behind other calls of this process, up to
/// [`MOST`] in all.
#[derive(Debug)]
pub(crate) struct Allowance {
    ms: u64,
    left_us: AtomicU64,
    /// How much longer it may wait behind others.
    behind_us: AtomicU64,
    /// The calls that wait for Redis now.
    crowd: Arc<Crowd>,
}

impl Clone for Allowance {
    /// All of it again: it is for a task of its own, which keeps no caller waiting.
    fn clone(&self) -> Self {
        Self::ms(self.ms, Arc::clone(&self.crowd))
    }
}

impl Allowance {
    pub(crate) fn ms(ms: u64, crowd: Arc<Crowd>) -> Self {
        Self {
            ms,
            left_us: AtomicU64::new(ms.saturating_mul(1_000)),
            behind_us: AtomicU64::new(micros(MOST)),
            crowd,
        }
    }

    /// What is left of it now, for the same call's next read.
    pub(crate) fn rest(&self) -> Self {
        let rest = self.clone();
        let copy = |to: &AtomicU64, from: &AtomicU64| {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        };
        copy(&rest.left_us, &self.left_us);
        copy(&rest.behind_us, &self.behind_us);
        rest
    }

    /// Waits for an answer as long as is left, and takes off what that took.
    ///
    /// What is asked is boxed: each level of the algorithm would otherwise hold the whole exchange with
    /// Redis, some twice.
    pub(crate) fn within<'a, T: 'a>(
        &'a self,
        asked: impl Future<Output = Result<T, Fault>> + 'a,
    ) -> impl Future<Output = Result<T, Fault>> + 'a {
        self.while_left(boxed(|| asked))
    }

    async fn while_left<T>(
        &self,
        mut asked: impl Future<Output = Result<T, Fault>> + Unpin,
    ) -> Result<T, Fault> {
        let left = Duration::from_micros(self.left_us.load(Ordering::Relaxed));
        if left.is_zero() {
            return Err(Fault::Allowance);
        }
        let spending = self.begin();
        let (mut answered, mut took) = wait(left, &mut asked).await;
        let extra = spending.extra();
        if answered.is_none() && !extra.is_zero() {
            let (late, more) = wait(extra, asked).await;
            (answered, took) = (late, took + more);
        }
        spending.end(took);
        answered.unwrap_or(Err(Fault::Allowance))
    }

    /// Whether so much is left of it, and all that it may wait behind others: what takes no longer needs no
    /// limit of its own.
    pub(super) fn covers(&self, longest: Duration) -> bool {
        self.left_us.load(Ordering::Relaxed) >= micros(longest)
            && self.behind_us.load(Ordering::Relaxed) >= micros(MOST)
    }

    /// Begins to wait; the end says how long that took.
    pub(super) fn begin(&self) -> Spending<'_> {
        Spending {
            allowance: self,
            turn: self.crowd.enter(),
        }
    }

    /// Gives all of it again, to the next operation of what outlives one.
    pub(crate) fn refill(&self) {
        let all = self.ms.saturating_mul(1_000);
        self.left_us.store(all, Ordering::Relaxed);
        self.behind_us.store(micros(MOST), Ordering::Relaxed);
    }

    /// How much of it is gone.
    pub(crate) fn spent(&self) -> Duration {
        let left = self.left_us.load(Ordering::Relaxed);
        Duration::from_micros(self.ms.saturating_mul(1_000).saturating_sub(left))
    }

    /// Takes off what this call waited for Redis behind another's load, if that load was so short that
    /// one of its own takes less than asking Redis still may.
    pub(crate) fn share(&self, asked: Duration, waited: Duration) {
        let asked = asked.min(waited);
        let left = Duration::from_micros(self.left_us.load(Ordering::Relaxed));
        if waited - asked < left {
            self.spend(asked);
        }
    }

    fn spend(&self, took: Duration) {
        less(&self.left_us, took);
    }
}

/// A call that waits for Redis, among others that do, until it says what that took.
pub(super) struct Spending<'a> {
    allowance: &'a Allowance,
    turn: Turn,
}

impl Spending<'_> {
    /// How much longer it may wait for those that it stands behind.
    fn extra(&self) -> Duration {
        let behind = Duration::from_micros(self.allowance.behind_us.load(Ordering::Relaxed));
        self.turn.extra().max(self.turn.extra_now()).min(behind)
    }

    /// Takes off what it took.
    pub(super) fn end(self, took: Duration) {
        let extra = self.extra();
        if !extra.is_zero() {
            less(&self.allowance.behind_us, took.min(extra));
        }
        self.allowance.spend(took.saturating_sub(extra));
    }
}

fn less(left: &AtomicU64, took: Duration) {
    let less = |left: u64| Some(left.saturating_sub(micros(took)));
    let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stopwatch;

    async fn after(ms: u64) -> Result<u64, Fault> {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok(ms)
    }

    #[test]
    fn what_another_waited_for_redis_counts_where_a_load_is_the_shorter_way() {
        let ms = Duration::from_millis;
        for (asked, waited, spent) in [
            (150, 155, 150),
            // It came late, and waited for Redis alone.
            (150, 50, 50),
            // The load took longer than asking may.
            (200, 500, 0),
        ] {
            let allowance = Allowance::ms(200, Arc::default());
            allowance.share(ms(asked), ms(waited));
            assert_eq!(allowance.spent(), ms(spent));
        }
    }

    /// Each of its commands would otherwise wait behind them anew.
    #[tokio::test(start_paused = true)]
    async fn a_call_waits_behind_a_crowd_once_and_not_at_each_of_its_commands() {
        let _clock = crate::clock::tokios();
        let crowd = Arc::<Crowd>::default();
        let _others = crowd.enter_with(100_000);
        let allowance = Allowance::ms(200, Arc::clone(&crowd));
        let waited = Stopwatch::start();
        for _ in 0..10 {
            // In time at first, and then never.
            let _ = allowance.within(after(1_900)).await;
        }
        let took = waited.elapsed();
        assert!(took < MOST + Duration::from_millis(300), "{took:?}");
        allowance.refill();
        assert_eq!(allowance.within(after(1_900)).await, Ok(1_900));
    }

    #[tokio::test]
    async fn answers_share_one_allowance_and_an_error_costs_what_it_took() {
        let allowance = Allowance::ms(60_000, Arc::default());
        assert_eq!(allowance.within(after(1)).await, Ok(1));
        let failed = allowance.within(async { Err::<u64, _>(Fault::Down) }).await;
        assert_eq!(failed, Err(Fault::Down));
        allowance.spend(Duration::from_secs(59));
        let never = std::future::pending::<Result<u64, Fault>>();
        assert_eq!(allowance.within(never).await, Err(Fault::Allowance));
        let ready = async { Ok(0) };
        assert_eq!(allowance.within(ready).await, Err(Fault::Allowance));
    }
}
