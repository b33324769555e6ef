//! What a row must keep to.

use std::time::Duration;

use super::row::{Row, Topology};
use super::tally::{Slow, Tally};

/// How long a command to Redis may take, in all rows.
pub(super) const OP_TIMEOUT: Duration = Duration::from_millis(100);

/// Beside the timeouts, for what a busy machine takes.
const ROOM: Duration = Duration::from_millis(50);

/// What the cache itself may take of a call while it has given Redis up.
const OPEN: Duration = Duration::from_millis(1);

/// What came of a row.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tally: Tally,
    /// Made for calls through the cache.
    pub(super) loads: u64,
    /// From the strike until the servers could serve again.
    pub(super) away: Duration,
    /// From then until a hit came from Redis.
    pub(super) recovered: Option<Duration>,
    pub(super) troubles: String,
}

impl Outcome {
    /// What is wrong with it, of nothing if it kept its bounds.
    pub(super) fn broken(&self, row: Row) -> Vec<String> {
        let mut broken = Vec::new();
        if self.tally.failed > 0 {
            broken.push(format!("{} calls failed", self.tally.failed));
        }
        if self.tally.wrong > 0 {
            broken.push(format!("{} values were wrong", self.tally.wrong));
        }
        let bare = self.tally.bare.took().unwrap_or_default();
        let limits = [
            (self.tally.cached, OP_TIMEOUT * 2 + ROOM, "a call"),
            (self.tally.elsewhere, ROOM, "another shard's call"),
        ];
        for (slowest, more, what) in limits {
            if let Some(slow) = slowest.get()
                && slow.took > bare + more
            {
                let Slow { took, site, began } = slow;
                broken.push(format!(
                    "{what} ({site:?}, {began:.0?} after the strike) took {took:.0?}"
                ));
            }
        }
        if let Some((cached, bare)) = self.open(50)
            && cached > bare + OPEN
        {
            broken.push(format!(
                "half of the calls took {cached:.1?} with the breaker open, and {bare:.1?} bare"
            ));
        }
        let limit = recovers_within(row);
        if self.recovered.is_none_or(|took| took > limit) {
            broken.push(format!("no hit from Redis within {limit:?}"));
        }
        if self.tally.calls == 0 {
            broken.push("nothing was called".to_owned());
        }
        broken
    }

    /// What so many of a hundred calls took at most with the breaker open, and bare calls meanwhile.
    pub(super) fn open(&self, percent: usize) -> Option<(Duration, Duration)> {
        let (cached, bare) = (&self.tally.open, &self.tally.open_bare);
        Some((cached.percentile(percent)?, bare.percentile(percent)?))
    }

    /// How much slower the slowest call through the cache was than the slowest without.
    pub(super) fn difference(&self) -> Option<Duration> {
        let bare = self.tally.bare.took().unwrap_or_default();
        Some(self.tally.cached.took()?.saturating_sub(bare))
    }
}

fn recovers_within(row: Row) -> Duration {
    Duration::from_secs(match row.topology {
        Topology::Single => 2,
        Topology::Sentinel | Topology::Cluster => 5,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::sites::Site;
    use crate::faults::tally::{Call, End, Way};

    fn outcome(calls: &[(Way, u64, End)], recovered: Option<u64>) -> Outcome {
        let mut tally = Tally::default();
        for (way, ms, end) in calls {
            tally.add(call(*way, Duration::from_millis(*ms), *end, false));
        }
        of(tally, recovered)
    }

    fn call(way: Way, took: Duration, end: End, was_away: bool) -> Call {
        Call {
            site: Site::Cold,
            way,
            ended: Some(Duration::from_secs(1)),
            took,
            end,
            was_away,
        }
    }

    fn of(tally: Tally, recovered: Option<u64>) -> Outcome {
        Outcome {
            tally,
            loads: 0,
            away: Duration::ZERO,
            recovered: recovered.map(Duration::from_millis),
            troubles: String::new(),
        }
    }

    #[test]
    fn an_open_breaker_costs_half_of_the_calls_a_millisecond_at_most() {
        for (cached_us, is_broken) in [(5_900, false), (6_100, true)] {
            let mut tally = Tally::default();
            for n in 0..100 {
                // The slowest are no measure of it.
                let noise = Duration::from_millis(if n % 10 == 0 { 30 } else { 0 });
                let cached = Duration::from_micros(cached_us) + noise;
                tally.add(call(Way::Cached, cached, End::Right, true));
                let bare = Duration::from_millis(5);
                tally.add(call(Way::Bare, bare, End::Right, true));
            }
            let broken = of(tally, Some(1)).broken(Row::ALL[0]);
            assert_eq!(broken.len(), usize::from(is_broken), "{broken:?}");
        }
    }

    #[test]
    fn each_bound_is_held_to() {
        use {End::*, Way::*};
        let row = Row::ALL[0];
        let bare = (Bare, 10, Right);
        for (calls, recovered, said) in [
            (&[bare, (Cached, 260, Right)][..], Some(2_000), None),
            (&[bare, (Cached, 261, Right)], Some(1), Some("took")),
            (&[bare, (Cached, 1, Failed)], Some(1), Some("failed")),
            (&[bare, (Cached, 1, Wrong)], Some(1), Some("wrong")),
            (&[bare, (Cached, 1, Right)], Some(2_001), Some("no hit")),
            (&[bare, (Cached, 1, Right)], None, Some("no hit")),
            (&[bare], Some(1), Some("nothing was called")),
        ] {
            let broken = outcome(calls, recovered).broken(row);
            assert_eq!(broken.len(), usize::from(said.is_some()), "{broken:?}");
            assert!(broken.iter().all(|line| line.contains(said.unwrap_or(""))));
        }
    }
}
