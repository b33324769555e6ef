//! What the processes of a fleet have published, as much of it as pages show. What was read is not kept: of many
//! processes with many functions it is large.

mod follow;
mod outlying;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use cache_runtime::{CacheError, FleetStats, ProcessStats, Stats};
use parking_lot::Mutex;

use crate::console::Console;
use crate::tally::{Rates, Tally};
use crate::window::Lately;

use follow::Follower;
use outlying::outlying;

pub(crate) use outlying::Figure;

/// How long what the fleet has published is told of before it is read from Redis again.
const FOR: Duration = Duration::from_secs(1);

/// What came of asking for the figures of the fleet.
pub(crate) type Asked = Arc<Result<Fleet, CacheError>>;

/// The processes that share a Redis, and their sum.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) total: Arc<Stats>,
    pub(crate) lately: Arc<Lately>,
    pub(crate) processes: Vec<Process>,
    /// Those whose figures can't be read.
    pub(crate) skipped: u64,
    /// Whether others were asked for.
    pub(crate) has_others: bool,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) host: String,
    pub(crate) pid: u32,
    pub(crate) build: String,
    pub(crate) is_this: bool,
    /// None where another host's clock says that it is to begin yet.
    pub(crate) up_for: Option<Duration>,
    pub(crate) age: Duration,
    pub(crate) tally: Tally,
    pub(crate) lately: Tally,
    pub(crate) rates: Rates,
    /// How long a load took on average.
    pub(crate) load_time: Option<Duration>,
    pub(crate) memory_entries: u64,
    pub(crate) memory_bytes: u64,
    /// In what it differs from most others.
    pub(crate) outlying: Vec<Figure>,
}

/// What is known of the fleet between two looks.
#[derive(Default)]
pub(crate) struct Known {
    /// Held while Redis is asked, so that pages which are open at once ask once.
    last: tokio::sync::Mutex<Option<(Instant, Asked)>>,
    follower: Mutex<Follower>,
}

impl Console {
    /// The figures of the fleet, as they were at most a second ago.
    pub(crate) async fn fleet(&self) -> Asked {
        let known = self.known();
        let mut last = known.last.lock().await;
        if let Some((at, fleet)) = &*last
            && at.elapsed() < FOR
        {
            return Arc::clone(fleet);
        }
        let read = self.cache().fleet_stats().await;
        let (is_outside, of) = (self.is_outside(), Arc::clone(known));
        let fleet = match read {
            // Of many processes it takes a while.
            Ok(read) => tokio::task::spawn_blocking(move || of.digest(read, is_outside))
                .await
                .map_err(|_| CacheError::Unavailable {
                    doing: "add up the statistics of the fleet",
                    cause: "panicked".to_owned(),
                }),
            Err(error) => Err(error),
        };
        let fleet = Arc::new(fleet);
        let at = Instant::now();
        *last = Some((at, Arc::clone(&fleet)));
        tokio::spawn(forget(Arc::clone(known), at));
        fleet
    }
}

/// Forgets what was read when it is too old to be told of, unless there is something newer.
async fn forget(known: Arc<Known>, read: Instant) {
    tokio::time::sleep(FOR).await;
    let mut last = known.last.lock().await;
    if last.as_ref().is_some_and(|(at, _)| *at == read) {
        *last = None;
    }
}

impl Known {
    /// What is kept of what was read. Who looks from outside is none of the processes.
    fn digest(&self, mut read: FleetStats, is_outside: bool) -> Fleet {
        if is_outside {
            read.processes.retain(|process| !process.is_this);
            read.total = Stats::default();
            let processes = read.processes.iter();
            processes.for_each(|process| read.total += &process.stats);
        }
        let now = Instant::now();
        let lately = self.follower.lock().take(&read.processes, now);
        let processes = read.processes.iter().zip(&lately);
        let mut processes: Vec<_> = processes
            .map(|(one, lately)| process(one, lately))
            .collect();
        outlying(&mut processes);
        Fleet {
            total: Arc::new(read.total),
            lately: Arc::new(Lately::sum(&lately)),
            processes,
            skipped: read.skipped,
            has_others: read.has_others,
        }
    }
}

fn process(of: &ProcessStats, lately: &Lately) -> Process {
    let rows = of.stats.namespaces.iter();
    let tallies = rows.clone().map(|row| Tally::of(&row.counts));
    let loads = rows.fold((Duration::ZERO, 0_u64), |(time, loads), row| {
        let took = &row.load_time;
        (
            time.saturating_add(took.total()),
            loads.saturating_add(took.count()),
        )
    });
    let load_time = match loads {
        (_, 0) => None,
        (time, loads) => Some(Duration::from_secs_f64(time.as_secs_f64() / loads as f64)),
    };
    Process {
        host: of.host.clone(),
        pid: of.pid,
        build: of.build.clone(),
        is_this: of.is_this,
        up_for: SystemTime::now().duration_since(of.started).ok(),
        age: of.age,
        tally: tallies.fold(Tally::default(), |sum, one| sum + one),
        lately: lately.total(),
        rates: lately.rates(lately.total()),
        load_time,
        memory_entries: of.stats.memory.entries,
        memory_bytes: of.stats.memory.bytes,
        outlying: Vec::new(),
    }
}
