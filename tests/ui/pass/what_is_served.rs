//! What may be served, and when: after the ttl, in an outage, after an invalidation.

use std::time::Duration;

use cache_runtime::{CacheError, Consistency, OnOutage, Policy, Refresh, cached};

const STALE: Duration = Duration::from_secs(600);

pub struct Limits;

impl Limits {
    const STALE: Duration = Duration::ZERO;

    #[cached(ttl = "5m", stale = Self::STALE, refresh = "caller", skip(self))]
    pub async fn of(&self, id: u64) -> u64 {
        id
    }
}

#[cached(
    ttl = "5m",
    stale = "10m",
    consistency = "bounded",
    on_outage = "serve"
)]
pub async fn through_an_outage(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", stale = STALE, consistency = "strong", on_outage = "lag")]
pub async fn never_unchecked(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", stale = 0)]
pub async fn never_stale(id: u64) -> u64 {
    id
}

pub static BY_HAND: Policy = Policy::new(Duration::from_secs(300))
    .consistency(Consistency::Bounded)
    .on_outage(OnOutage::Serve)
    .stale(STALE)
    .refresh(Refresh::Caller);

pub async fn use_them() -> Result<(), CacheError> {
    Limits.of(1).await;
    Limits::of_entry(1).invalidate().await?;
    through_an_outage_entry(1).invalidate().await?;
    never_unchecked_entry(1).invalidate().await?;
    never_stale_entry(1).invalidate().await
}
