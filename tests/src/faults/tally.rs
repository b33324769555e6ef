//! What callers saw.

use std::time::Duration;

use super::sites::Site;

/// Where a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    Before,
    /// From the strike until hits come from Redis again, and a little longer.
    During,
}

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
    /// The phase that it ended in.
    pub(super) phase: Phase,
    pub(super) took: Duration,
    pub(super) end: End,
    /// Whether the cache said before it and after it that Redis is away.
    pub(super) was_away: bool,
}

/// The slowest of some calls, and what it was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slowest(Option<(Duration, Site)>);

/// The calls of a row.
#[derive(Clone, Copy, Debug, Default)]
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
    pub(super) away: Slowest,
}

impl Slowest {
    fn add(&mut self, took: Duration, site: Site) {
        if self.0.is_none_or(|(known, _)| took > known) {
            self.0 = Some((took, site));
        }
    }

    fn merge(&mut self, other: Self) {
        if let Some((took, site)) = other.0 {
            self.add(took, site);
        }
    }

    pub(super) fn took(self) -> Option<Duration> {
        self.0.map(|(took, _)| took)
    }

    pub(super) fn site(self) -> Option<Site> {
        self.0.map(|(_, site)| site)
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
        if call.phase == Phase::Before {
            return;
        }
        match call.way {
            Way::Bare => self.bare.add(call.took, call.site),
            Way::Cached => {
                self.cached.add(call.took, call.site);
                if call.was_away {
                    self.away.add(call.took, call.site);
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
        self.away.merge(other.away);
    }
}
