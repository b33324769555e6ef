//! What callers saw.

use std::time::Duration;

use super::sites::Site;

/// How a function was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Cached,
    Bare,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Right,
    /// With a value that the origin no longer had when the call began, or never had.
    Wrong,
    /// With an error, a panic, or not at all.
    Failed,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) site: Site,
    pub(super) way: Way,
    /// How long after the strike it ended, of one that did.
    pub(super) ended: Option<Duration>,
    pub(super) took: Duration,
    pub(super) end: End,
    /// Whether the cache said before it and after it that Redis is away.
    pub(super) was_away: bool,
}

/// The slowest of some calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slowest(Option<Slow>);

/// A call that was slower than others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slow {
    pub(super) took: Duration,
    pub(super) site: Site,
    /// How long after the strike it began.
    pub(super) began: Duration,
}

/// Of fewer calls nothing is said.
const FEWEST: usize = 20;

/// How long calls took.
#[derive(Clone, Debug, Default)]
pub(super) struct Times(Vec<Duration>);

/// The calls of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// All that were made through the cache.
    pub(super) calls: u64,
    pub(super) bare_calls: u64,
    pub(super) failed: u64,
    pub(super) wrong: u64,
    /// Invalidations that were not acknowledged: no error of a reader's.
    pub(super) owed: u64,
    /// These are of the time from the strike on.
    pub(super) bare: Slowest,
    pub(super) cached: Slowest,
    /// Those that the cache knew Redis to be away for: of what is never cached, so that each loads.
    pub(super) open: Times,
    /// The same without the cache, at the same time.
    pub(super) open_bare: Times,
    /// Those that need nothing of the node that was struck.
    pub(super) elsewhere: Slowest,
}

impl Slowest {
    fn add(&mut self, slow: Slow) {
        if self.0.is_none_or(|known| slow.took > known.took) {
            self.0 = Some(slow);
        }
    }

    fn merge(&mut self, other: Self) {
        if let Some(slow) = other.0 {
            self.add(slow);
        }
    }

    pub(super) fn get(self) -> Option<Slow> {
        self.0
    }

    pub(super) fn took(self) -> Option<Duration> {
        self.0.map(|slow| slow.took)
    }
}

impl Times {
    /// What so many of a hundred took at most; nothing of fewer calls than can say so.
    pub(super) fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut times = self.0.clone();
        times.sort_unstable();
        let beyond = times.len() * (100 - percent) / 100;
        let at = times.len().checked_sub(beyond + 1)?;
        (beyond > 0 && times.len() >= FEWEST).then(|| times[at])
    }
}

impl Tally {
    pub(super) fn add(&mut self, call: Call) {
        match call.way {
            Way::Cached => self.calls += 1,
            Way::Bare => self.bare_calls += 1,
        }
        match call.end {
            End::Right => {}
            End::Wrong => self.wrong += 1,
            End::Failed => self.failed += 1,
        }
        let Some(ended) = call.ended else {
            return;
        };
        let slow = Slow {
            took: call.took,
            site: call.site,
            began: ended.saturating_sub(call.took),
        };
        let is_open = call.was_away && call.site == Site::Cold;
        match call.way {
            Way::Bare => {
                self.bare.add(slow);
                self.open_bare.0.extend(is_open.then_some(call.took));
            }
            Way::Cached => {
                self.cached.add(slow);
                self.open.0.extend(is_open.then_some(call.took));
                if call.site == Site::Elsewhere {
                    self.elsewhere.add(slow);
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.bare_calls += other.bare_calls;
        self.failed += other.failed;
        self.wrong += other.wrong;
        self.owed += other.owed;
        self.bare.merge(other.bare);
        self.cached.merge(other.cached);
        self.open.0.extend(other.open.0);
        self.open_bare.0.extend(other.open_bare.0);
        self.elsewhere.merge(other.elsewhere);
    }
}
