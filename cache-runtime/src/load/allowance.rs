//! How long one call may wait for Redis in all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::flight::timeout;
use crate::redis::Fault;

/// What one call may still wait for Redis. Each command has its own limit; a call takes several, so a
/// server that is slow but not too slow would cost it that many times over. Waiting for another's load
/// is not counted: it takes the place of a load.
#[derive(Debug)]
pub(crate) struct Allowance {
    ms: u64,
    left_us: AtomicU64,
}

impl Clone for Allowance {
    /// All of it again: it is for a task of its own, which keeps no caller waiting.
    fn clone(&self) -> Self {
        Self::ms(self.ms)
    }
}

impl Allowance {
    pub(crate) fn ms(ms: u64) -> Self {
        Self {
            ms,
            left_us: AtomicU64::new(ms.saturating_mul(1_000)),
        }
    }

    /// Waits for an answer as long as is left, and takes off what that took.
    pub(crate) async fn within<T>(
        &self,
        asked: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let left = Duration::from_micros(self.left_us.load(Ordering::Relaxed));
        if left.is_zero() {
            return Err(Fault::Allowance);
        }
        let clock = Stopwatch::start();
        let answered = timeout(left, asked).await;
        self.spend(clock.elapsed());
        answered.unwrap_or(Err(Fault::Allowance))
    }

    /// Gives all of it again, to the next operation of what outlives one.
    pub(crate) fn refill(&self) {
        let all = self.ms.saturating_mul(1_000);
        self.left_us.store(all, Ordering::Relaxed);
    }

    fn spend(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let less = |left: u64| Some(left.saturating_sub(took));
        let _ = self
            .left_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn after(ms: u64) -> Result<u64, Fault> {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok(ms)
    }

    #[tokio::test]
    async fn answers_share_one_allowance_and_an_error_costs_what_it_took() {
        let allowance = Allowance::ms(60_000);
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
