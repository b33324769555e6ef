//! Tasks that call the functions, one call at a time each.

use std::io::{self, ErrorKind};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, RedisHealth, bypass};
use futures_util::FutureExt as _;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::origin::{Loaded, Origin};
use super::sites::{self, Site};
use super::tally::{Call, End, Phase, Tally, Way};

const READERS: usize = 8;

/// One call in so many is made without the cache.
const BARE_ONE_IN: u32 = 4;

/// A reader pauses for up to so many milliseconds.
const PAUSE_MS: u64 = 3;

const WRITER_PAUSE: Duration = Duration::from_millis(100);

/// After this a call counts as one that never returns.
const PATIENCE: Duration = Duration::from_secs(20);

/// The calls of a row, under way until they are stopped.
#[derive(Debug)]
pub(super) struct Driver {
    load: Arc<Load>,
    tasks: JoinSet<Tally>,
}

#[derive(Debug)]
struct Load {
    cache: Cache,
    origin: Origin,
    /// Of [`Site::Strict`], whose entries are where the fault strikes.
    strict_ids: Vec<u64>,
    has_struck: AtomicBool,
    is_over: AtomicBool,
}

impl Driver {
    pub(super) fn start(cache: Cache, strict_ids: Vec<u64>) -> Self {
        let load = Arc::new(Load {
            cache,
            origin: Origin::new(),
            strict_ids,
            has_struck: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for number in 0..=READERS {
            let load = Arc::clone(&load);
            tasks.spawn(async move {
                let cache = load.cache.clone();
                match number < READERS {
                    true => cache.scope(load.read()).await,
                    false => cache.scope(load.write()).await,
                }
            });
        }
        Self { load, tasks }
    }

    /// Counts calls that end from now on as struck.
    pub(super) fn strike(&self) {
        self.load.has_struck.store(true, Ordering::SeqCst);
    }

    /// Hits that came from Redis, of the function that asks it each time.
    pub(super) fn redis_hits(&self) -> u64 {
        let stats = self.load.cache.stats();
        stats
            .namespace(sites::ASKING)
            .map_or(0, |row| row.redis_hits)
    }

    /// What the cache noted as wrong, for a row that breaks its bounds.
    pub(super) fn troubles(&self) -> String {
        let mut found: Vec<_> = self.load.cache.stats().namespaces;
        found.retain(|row| !row.troubles.is_empty());
        let told = found
            .iter()
            .map(|row| format!("{} {:?}", row.namespace, row.troubles));
        told.collect::<Vec<_>>().join("; ")
    }

    /// Ends the calls; what they saw, and how many loads were made for those through the cache.
    pub(super) async fn stop(mut self) -> io::Result<(Tally, u64)> {
        self.load.is_over.store(true, Ordering::SeqCst);
        let mut tally = Tally::default();
        while let Some(ended) = self.tasks.join_next().await {
            tally.merge(ended?);
        }
        // Whatever is owed to servers that are about to go stays so.
        let _ = self.load.cache.close_within(Duration::ZERO).await;
        let loads = self.load.origin.loads();
        Ok((tally, loads.saturating_sub(tally.bare_calls)))
    }
}

impl Load {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst)
    }

    fn phase(&self) -> Phase {
        match self.has_struck.load(Ordering::SeqCst) {
            true => Phase::During,
            false => Phase::Before,
        }
    }

    fn ids(&self, site: Site) -> Vec<u64> {
        match site {
            Site::Hot => (0..8).collect(),
            Site::Tagged => (8..24).collect(),
            Site::Strict => self.strict_ids.clone(),
            Site::Cold => vec![sites::unknown_id()],
        }
    }

    async fn read(&self) -> Tally {
        let mut random = SmallRng::from_rng(&mut rand::rng());
        let mut tally = Tally::default();
        while self.goes_on() {
            let site = Site::ALL[random.random_range(0..Site::ALL.len())];
            let ids = self.ids(site);
            let id = ids[random.random_range(0..ids.len())];
            let way = match random.random_ratio(1, BARE_ONE_IN) {
                true => Way::Bare,
                false => Way::Cached,
            };
            tally.add(self.call(site, id, way).await);
            sleep(Duration::from_millis(random.random_range(0..=PAUSE_MS))).await;
        }
        tally
    }

    async fn call(&self, site: Site, id: u64, way: Way) -> Call {
        let (oldest, was_away) = (self.origin.oldest(id), self.is_away());
        let start = Instant::now();
        let read = AssertUnwindSafe(site.read(&self.origin, id));
        let answer = match way {
            Way::Cached => timeout(PATIENCE, read.catch_unwind()).await,
            Way::Bare => timeout(PATIENCE, bypass(read.catch_unwind())).await,
        };
        Call {
            site,
            way,
            took: start.elapsed(),
            phase: self.phase(),
            end: match answer {
                Ok(Ok(value)) => self.judge(id, oldest, value),
                _ => End::Failed,
            },
            was_away: was_away && self.is_away(),
        }
    }

    fn judge(&self, id: u64, oldest: u64, value: Result<Loaded, ErrorKind>) -> End {
        let newest = self.origin.version(id);
        match value {
            Ok(loaded) if loaded.id == id && (oldest..=newest).contains(&loaded.version) => {
                End::Right
            }
            Ok(_) => End::Wrong,
            Err(_) => End::Failed,
        }
    }

    /// Whether the cache says that it has given Redis up for now.
    fn is_away(&self) -> bool {
        matches!(self.cache.health().redis, Some(RedisHealth::Down { .. }))
    }

    async fn write(&self) -> Tally {
        let mut random = SmallRng::from_rng(&mut rand::rng());
        let mut tally = Tally::default();
        while self.goes_on() {
            let site = Site::ALL[random.random_range(0..Site::ALL.len())];
            let ids = self.ids(site);
            let id = ids[random.random_range(0..ids.len())];
            let written = site.write(&self.cache, &self.origin, id, &ids).await;
            tally.owed += u64::from(written.is_err());
            sleep(WRITER_PAUSE).await;
        }
        tally
    }
}
