//! The operations by `cache-toolkit`.

use std::hint::black_box;
use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{Limiter, Point, Toolkit as _, ToolkitError};

use super::{NAMES, Work};
use crate::tasks::{Calls, boxed};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// One that repeats an operation with the next name.
fn work<F>(one: impl Fn(u64) -> F + Clone + Send + 'static) -> Work
where
    F: Future<Output = ()> + Send,
{
    Box::new(move |calls: Calls| {
        let one = one.clone();
        boxed(async move {
            for id in calls.ids(NAMES) {
                one(id).await;
            }
        })
    })
}

fn limit(limiter: Result<Limiter, ToolkitError>) -> Work {
    let limiter = limiter.expect("a limiter");
    work(move |id| {
        let limiter = limiter.clone();
        async move {
            let decision = limiter.check(&id.to_string()).await.expect("a decision");
            assert!(decision.is_allowed && decision.is_limited);
        }
    })
}

/// Each with its name.
pub(super) async fn all(cache: &Cache) -> Vec<(&'static str, Work)> {
    let second = Duration::from_secs(1);
    let mut all = vec![
        (
            "fixed_window",
            limit(Limiter::fixed_window(cache, "w", 1_000_000, DAY)),
        ),
        (
            "sliding_log",
            limit(Limiter::sliding_log(cache, "l", 10_000, second)),
        ),
        (
            "sliding_counter",
            limit(Limiter::sliding_counter(cache, "c", 1_000_000, DAY)),
        ),
        ("gcra", limit(Limiter::gcra(cache, "g", 1_000_000, DAY))),
        ("lock", lock(cache)),
    ];
    all.extend(counters_and_sets(cache));
    all.extend(boards_and_places(cache).await);
    all
}

/// Taken and given back: no two tasks want one at once, as each has names of its own.
fn lock(cache: &Cache) -> Work {
    let cache = cache.clone();
    Box::new(move |calls| {
        let cache = cache.clone();
        let own = calls.task();
        boxed(async move {
            for id in calls.ids(NAMES) {
                let lock = cache.lock(format!("{own}:{id}"));
                let guard = lock.try_take().await.expect("an answer").expect("a lock");
                guard.release().await.expect("a release");
            }
        })
    })
}

fn counters_and_sets(cache: &Cache) -> [(&'static str, Work); 4] {
    let counter = |ttl: Option<Duration>| {
        let cache = cache.clone();
        work(move |id| {
            let counter = cache.counter(id.to_string());
            let counter = ttl.map_or(counter.clone(), |ttl| counter.ttl(ttl));
            async move {
                black_box(counter.add(1).await.expect("a count"));
            }
        })
    };
    let set = cache.set::<u64>("set");
    let (adds, looks) = (set.clone(), set);
    let add = move |id| {
        let set = adds.clone();
        async move {
            black_box(set.add(&id).await.expect("an answer"));
        }
    };
    let contains = move |id| {
        let set = looks.clone();
        async move {
            assert!(set.contains(&id).await.expect("an answer"));
        }
    };
    [
        ("counter", counter(None)),
        ("counter_with_ttl", counter(Some(DAY))),
        ("set_add", work(add)),
        ("set_contains", work(contains)),
    ]
}

async fn boards_and_places(cache: &Cache) -> [(&'static str, Work); 4] {
    let board = cache.leaderboard::<u64>("board");
    let places = cache.places::<u64>("places");
    for id in 0..NAMES {
        let (score, degrees) = ((id * 37 % 1_000) as f64, id as f64 / NAMES as f64);
        board.set(&id, score).await.expect("an answer");
        let point = Point::new(degrees, degrees);
        places.put(&id, point).await.expect("an answer");
    }
    let (adds, tops, arounds) = (board.clone(), board.clone(), board);
    let add = move |id| {
        let board = adds.clone();
        async move {
            black_box(board.add(&id, 1.0).await.expect("a score"));
        }
    };
    let top = move |_| {
        let board = tops.clone();
        async move {
            assert_eq!(board.top(10).await.expect("rows").len(), 10);
        }
    };
    let around = move |id| {
        let board = arounds.clone();
        async move {
            assert!(!board.around(&id, 2).await.expect("rows").is_empty());
        }
    };
    let near = move |_| {
        let places = places.clone();
        async move {
            let here = Point::new(0.5, 0.5);
            let found = places.near(here, 5_000.0, 10).await.expect("places");
            assert_eq!(found.len(), 10);
        }
    };
    [
        ("board_add", work(add)),
        ("board_top_10", work(top)),
        ("board_around", work(around)),
        ("places_near", work(near)),
    ]
}
