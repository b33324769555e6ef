//! A policy that several fns share, and fns without a value.

use std::time::Duration;

use cache_runtime::{Lease, Policy, Refresh, cached};

const HOT: Policy = Policy::new(Duration::from_secs(300))
    .stale(Duration::from_secs(3_600))
    .refresh(Refresh::Background);

static COLD: Policy = HOT.lease(Lease::Process);

mod policies {
    pub const fn short(policy: cache_runtime::Policy) -> cache_runtime::Policy {
        policy.jitter(0.0)
    }
}

#[cached(policy = HOT)]
pub async fn user(id: &str) -> String {
    id.to_owned()
}

#[cached(policy = HOT, ttl = "1h", early = 1.0, refresh = "background", none_ttl = "1m")]
pub async fn replaced(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(policy = policies::short(COLD), ttl = "forever", compress)]
pub async fn by_a_call(id: u32) -> Result<u32, u8> {
    u8::try_from(id).map(u32::from).map_err(|_| 1)
}

pub trait Kind {
    const POLICY: Policy;
}

pub struct Repo<K>(pub K);

impl<K: Kind + 'static> Repo<K> {
    #[cached(policy = K::POLICY, skip(self), key = (std::any::type_name::<Self>(), id))]
    pub async fn find(&self, id: u32) -> u32 {
        id
    }

    #[cached(policy = Self::OWN, stale = "1m", skip(self))]
    pub async fn list(&self) -> Vec<u32> {
        Vec::new()
    }

    const OWN: Policy = K::POLICY.early(1.0);
}

#[cached(ttl = "1d")]
pub async fn welcome(id: u32) {
    drop(id.to_string());
}

#[cached(ttl = "1d", cache_if = |()| true)]
pub async fn migrate(table: &str) -> Result<(), std::io::Error> {
    drop(table.to_owned());
    Ok(())
}
