//! The statistics of all processes that share a Redis: each publishes its own now and then, and whoever asks adds
//! them up.

mod process;
mod publishing;
mod reading;
mod snapshot;

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

pub(super) use publishing::{Publishing, take_back};
pub(super) use reading::fleet_stats;
#[cfg(feature = "redis")]
pub(super) use reading::process;

use crate::events::{Stats, plain};

/// How many processes are told of at most, those of which others read no more than that.
const MOST: usize = 1_024;

/// The statistics of a fleet: of each process that shares the Redis and the prefix, and their sum.
///
/// `Display` prints a line for each process, and the sum as [`Stats`] does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FleetStats {
    /// Those of all processes added up, as [`Stats`] says.
    pub total: Stats,
    /// Each process, by host, process id and id; this one with what it counts at this moment.
    pub processes: Vec<ProcessStats>,
    /// Whether others were asked for. `false` for a cache without Redis, or that is off: it tells of this process alone.
    pub has_others: bool,
    /// Processes whose snapshot could not be read: it is damaged, larger than any should be, or of a version or with a
    /// compression that this build does not know.
    pub skipped: u64,
}

/// The statistics of one process, or of one of several caches in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessStats {
    /// What tells it from every other: 32 random hexadecimal digits.
    pub id: String,
    /// The name of its host.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// When its cache was built, by its host's clock.
    pub started: SystemTime,
    /// Which executable it runs: 16 hexadecimal digits, equal where the files are. Empty if the file can't be read.
    pub build: String,
    /// How long ago it published this; zero for the process that asks.
    pub age: Duration,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// What it counted.
    pub stats: Stats,
}

impl FleetStats {
    /// The sum of these processes.
    fn of(mut processes: Vec<ProcessStats>, has_others: bool, skipped: u64) -> Self {
        processes.sort_by(|one, other| one.place().cmp(&other.place()));
        let mut total = Stats::default();
        processes.iter().for_each(|one| total += &one.stats);
        Self {
            total,
            processes,
            has_others,
            skipped,
        }
    }
}

impl ProcessStats {
    fn place(&self) -> (&str, u32, &str) {
        (&self.host, self.pid, &self.id)
    }
}

impl fmt::Display for FleetStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for process in &self.processes {
            let (host, pid, build) = (plain(&process.host), process.pid, plain(&process.build));
            let (age, calls) = (process.age.as_secs_f64(), process.calls());
            let this = if process.is_this { " (this one)" } else { "" };
            writeln!(
                f,
                "{host} {pid} {build}{this}: {calls} calls, {age:.1} s ago"
            )?;
        }
        if !self.has_others {
            writeln!(
                f,
                "of this process alone: others are known where there is Redis"
            )?;
        }
        if self.skipped > 0 {
            writeln!(f, "{} could not be read", self.skipped)?;
        }
        write!(f, "{}", self.total)
    }
}

impl ProcessStats {
    fn calls(&self) -> u64 {
        let rows = self.stats.namespaces.iter();
        rows.fold(0, |sum, row| sum.saturating_add(row.calls.total()))
    }
}
