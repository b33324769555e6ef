//! What the processes of a fleet have published of themselves.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cache_runtime::admin::Admin;
use cache_runtime::{Counts, ProcessStats, Stats};
use serde::Serialize;

use crate::exit::Failure;

/// The processes that cache, and their sum. This program is none of them.
#[derive(Debug, Serialize)]
pub(crate) struct Fleet {
    pub(crate) total: Stats,
    pub(crate) processes: Vec<ProcessStats>,
    /// Those whose figures could not be read.
    pub(crate) skipped: u64,
}

impl Fleet {
    pub(crate) async fn of(admin: &Admin) -> Result<Self, Failure> {
        let fleet = admin.cache().fleet_stats().await?;
        let processes: Vec<_> = fleet
            .processes
            .into_iter()
            .filter(|one| !one.is_this)
            .collect();
        let mut total = Stats::default();
        processes.iter().for_each(|one| total += &one.stats);
        Ok(Self {
            total,
            processes,
            skipped: fleet.skipped,
        })
    }
}

/// What to say where no process has published anything.
pub(crate) const NOBODY: &str = "no process has published its figures in the last seconds: each does so every 5 s once it is \
                                 connected, unless `CACHE_FLEET` is off; `--prefix` and the database must be the program's";

/// The share of calls that a tier served, of those that read.
pub(crate) fn hit_rate(counts: &Counts) -> Option<f64> {
    let calls = &counts.calls;
    let sum = |some: [u64; 3]| some.into_iter().fold(0, u64::saturating_add);
    let hits = sum([calls.memory, calls.redis, calls.stale]);
    let reads = hits.saturating_add(sum([calls.shared, calls.loaded, calls.failed]));
    (reads > 0).then(|| hits as f64 / reads as f64)
}

pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// What happens in a second, by function, between what processes published one time and the next.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// By process: when it published what is known of it.
    last: BTreeMap<String, Published>,
}

#[derive(Debug)]
struct Published {
    at: Instant,
    stats: Stats,
    /// By namespace and function, of its last two publications.
    rates: BTreeMap<(String, String), Rate>,
}

/// What happens in a second.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Rate {
    pub(crate) calls: f64,
    pub(crate) hits: f64,
    pub(crate) loads: f64,
    pub(crate) errors: f64,
}

/// Publications closer to each other are one, read twice.
const APART: Duration = Duration::from_millis(500);

impl Rates {
    /// Whether any process was seen.
    pub(crate) fn has_begun(&self) -> bool {
        !self.last.is_empty()
    }

    /// Takes in what was just read, and gives the rates over all processes.
    pub(crate) fn take(&mut self, fleet: &Fleet) -> BTreeMap<(String, String), Rate> {
        let now = Instant::now();
        self.last
            .retain(|id, _| fleet.processes.iter().any(|one| one.id == *id));
        for process in &fleet.processes {
            let at = now.checked_sub(process.age).unwrap_or(now);
            match self.last.get_mut(&process.id) {
                Some(known) => known.take(at, &process.stats),
                None => {
                    let published = Published {
                        at,
                        stats: process.stats.clone(),
                        rates: BTreeMap::new(),
                    };
                    self.last.insert(process.id.clone(), published);
                }
            }
        }
        let mut sum = BTreeMap::<_, Rate>::new();
        for (of, rate) in self.last.values().flat_map(|known| &known.rates) {
            sum.entry(of.clone()).or_default().add(rate);
        }
        sum
    }
}

impl Published {
    fn take(&mut self, at: Instant, stats: &Stats) {
        let passed = at.saturating_duration_since(self.at);
        if passed < APART {
            return;
        }
        let before = |namespace: &str, function: &str| {
            let mut rows = self.stats.functions.iter();
            rows.find(|row| row.namespace == namespace && row.function == function)
        };
        let rates = stats.functions.iter().map(|row| {
            let before = before(&row.namespace, &row.function);
            let rate = Rate::between(before.map(|row| &row.counts), &row.counts, passed);
            ((row.namespace.clone(), row.function.clone()), rate)
        });
        self.rates = rates.collect();
        (self.at, self.stats) = (at, stats.clone());
    }
}

impl Rate {
    fn between(before: Option<&Counts>, now: &Counts, passed: Duration) -> Self {
        let a_second = |of: fn(&Counts) -> u64| {
            let before = before.map_or(0, of);
            of(now).saturating_sub(before) as f64 / passed.as_secs_f64()
        };
        Self {
            calls: a_second(|counts| counts.calls.total()),
            hits: a_second(|counts| {
                let calls = &counts.calls;
                calls
                    .memory
                    .saturating_add(calls.redis)
                    .saturating_add(calls.stale)
            }),
            loads: a_second(|counts| counts.loads.saturating_add(counts.failed_loads)),
            errors: a_second(|counts| {
                counts
                    .troubles
                    .values()
                    .copied()
                    .fold(0, u64::saturating_add)
            }),
        }
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.hits += other.hits;
        self.loads += other.loads;
        self.errors += other.errors;
    }
}
