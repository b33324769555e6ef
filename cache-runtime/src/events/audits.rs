//! What audits of hits came to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::sums::sums;

/// How one audit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audited {
    Same,
    /// What was served differed, and was loaded so long before.
    Outdated(Duration),
    Void,
    Failed,
    Skipped,
}

impl Audited {
    const COUNT: usize = 5;

    fn place(self) -> usize {
        match self {
            Self::Same => 0,
            Self::Outdated(_) => 1,
            Self::Void => 2,
            Self::Failed => 3,
            Self::Skipped => 4,
        }
    }
}

sums! {
    /// What [audits](crate::Policy::audit) of hits came to. Each that was drawn is counted once, when it ends.
    pub struct AuditStats {
        /// The body gave what the hit was.
        pub same: u64,
        /// The body gave another value, within the ttl and without an invalidation: a hit was outdated. This is no
        /// [`stale_hits`](crate::Counts::stale_hits), which are past their ttl and meant to be.
        pub outdated: u64,
        /// The body gave another value, and the entry was invalidated, replaced or over soon after: nothing was forgotten,
        /// or it can't be told.
        pub void: u64,
        /// The body gave an error, panicked or took too long, or a value could not be encoded.
        pub failed: u64,
        /// None began: its key is being audited, `max_refreshes` audits are under way, or there is no runtime to have the
        /// task.
        pub skipped: u64,
    }
}

impl AuditStats {
    /// The audits that told whether the hit was outdated.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.same.saturating_add(self.outdated)
    }
}

/// The counters of audits.
#[derive(Debug, Default)]
pub(super) struct Audits([AtomicU64; Audited::COUNT]);

impl Audits {
    pub(super) fn count(&self, end: Audited) {
        self.0[end.place()].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> AuditStats {
        let count = |end: Audited| self.0[end.place()].load(Ordering::Relaxed);
        AuditStats {
            same: count(Audited::Same),
            outdated: count(Audited::Outdated(Duration::ZERO)),
            void: count(Audited::Void),
            failed: count(Audited::Failed),
            skipped: count(Audited::Skipped),
        }
    }
}
