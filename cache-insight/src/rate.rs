//! Counts as rates of the time that they were counted in.

use cache_runtime::Stats;

/// How long each process has counted, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    seconds: f64,
    processes: f64,
}

impl Counted {
    pub(crate) fn of(stats: &Stats) -> Self {
        let processes = stats.processes.max(1) as f64;
        Self {
            seconds: stats.counted_ms as f64 / 1e3 / processes,
            processes,
        }
    }

    /// Without what all processes had counted until some moment, in milliseconds.
    pub(crate) fn after(self, counted_ms: u64) -> Self {
        let before = counted_ms as f64 / 1e3 / self.processes;
        Self {
            seconds: (self.seconds - before).max(0.0),
            ..self
        }
    }

    /// How long a process has counted on average, in seconds.
    pub(crate) fn seconds(self) -> f64 {
        self.seconds
    }

    /// So many a second, over all processes; none where no time has passed.
    pub(crate) fn per_second(self, count: f64) -> Option<f64> {
        (self.seconds > 0.0).then(|| count / self.seconds)
    }

    pub(crate) fn per_hour(self, count: f64) -> Option<f64> {
        self.per_second(count).map(|rate| rate * 3_600.0)
    }
}
