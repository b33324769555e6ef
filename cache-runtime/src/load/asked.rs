//! What came of a wish for the lease.

use super::grant::Grant;
use super::judge::Seen;
use super::stamps::Noted;
use crate::lease::Lease;
use crate::redis::Leased;
use crate::stamp::Watch;

/// The answer to a wish for the lease.
pub(super) struct Asked {
    pub(super) leased: Leased,
    pub(super) seen: Seen,
    /// `None` if a stamp could not be made.
    pub(super) noted: Option<Noted>,
    /// The cells for what was found stale before.
    pub(super) still: Watch,
}

impl Asked {
    /// The right to store what is loaded under this lease.
    pub(super) fn grant(self, lease: Lease) -> Option<Box<Grant>> {
        Some(Box::new(Grant {
            lease,
            noted: self.noted?,
            basis: self.seen.basis,
            claimed: None,
        }))
    }
}
