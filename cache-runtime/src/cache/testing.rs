//! A cache for a test: its own, with a clock that the test moves, and counts by function.

use std::any::type_name;
use std::time::Duration;

use super::Cache;
use crate::clock::Clock;
use crate::site::written;

/// A cache in memory for one test, which shares nothing with others of its binary.
///
/// Entries end when the test moves the clock, without jitter, and whatever tokio's own clock does.
///
/// ```
/// use cache_runtime::{Cache, cached};
/// use std::time::Duration;
///
/// #[cached(ttl = "5m")]
/// async fn price(id: u64) -> u64 {
///     id * 100
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let test = Cache::testing();
/// test.run(async {
///     assert_eq!((price(7).await, price(7).await), (700, 700));
///     assert_eq!(test.loads(&price), 1);
///     test.advance(Duration::from_secs(300));
///     price(7).await;
///     assert_eq!(test.loads(&price), 2);
/// }).await;
/// # });
/// ```
#[derive(Debug)]
pub struct Testing {
    cache: Cache,
    clock: Clock,
}

impl Cache {
    /// A cache for one test.
    #[must_use]
    pub fn testing() -> Testing {
        let clock = Clock::manual();
        let builder = Self::builder().clock(clock.clone()).jitter(0.0);
        Testing {
            cache: builder.build_for_a_test(),
            clock,
        }
    }
}

impl Testing {
    /// Runs a future in which annotated functions use this cache. A task that is spawned inside needs
    /// [`inherit`](crate::inherit).
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        self.cache.scope(future).await
    }

    /// Moves the time of the cache on: what ends by then has ended.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// How often the body of a function ran for this cache, as `test.loads(&price)`; of a generic function at any of
    /// its types, as `test.loads(&find::<User>)`. Of a `batch`, for how many ids; with `batch_of` they are the other
    /// function's. Runs that fail or are dropped count as well; those without the cache do not.
    ///
    /// # Panics
    ///
    /// If it is given no function by its name: a closure, a reference to a function, a function pointer.
    pub fn loads<F>(&self, _function: &F) -> u64 {
        let name = type_name::<F>();
        let is_named =
            !name.starts_with('&') && !name.contains("fn(") && !name.ends_with("{{closure}}");
        assert!(
            is_named,
            "`{name}` is no annotated function: write `loads(&price)`"
        );
        let path = written(name, "");
        let runs = self.cache.tiers().runs.as_ref();
        runs.map_or(0, |runs| runs.of(path.trim_end_matches("::")))
    }

    /// The cache, to invalidate in it or to ask it for figures.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }
}
