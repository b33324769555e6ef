//! What was counted of late: a ratio of all that was ever counted says nothing of now.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use cache_runtime::Stats;

use crate::shown::Over;
use crate::tally::{Rates, Tally};

/// How far back rates look, where somebody looked that long ago.
const WINDOW: Duration = Duration::from_secs(60);

/// Looks that follow each other more closely than this are one.
const APART: Duration = Duration::from_secs(5);

/// Shorter times say little of a rate.
pub(crate) const SHORTEST: Duration = Duration::from_millis(200);

/// By namespace and function; that of a whole namespace under no function.
pub(crate) type Tallies = BTreeMap<(String, String), Tally>;

/// What was counted at each look of late. Nobody looks while no page is open: the first look after that compares with
/// the last one before it, and says how long ago that was.
#[derive(Debug)]
pub(crate) struct Window(VecDeque<(Instant, Tallies)>);

/// What was counted between two looks.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    /// How long that was; zero where there was only one look.
    pub(crate) over: Over,
    tallies: Tallies,
}

impl Window {
    pub(crate) fn new(stats: &Stats, now: Instant) -> Self {
        Self([(now, tallies(stats))].into())
    }

    pub(crate) fn look(&mut self, stats: &Stats, now: Instant) -> Lately {
        let counted = tallies(stats);
        let is_out = |at: &Instant| now.duration_since(*at) >= WINDOW;
        // The last one that is out of the window is where it begins.
        while self.0.get(1).is_some_and(|(at, _)| is_out(at)) {
            self.0.pop_front();
        }
        let first = self.0.front();
        let lately =
            first.map(|(at, before)| Lately::between(before, &counted, now.duration_since(*at)));
        let last = self.0.back();
        if last.is_none_or(|(at, _)| now.duration_since(*at) >= APART) {
            self.0.push_back((now, counted));
        }
        lately
            .filter(|lately| lately.over.0 >= SHORTEST)
            .unwrap_or_default()
    }
}

impl Lately {
    /// What was counted in some time.
    pub(crate) fn between(before: &Tallies, after: &Tallies, over: Duration) -> Self {
        let since = |(name, tally): (&(String, String), &Tally)| {
            let before = before.get(name).copied().unwrap_or_default();
            (name.clone(), tally.since(before))
        };
        Self {
            over: Over(over),
            tallies: after.iter().map(since).collect(),
        }
    }

    /// What several counted, each in a time of its own, as if all had taken as long as the longest.
    pub(crate) fn sum(all: &[Self]) -> Self {
        let over = all.iter().map(|one| one.over.0).max().unwrap_or_default();
        let mut tallies = Tallies::new();
        for one in all.iter().filter(|one| !one.over.0.is_zero()) {
            let stretch = over.as_secs_f64() / one.over.0.as_secs_f64();
            for (name, tally) in &one.tallies {
                let sum = tallies.entry(name.clone()).or_default();
                *sum = *sum + tally.stretched(stretch);
            }
        }
        Self {
            over: Over(over),
            tallies,
        }
    }

    /// Of all namespaces together.
    pub(crate) fn total(&self) -> Tally {
        let of_namespaces = self.tallies.iter().filter(|((_, path), _)| path.is_empty());
        of_namespaces.fold(Tally::default(), |sum, (_, tally)| sum + *tally)
    }

    /// Of a function, or of a namespace where the path is empty.
    pub(crate) fn of(&self, namespace: &str, path: &str) -> Tally {
        let name = (namespace.to_owned(), path.to_owned());
        self.tallies.get(&name).copied().unwrap_or_default()
    }

    pub(crate) fn rates(&self, tally: Tally) -> Rates {
        tally.rates(self.over.0)
    }
}

pub(crate) fn tallies(stats: &Stats) -> Tallies {
    let namespaces = stats.namespaces.iter();
    let namespaces = namespaces.map(|row| ((&row.namespace, ""), &row.counts));
    let functions = stats.functions.iter();
    let functions = functions.map(|row| ((&row.namespace, row.function.as_str()), &row.counts));
    let all = namespaces.chain(functions);
    all.map(|((namespace, path), counts)| {
        let name = (namespace.clone(), path.to_owned());
        (name, Tally::of(counts))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use cache_runtime::{Cache, Policy};

    use super::*;

    /// The figures of a cache after a load and so many hits.
    async fn stats(cache: &Cache, calls: u64) -> Stats {
        let policy = Policy::new(Duration::from_secs(60));
        for _ in 0..calls {
            let load = async { Ok::<_, String>(1_u8) };
            let _ = cache.get_or_load("ns", &1, &policy, load).await;
        }
        cache.stats()
    }

    #[tokio::test]
    async fn rates_are_of_the_window_and_not_of_all_time() {
        let (cache, start) = (Cache::memory(), Instant::now());
        let mut window = Window::new(&stats(&cache, 0).await, start);
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = window.look(&stats(&cache, 11).await, at(10));
        assert_eq!((first.total().hits, first.total().loads), (10, 1));
        assert_eq!(first.rates(first.total()).hits.0, Some(1.0));
        assert_eq!(first.of("ns", ""), first.total());
        let again = window.look(&stats(&cache, 0).await, at(11));
        assert_eq!(again.total().hits, 10, "a second look changes nothing");
        let later = window.look(&stats(&cache, 6).await, at(72));
        assert_eq!((later.total().hits, later.over.0.as_secs()), (6, 62));
        assert_eq!(window.0.len(), 2, "what is out of the window is forgotten");
    }

    #[tokio::test]
    async fn one_look_tells_of_no_rate() {
        let (cache, start) = (Cache::memory(), Instant::now());
        let mut window = Window::new(&stats(&cache, 0).await, start);
        let lately = window.look(&stats(&cache, 5).await, start);
        assert_eq!(lately.rates(lately.total()), Rates::default());
    }
}
