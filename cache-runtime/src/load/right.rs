//! The right to store what a load will give.

use std::sync::Arc;

use super::request::Request;
use super::stamps::{Asks, Noted};
use crate::clock::Moment;
use crate::lease::Lease;
use crate::redis::{Fault, Link};
use crate::stamp::{Cell, Watch};

/// The right to store a load: its lease, and the stamps it noted before it began.
#[derive(Debug)]
pub(crate) struct Right {
    pub(crate) lease: Lease,
    pub(crate) noted: Noted,
    pub(crate) seen_at: Moment,
    /// The cells of all that was noted, registered before it was.
    pub(crate) watch: Watch,
    /// Those of the connections it was noted on, if each of them pushes changes.
    pub(crate) vouch: Option<Vec<Arc<Cell>>>,
}

impl Right {
    /// Something was noted on a connection, which may be another than before.
    pub(crate) fn also_rests_on(&mut self, vouch: Option<Arc<Cell>>) {
        match (&mut self.vouch, vouch) {
            (Some(cells), Some(cell)) => {
                if !cells.iter().any(|known| Arc::ptr_eq(known, &cell)) {
                    cells.push(cell);
                }
            }
            _ => self.vouch = None,
        }
    }
}

/// Takes the lease by force and notes the stamps: for a put, which stores whatever was under way.
pub(crate) async fn claim(request: &Request, link: &Link) -> Result<Option<Right>, Fault> {
    let lease = lease(request, link);
    let seen_at = request.tiers.clock.now();
    link.claim(
        &request.name.lease(),
        lease.token(),
        request.tiers.limits.lease_ms,
    )
    .await?;
    let asks = Asks::new(request, seen_at);
    let stamps = link.stamps(&asks.stamps()).await?;
    let answered = asks.answered(0, &stamps.stamps, stamps.vouch.as_ref());
    Ok(answered.noted.map(|noted| Right {
        lease,
        noted,
        seen_at,
        watch: answered.watch,
        vouch: stamps.vouch.map(|cell| vec![cell]),
    }))
}

/// The lease of a request, with a token that was never used before.
pub(super) fn lease(request: &Request, link: &Link) -> Lease {
    Lease::held(
        link,
        &request.name,
        rand::random(),
        request.tiers.limits.lease_ms,
    )
}
