//! A shared policy from every place: another module, inside a fn, a static, a macro, an associated constant of a type.

use std::time::Duration;

use cache_runtime::{Compression, Consistency, Lease, OnOutage, Policy, cached};

mod policies {
    use super::{Duration, Policy};

    pub(super) const HOT: Policy =
        Policy::new(Duration::from_secs(60)).stale(Duration::from_secs(600));
    pub(super) static COLD: Policy = HOT.jitter(0.5);
}

pub trait Kind {
    const POLICY: Policy = policies::HOT;
}

pub struct Users;

impl Kind for Users {}

impl Kind for u8 {
    const POLICY: Policy = Policy::new(Duration::from_secs(1))
        .lease(Lease::Process)
        .consistency(Consistency::Bounded)
        .on_outage(OnOutage::Serve)
        .compress(Compression::None);
}

#[cached(policy = policies::HOT, compress = "none")]
pub async fn of_a_module(id: u32) -> u32 {
    id
}

#[cached(policy = policies::COLD, tags = ["all"], error_ttl = "1s")]
pub async fn of_a_static(id: u32) -> Result<u32, String> {
    Ok(id)
}

#[cached(policy = <Users as Kind>::POLICY, jitter = 0.0)]
pub async fn of_a_type(id: u32) -> u32 {
    id
}

#[cached(policy = K::POLICY, skip(K))]
pub async fn of_a_parameter<K: Kind>(id: u32) -> u32 {
    id
}

#[cached(policy = Policy::new(Duration::from_secs(7)).lease(Lease::Process), lease = "fleet")]
pub async fn of_a_call(id: u32) -> u32 {
    id
}

#[cached(policy = if true { policies::HOT } else { policies::COLD }, batch(id in ids), stale = 0)]
pub async fn of_a_block(ids: &[u32]) -> Vec<Option<u32>> {
    ids.iter().copied().map(Some).collect()
}

pub async fn outer(id: u32) -> u32 {
    const INNER: Policy = Policy::new(Duration::from_secs(5));

    #[cached(policy = INNER)]
    async fn inner(id: u32) -> u32 {
        id
    }

    inner(id).await
}

macro_rules! hot {
    ($policy:expr, $name:ident) => {
        #[cached(policy = $policy, early = 0.5)]
        pub async fn $name(id: u32) -> u32 {
            id
        }
    };
}

hot!(policies::HOT, of_a_macro);

impl Users {
    #[cached(policy = Self::POLICY, skip(self))]
    pub async fn of_self(&self, id: u32) -> u32 {
        id
    }
}
