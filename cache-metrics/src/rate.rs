//! How often reads were hits of late: a ratio of all that was ever counted says nothing of now.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use cache_runtime::Counts;

/// How far back a rate looks.
pub const WINDOW: Duration = Duration::from_secs(300);

/// Looks that follow each other more closely than this are one.
pub(crate) const APART: Duration = Duration::from_secs(5);

/// How many reads were hits and misses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    hits: u64,
    misses: u64,
}

impl Rate {
    pub(crate) fn reads(self) -> u64 {
        self.hits.saturating_add(self.misses)
    }

    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn hits(self) -> f64 {
        self.hits as f64 / self.reads().max(1) as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn misses(self) -> f64 {
        self.misses as f64 / self.reads().max(1) as f64
    }

    /// Calls that ended otherwise were no reads: they ran without the cache, or were dropped.
    pub(crate) fn of(counts: &Counts) -> Self {
        let calls = &counts.calls;
        let sum = |some: [u64; 3]| some.into_iter().fold(0, u64::saturating_add);
        Self {
            hits: sum([calls.memory, calls.redis, calls.stale]),
            misses: sum([calls.shared, calls.loaded, calls.failed]),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            hits: self.hits.saturating_add(other.hits),
            misses: self.misses.saturating_add(other.misses),
        }
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            hits: self.hits.saturating_sub(before.hits),
            misses: self.misses.saturating_sub(before.misses),
        }
    }
}

/// By namespace, and of all under an empty name.
type Rates = BTreeMap<String, Rate>;

/// What was counted at each look of late.
#[derive(Debug, Default)]
pub(crate) struct Window(VecDeque<(Instant, Rates)>);

impl Window {
    /// The rates of the window, or, while nobody looked that long ago, since the cache was built.
    pub(crate) fn look(&mut self, namespaces: &BTreeMap<String, Counts>, now: Instant) -> Rates {
        let counted = namespaces.iter().map(|(namespace, counts)| {
            let rate = Rate::of(counts);
            (namespace.clone(), rate)
        });
        let mut counted: Rates = counted.collect();
        let all = counted
            .values()
            .fold(Rate::default(), |all, one| all.and(*one));
        counted.insert(String::new(), all);
        // One that is just out of the window is where it begins.
        while self
            .0
            .get(1)
            .is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW)
        {
            self.0.pop_front();
        }
        let before = self.0.front();
        let before = before.filter(|(at, _)| now.duration_since(*at) >= WINDOW);
        let before = before.map(|(_, rates)| rates);
        let since = counted.iter().map(|(namespace, rate)| {
            let before = before.and_then(|rates| rates.get(namespace));
            (
                namespace.clone(),
                rate.since(before.copied().unwrap_or_default()),
            )
        });
        let since = since.collect();
        let last = self.0.back();
        if last.is_none_or(|(at, _)| now.duration_since(*at) >= APART) {
            self.0.push_back((now, counted));
        }
        since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(hits: u64, misses: u64) -> BTreeMap<String, Counts> {
        let mut counts = Counts::default();
        (counts.calls.memory, counts.calls.loaded) = (hits, misses);
        [("ns".to_owned(), counts)].into()
    }

    #[test]
    fn a_rate_is_of_the_window_and_not_of_all_time() {
        let (mut window, start) = (Window::default(), Instant::now());
        let mut at = |seconds, hits, misses| {
            let now = start + Duration::from_secs(seconds);
            window.look(&counted(hits, misses), now)["ns"].hits()
        };
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(near(at(0, 0, 100), 0.0), "at first of all that was counted");
        assert!(near(at(60, 300, 200), 0.6));
        assert!(near(at(61, 300, 200), 0.6), "a second look changes nothing");
        assert!(
            near(at(400, 300, 300), 0.0),
            "of what came after the look at 60"
        );
        assert_eq!(window.0.len(), 2);
    }

    #[test]
    fn all_namespaces_have_a_rate_of_their_own_and_one_together() {
        let mut namespaces = counted(3, 1);
        namespaces.insert(
            "other".to_owned(),
            counted(1, 3).remove("ns").unwrap_or_default(),
        );
        let rates = Window::default().look(&namespaces, Instant::now());
        assert_eq!(rates[""], Rate { hits: 4, misses: 4 });
        assert_eq!(rates["other"], Rate { hits: 1, misses: 3 });
    }
}
