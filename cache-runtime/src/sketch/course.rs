//! How reads follow each other: whether their ids do, and how unevenly they come.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How many of the last ids are looked back at: callers at the same time go through each other.
const BACK: usize = 8;

/// Whether the ids of reads that memory did not serve follow one another. Two add up.
///
/// Known of functions whose key is one integer, or whose readable key ends in one. In an order by chance an id is one above
/// a recent one as often as one below, however few ids there are; so it is the difference of the two that tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Sequence {
    /// Reads past memory whose key has such an id.
    pub ids: u64,
    /// Those whose id was one above one of the eight before.
    pub ups: u64,
    /// Those whose id was one below.
    pub downs: u64,
}

impl AddAssign<&Self> for Sequence {
    fn add_assign(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.ids, other.ids),
            (&mut self.ups, other.ups),
            (&mut self.downs, other.downs),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// The ids of one function, as they come.
#[derive(Debug, Default)]
pub(super) struct Ids {
    last: [Option<i64>; BACK],
    next: usize,
    pub(super) counted: Sequence,
}

impl Ids {
    pub(super) fn note(&mut self, id: i64) {
        let has = |sought: Option<i64>| sought.is_some() && self.last.contains(&sought);
        let (is_up, is_down) = (has(id.checked_sub(1)), has(id.checked_add(1)));
        self.counted += &Sequence {
            ids: 1,
            ups: u64::from(is_up),
            downs: u64::from(is_down),
        };
        self.last[self.next % BACK] = Some(id);
        self.next = self.next.wrapping_add(1);
    }
}

/// How unevenly reads that memory did not serve come, second by second. Two add up.
///
/// Half the mean square of the difference between seconds next to each other, over the mean of a second, is 1 where
/// reads come by chance at a rate, whatever it is, and as many times that as come together. (It is the Allan factor of the
/// counts, Lowen and Teich 1996: Fano's index of dispersion, without what a rate adds that rises and falls over hours.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Burst {
    /// Seconds that were looked at, each with the one before it.
    pub seconds: u64,
    /// Reads within these.
    pub reads: u64,
    /// The sum of the squares of the differences.
    pub squares: u64,
    /// The most reads in one second.
    pub peak: u64,
}

impl Burst {
    /// How unevenly they come: 1 by chance; `None` while there was nothing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
    pub fn dispersion(&self) -> Option<f64> {
        (self.reads > 0).then(|| self.squares as f64 / (2.0 * self.reads as f64))
    }
}

impl AddAssign<&Self> for Burst {
    fn add_assign(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.seconds, other.seconds),
            (&mut self.reads, other.reads),
            (&mut self.squares, other.squares),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.peak = self.peak.max(other.peak);
    }
}

/// The seconds of one function.
#[derive(Debug, Default)]
pub(super) struct Seconds {
    /// The second under way, what came in it, and what came in the one before.
    now: u64,
    count: u64,
    before: Option<u64>,
    counted: Burst,
}

impl Seconds {
    /// A read comes in this second.
    pub(super) fn note(&mut self, second: u64) {
        self.pass(second);
        self.count += 1;
    }

    /// It is this second. Those without a read are counted as well.
    fn pass(&mut self, second: u64) {
        if self.now == 0 {
            self.now = second;
        }
        if second <= self.now {
            return;
        }
        self.end();
        let empty = second - self.now - 1;
        if empty > 0 {
            (self.count, self.now) = (0, second - empty);
            self.end();
            self.counted.seconds = self.counted.seconds.saturating_add(empty - 1);
        }
        (self.count, self.now) = (0, second);
    }

    /// The second under way is over.
    fn end(&mut self) {
        if let Some(before) = self.before {
            let apart = self.count.abs_diff(before);
            self.counted += &Burst {
                seconds: 1,
                reads: self.count,
                squares: apart.saturating_mul(apart),
                peak: self.count,
            };
        }
        self.before = Some(self.count);
    }

    /// What was counted until this second.
    pub(super) fn snapshot(&mut self, second: u64) -> Burst {
        if self.now > 0 {
            self.pass(second);
        }
        self.counted.clone()
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    fn sequence(ids: impl IntoIterator<Item = i64>) -> Sequence {
        let mut seen = Ids::default();
        ids.into_iter().for_each(|id| seen.note(id));
        seen.counted
    }

    #[test]
    fn ids_that_follow_one_another_are_told_from_such_as_come_by_chance() {
        let walk = sequence(0..1_000);
        assert_eq!((walk.ids, walk.ups, walk.downs), (1_000, 999, 0));
        let two_walks = sequence((0..500).flat_map(|id| [id, 10_000 + id]));
        assert_eq!((two_walks.ups, two_walks.downs), (998, 0));
        let mut random = SmallRng::seed_from_u64(7);
        // Of ten ids most have a neighbour among the last: as often above as below.
        let chance = sequence((0..10_000).map(|_| random.random_range(0..10)));
        assert!(chance.ups > 4_000);
        assert!(chance.ups.abs_diff(chance.downs) < 300, "{chance:?}");
        sequence([i64::MAX, i64::MIN, i64::MAX - 1]);
    }

    #[test]
    fn what_comes_by_chance_is_one_and_what_comes_together_is_more() {
        let mut random = SmallRng::seed_from_u64(7);
        let (mut steady, mut drifting, mut bursts) =
            (Seconds::default(), Seconds::default(), Seconds::default());
        for second in 1..4_000_u64 {
            for _ in 0..1_000 {
                if random.random_bool(0.02) {
                    steady.note(second);
                }
                if random.random_bool(0.04 * second as f64 / 4_000.0) {
                    drifting.note(second);
                }
            }
            if second.is_multiple_of(50) {
                (0..1_000).for_each(|_| bursts.note(second));
            }
        }
        let told = |seconds: &mut Seconds| seconds.snapshot(4_000).dispersion().unwrap();
        assert!((0.8..1.2).contains(&told(&mut steady)));
        assert!((0.8..1.2).contains(&told(&mut drifting)));
        assert!(told(&mut bursts) > 500.0);
        assert_eq!(bursts.snapshot(4_000).peak, 1_000);
    }

    #[test]
    fn seconds_without_a_read_are_seconds_too() {
        let mut seconds = Seconds::default();
        (0..10).for_each(|_| seconds.note(100));
        (0..10).for_each(|_| seconds.note(110));
        let told = seconds.snapshot(113);
        assert_eq!((told.seconds, told.reads, told.squares), (12, 10, 300));
        assert_eq!(seconds.snapshot(50), told, "a clock that was set back");
    }
}
