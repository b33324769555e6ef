//! What each process of a fleet counted of late: between the publications of one process, never between those of two.
//!
//! A process that ends takes its counts along, and one that is started anew begins at zero under another id. Sums of all
//! would fall and leap then; so each is followed by itself, and what it did in a second is added up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::ProcessStats;

use crate::window::{Lately, SHORTEST, Tallies, tallies};

/// How far apart the two looks are of which the earlier is where rates begin: they are of one to two of this.
const HALF: Duration = Duration::from_secs(30);

/// How many rows are followed, over all processes. Of the processes past them no rate is told.
const MOST: usize = 100_000;

/// The processes that were there at the last look.
#[derive(Debug, Default)]
pub(super) struct Follower(BTreeMap<String, Followed>);

/// What one process had counted when it published, twice at most.
#[derive(Debug)]
struct Followed(VecDeque<(Instant, Arc<Tallies>)>);

impl Follower {
    /// What each of these counted of late, in their order: nothing of one that was not there before. Others are
    /// forgotten.
    pub(super) fn take(&mut self, processes: &[ProcessStats], now: Instant) -> Vec<Lately> {
        let (mut room, mut kept) = (MOST, BTreeMap::new());
        let of = |process: &ProcessStats| {
            let counted = Arc::new(tallies(&process.stats));
            room = room.checked_sub(counted.len())?;
            let at = now.checked_sub(process.age).unwrap_or(now);
            let known = self.0.remove(&process.id);
            let mut known = known.unwrap_or_else(|| Followed([(at, Arc::clone(&counted))].into()));
            let lately = known.take(at, &counted);
            kept.insert(process.id.clone(), known);
            Some(lately)
        };
        let lately = processes.iter().map(of);
        let lately = lately.map(Option::unwrap_or_default).collect();
        self.0 = kept;
        lately
    }
}

impl Followed {
    fn take(&mut self, at: Instant, counted: &Arc<Tallies>) -> Lately {
        let lately = self.0.front().map(|(since, before)| {
            let over = at.saturating_duration_since(*since);
            Lately::between(before, counted, over)
        });
        let is_old = |(last, _): &(Instant, _)| at.saturating_duration_since(*last) >= HALF;
        if self.0.back().is_none_or(is_old) {
            self.0.push_back((at, Arc::clone(counted)));
            while self.0.len() > 2 {
                self.0.pop_front();
            }
        }
        let lately = lately.filter(|lately| lately.over.0 >= SHORTEST);
        lately.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use cache_runtime::{Cache, FleetStats, Policy};

    use super::*;

    /// What a process publishes that has loaded once, and then hit.
    async fn process(id: &str, calls: u64) -> ProcessStats {
        let (cache, policy) = (Cache::memory(), Policy::new(Duration::from_secs(60)));
        for _ in 0..calls {
            let load = async { Ok::<_, String>(1_u8) };
            let _ = cache.get_or_load("ns", &1, &policy, load).await;
        }
        let FleetStats { mut processes, .. } = cache.fleet_stats().await.unwrap();
        let mut process = processes.pop().unwrap();
        process.id = id.to_owned();
        process
    }

    #[tokio::test]
    async fn a_process_that_ends_or_begins_anew_makes_no_rate_fall_or_leap() {
        let (mut follower, start) = (Follower::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let all = [process("a", 100).await, process("b", 1_000).await];
        let first = Lately::sum(&follower.take(&all, at(0)));
        assert_eq!(first.rates(first.total()).calls.0, None);
        // One goes on, the other is replaced by one that has counted as much already.
        let all = [process("a", 150).await, process("c", 5_000).await];
        let second = Lately::sum(&follower.take(&all, at(10)));
        assert_eq!(second.rates(second.total()).calls.0, Some(5.0));
        assert_eq!(second.rates(second.total()).hit_rate.0, Some(1.0));
        // And it begins again, under the id that it had.
        let all = [process("a", 10).await, process("c", 5_020).await];
        let third = Lately::sum(&follower.take(&all, at(20)));
        assert_eq!(third.rates(third.total()).calls.0, Some(2.0));
        assert_eq!(follower.0.len(), 2, "what is gone is forgotten");
    }

    #[tokio::test]
    async fn rates_are_of_when_a_process_published_and_not_of_when_it_was_looked_at() {
        let (mut follower, start) = (Follower::default(), Instant::now());
        let start = start + Duration::from_secs(60);
        let mut published = process("a", 100).await;
        published.age = Duration::from_secs(4);
        follower.take(&[published.clone()], start);
        published = process("a", 110).await;
        let lately = follower.take(&[published.clone()], start + Duration::from_secs(1));
        assert_eq!(lately[0].rates(lately[0].total()).calls.0, Some(2.0));
        // Read again, it is what it was.
        published.age = Duration::from_secs(3);
        let lately = follower.take(&[published], start + Duration::from_secs(4));
        assert_eq!(lately[0].rates(lately[0].total()).calls.0, Some(2.0));
    }

    #[tokio::test]
    async fn looks_are_two_of_each_process_and_reach_back_a_minute_at_most() {
        let (mut follower, start) = (Follower::default(), Instant::now());
        let published = process("a", 100).await;
        for second in 0..200 {
            let at = start + Duration::from_secs(second);
            let lately = follower.take(std::slice::from_ref(&published), at);
            assert!(lately[0].over.0 <= 2 * HALF, "{:?}", lately[0].over);
            assert!(follower.0["a"].0.len() <= 2);
        }
    }
}
