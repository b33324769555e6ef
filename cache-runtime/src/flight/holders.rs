//! The holders of leases in other processes that this one waits for, or has waited out: one that hangs
//! costs a process one wait, and not one a call.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::Stopwatch;

/// How many holders a generation has. One that is forgotten is waited for once more, and no more.
const GENERATION: usize = 2_048;

/// Since when each holder is waited for, by what the lease holds: another each time it is taken.
#[derive(Debug, Default)]
pub(crate) struct Holders(Mutex<Generations>);

/// The older one goes as a whole when the newer is full.
#[derive(Debug, Default)]
struct Generations {
    newer: HashMap<Vec<u8>, Stopwatch>,
    older: HashMap<Vec<u8>, Stopwatch>,
}

impl Holders {
    /// How long this process has waited for this holder, which begins with the first question.
    pub(crate) fn waited_for(&self, holder: &[u8]) -> Duration {
        let mut known = self.0.lock();
        if let Some(since) = known.newer.get(holder).or_else(|| known.older.get(holder)) {
            return since.elapsed();
        }
        if known.newer.len() >= GENERATION {
            known.older = std::mem::take(&mut known.newer);
        }
        known.newer.insert(holder.to_vec(), Stopwatch::start());
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_holder_is_known_by_its_token_from_the_first_wait_on() {
        let _clock = crate::clock::tokios();
        let (holders, second) = (Holders::default(), Duration::from_secs(1));
        assert_eq!(holders.waited_for(b"one"), Duration::ZERO);
        tokio::time::advance(second).await;
        assert_eq!(holders.waited_for(b"two"), Duration::ZERO);
        tokio::time::advance(second).await;
        assert_eq!(holders.waited_for(b"one"), 2 * second);
        assert_eq!(holders.waited_for(b"two"), second);
    }

    #[test]
    fn the_table_stays_small_and_knows_the_latest() {
        let holders = Holders::default();
        for n in 0..10 * GENERATION as u64 {
            holders.waited_for(&n.to_be_bytes());
        }
        let known = holders.0.lock();
        assert!(known.newer.len() + known.older.len() <= 2 * GENERATION);
        let last = 10 * GENERATION as u64 - 1;
        assert!(known.newer.contains_key(last.to_be_bytes().as_slice()));
    }
}
