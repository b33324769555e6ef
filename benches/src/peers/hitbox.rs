//! `hitbox`: an annotation over a store in memory, which is moka's, or in Redis.

use std::sync::Arc;
use std::time::Duration;

use ::hitbox::concurrency::{BroadcastConcurrencyManager, NoopConcurrencyManager};
use ::hitbox::policy::PolicyConfig;
use ::hitbox::{DisabledOffload, policy::ConcurrencyLimit};
use hitbox_fn::Cache;
use hitbox_moka::MokaBackend;
use hitbox_redis::{ConnectionMode, RedisBackend};

use crate::gate::Gate;
use crate::user::{User, user};

pub(crate) type Memory = Cache<MokaBackend, NoopConcurrencyManager, DisabledOffload>;
pub(crate) type Shared = Cache<MokaBackend, BroadcastConcurrencyManager<User>, DisabledOffload>;
pub(crate) type Redis = Cache<RedisBackend, NoopConcurrencyManager, DisabledOffload>;

#[hitbox_fn::cached(prefix = "user")]
pub(crate) async fn owned(id: u64, region: String) -> User {
    let _ = region;
    user(id)
}

#[hitbox_fn::cached(prefix = "by_id")]
pub(crate) async fn by_id(id: u64) -> User {
    user(id)
}

fn policy() -> PolicyConfig {
    PolicyConfig::builder()
        .ttl(Duration::from_secs(3_600))
        .build()
}

pub(crate) fn memory() -> Memory {
    Cache::builder()
        .backend(MokaBackend::builder().max_entries(10_000).build())
        .policy(policy())
        .build()
}

/// With one load for all who ask at once.
pub(crate) fn shared() -> Shared {
    let one = ConcurrencyLimit::new(1).expect("in its bounds");
    let policy = PolicyConfig::builder()
        .ttl(Duration::from_secs(3_600))
        .concurrency(one)
        .build();
    Cache::builder()
        .backend(MokaBackend::builder().max_entries(10_000).build())
        .policy(policy)
        .concurrency_manager(BroadcastConcurrencyManager::new())
        .build()
}

pub(crate) fn redis(url: &str) -> Redis {
    let backend = RedisBackend::builder()
        .connection(ConnectionMode::single(url))
        .build();
    Cache::builder()
        .backend(backend.expect("a backend"))
        .policy(policy())
        .build()
}

/// What a herd asks for.
#[hitbox_fn::cached(prefix = "cold", skip(gate))]
pub(crate) async fn cold(gate: Arc<Gate>, id: u64) -> User {
    let _ = id;
    User::clone(&*gate.load().await)
}
