//! Tasks that call the functions, one call at a time each.

use std::io::{self, ErrorKind};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, RedisHealth, bypass};
use futures_util::FutureExt as _;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::origin::{Loaded, Origin};
use super::sites::{self, Site};
use super::tally::{Call, End, Tally, Way};

const READERS: usize = 8;

/// So many more call without the cache and without a pause: if the machine stops the program for a
/// while, it stops one of these calls too.
const BARE_READERS: usize = 4;

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

/// What is read of the functions whose entries must be at certain nodes.
#[derive(Debug)]
pub(super) struct Ids {
    /// Where the fault strikes.
    pub(super) strict: Vec<u64>,
    /// Where it does not; none where there is one node.
    pub(super) elsewhere: Vec<u64>,
}

#[derive(Debug)]
struct Load {
    cache: Cache,
    origin: Origin,
    ids: Ids,
    struck: OnceLock<Instant>,
    is_over: AtomicBool,
}

impl Driver {
    pub(super) fn start(cache: Cache, ids: Ids) -> Self {
        let load = Arc::new(Load {
            cache,
            origin: Origin::new(),
            ids,
            struck: OnceLock::new(),
            is_over: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for number in 0..=READERS + BARE_READERS {
            let load = Arc::clone(&load);
            tasks.spawn(async move {
                let cache = load.cache.clone();
                match number {
                    0 => cache.scope(load.write()).await,
                    1..=READERS => cache.scope(load.read()).await,
                    _ => cache.scope(load.read_bare()).await,
                }
            });
        }
        Self { load, tasks }
    }

    /// Counts calls that end from now on as struck.
    pub(super) fn strike(&self) {
        self.load.struck.get_or_init(Instant::now);
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
        let loads = loads.saturating_sub(tally.bare_calls);
        Ok((tally, loads))
    }
}

impl Load {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst)
    }

    /// One of those that are called, and what it is called with.
    fn pick(&self, random: &mut SmallRng) -> (Site, Vec<u64>, u64) {
        loop {
            let site = Site::ALL[random.random_range(0..Site::ALL.len())];
            let ids = match site {
                Site::Hot => (0..8).collect(),
                Site::Tagged => (8..24).collect(),
                Site::Strict => self.ids.strict.clone(),
                Site::Elsewhere => self.ids.elsewhere.clone(),
                Site::Cold => vec![sites::unknown_id()],
            };
            if !ids.is_empty() {
                let id = ids[random.random_range(0..ids.len())];
                return (site, ids, id);
            }
        }
    }

    async fn read(&self) -> Tally {
        let mut random = SmallRng::from_rng(&mut rand::rng());
        let mut tally = Tally::default();
        while self.goes_on() {
            let (site, _, id) = self.pick(&mut random);
            let way = match random.random_ratio(1, BARE_ONE_IN) {
                true => Way::Bare,
                false => Way::Cached,
            };
            tally.add(self.call(site, id, way).await);
            sleep(Duration::from_millis(random.random_range(0..=PAUSE_MS))).await;
        }
        tally
    }

    async fn read_bare(&self) -> Tally {
        let mut tally = Tally::default();
        while self.goes_on() {
            let id = sites::unknown_id();
            tally.add(self.call(Site::Cold, id, Way::Bare).await);
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
            ended: self.struck.get().map(Instant::elapsed),
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
            let (site, ids, id) = self.pick(&mut random);
            let written = site.write(&self.cache, &self.origin, id, &ids).await;
            tally.owed += u64::from(written.is_err());
            sleep(WRITER_PAUSE).await;
        }
        tally
    }
}
