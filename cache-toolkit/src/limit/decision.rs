//! What a limiter says.

use std::time::Duration;

/// Whether something may pass, and what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// Whether it may pass.
    pub is_allowed: bool,
    /// How many may, in all.
    pub limit: u32,
    /// How many more may now.
    pub remaining: u32,
    /// Until as many as the limit may again, if none does meanwhile.
    pub reset: Duration,
    /// When to ask again, where it may not pass.
    pub retry_after: Option<Duration>,
    /// `false` where Redis was away and nothing was counted.
    pub is_limited: bool,
}

impl Decision {
    /// It passes, as nobody counts.
    pub(super) fn unlimited(limit: u32) -> Self {
        Self {
            is_allowed: true,
            limit,
            remaining: limit,
            reset: Duration::ZERO,
            retry_after: None,
            is_limited: false,
        }
    }
}
