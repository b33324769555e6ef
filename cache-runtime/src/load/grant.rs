//! The right to store what a load will give.

use std::time::Duration;

use super::request::Request;
use super::stamps::{Asks, Noted};
use crate::frame::Writer;
use crate::lease::Lease;
use crate::redis::{Claimed, Fault, Topology};
use crate::stamp::Basis;

/// The right to store a load: its lease, and the stamps it noted before it began.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) lease: Lease,
    pub(crate) noted: Noted,
    /// What was noted rests on this, and its value will.
    pub(crate) basis: Basis,
    /// What a put found when it took the lease.
    pub(crate) claimed: Option<Claimed>,
}

impl Grant {
    pub(super) fn writer(&self) -> Writer {
        match self.claimed {
            Some(_) => Writer::Put,
            None => Writer::Load,
        }
    }
}

/// Takes the lease by force and notes the stamps: for a put, which stores whatever was under way.
pub(crate) async fn claim(
    request: &Request,
    redis: &Topology,
) -> Result<Option<Box<Grant>>, Fault> {
    let lease = lease(request, redis, Writer::Put);
    let sent = request.tiers.clock.now();
    let lease_ms = request.lease_ms();
    let (name, entry) = (request.name.lease(), request.name.as_str());
    let claiming = redis.claim((&name, entry), lease.token(), lease_ms);
    let (claimed, node) = request.allowance.within(claiming).await?;
    let asks = Asks::new(request, sent);
    let stamp_asks = asks.stamps();
    let stamps = request.allowance.within(redis.stamps(&stamp_asks)).await?;
    let answered = asks.answered(0, &stamps, &node);
    if let Some(fault) = answered.refused {
        return Err(fault);
    }
    Ok(answered.noted.map(|noted| {
        Box::new(Grant {
            lease,
            noted,
            basis: answered.basis,
            claimed: Some(claimed),
        })
    }))
}

/// The lease of a request, with a token that was never used before.
pub(super) fn lease(request: &Request, redis: &Topology, writer: Writer) -> Lease {
    Lease::held(
        redis,
        &request.tiers.leases,
        &request.name,
        writer.fresh(),
        request.lease_ms(),
        request.longest_load(),
    )
}

/// The least that a lease lives where the site's `wait` is short, in milliseconds: one that runs out
/// between two renewals costs the store.
const SHORTEST_LEASE_MS: u64 = 1_000;

/// How many times its `wait` a load is taken to be alive, where it has no `load_timeout`.
const LONGEST_WAITS: u32 = 10;

impl Request {
    /// How long a lease of this entry lives. It is at most half of the site's `wait`, so that those who
    /// wait for a process that was killed have the other half for the one that loads in its place.
    pub(super) fn lease_ms(&self) -> u64 {
        let half = self.policy.wait_ms / 2;
        self.tiers.limits.lease_ms.min(half.max(SHORTEST_LEASE_MS))
    }

    /// How long a load is taken to be alive: its lease is not renewed after that, so that another may
    /// load. It is far longer than others wait for it, as a slow load is to be stored as well.
    pub(super) fn longest_load(&self) -> Duration {
        match self.policy.load_timeout_ms {
            0 => Duration::from_millis(self.policy.wait_ms).saturating_mul(LONGEST_WAITS),
            limit_ms => Duration::from_millis(limit_ms),
        }
    }
}
