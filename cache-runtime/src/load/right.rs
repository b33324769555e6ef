//! The right to store what a load will give.

use super::request::Request;
use super::stamps::{Asks, Noted};
use crate::clock::Moment;
use crate::lease::Lease;
use crate::redis::{Fault, Topology};
use crate::stamp::{Vouch, Watch};

/// The right to store a load: its lease, and the stamps it noted before it began.
#[derive(Debug)]
pub(crate) struct Right {
    pub(crate) lease: Lease,
    pub(crate) noted: Noted,
    pub(crate) seen_at: Moment,
    /// The cells of all that was noted, registered before it was.
    pub(crate) watch: Watch,
    /// The connections that it was noted on.
    pub(crate) vouch: Vouch,
}

/// Takes the lease by force and notes the stamps: for a put, which stores whatever was under way.
pub(crate) async fn claim(
    request: &Request,
    redis: &Topology,
) -> Result<Option<Box<Right>>, Fault> {
    let lease = lease(request, redis);
    let seen_at = request.tiers.clock.now();
    let lease_ms = request.tiers.limits.lease_ms;
    let name = request.name.lease();
    let claiming = redis.claim(&name, lease.token(), lease_ms);
    let node = request.allowance.within(claiming).await?;
    let asks = Asks::new(request, seen_at);
    let stamp_asks = asks.stamps();
    let stamps = request.allowance.within(redis.stamps(&stamp_asks)).await?;
    let answered = asks.answered(0, &stamps, &node);
    Ok(answered.noted.map(|noted| {
        Box::new(Right {
            lease,
            noted,
            seen_at,
            watch: answered.watch,
            vouch: answered.vouch,
        })
    }))
}

/// The lease of a request, with a token that was never used before.
pub(super) fn lease(request: &Request, redis: &Topology) -> Lease {
    Lease::held(
        redis,
        &request.tiers.leases,
        &request.name,
        rand::random(),
        request.tiers.limits.lease_ms,
    )
}
