//! `moka`, alone and put before Redis by hand.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;

use crate::plain_redis;
use crate::user::{User, shared_user};

pub(crate) type Moka = moka::future::Cache<(u64, String), Arc<User>>;

pub(crate) fn memory() -> Moka {
    moka::future::Cache::builder()
        .max_capacity(10_000)
        .time_to_live(Duration::from_secs(3_600))
        .build()
}

pub(crate) async fn arc(cache: &Moka, id: u64, region: &str) -> Arc<User> {
    let load = async { shared_user(id) };
    cache.get_with((id, region.to_owned()), load).await
}

/// What many programs have: moka before Redis, without a word from Redis on what changed.
#[derive(Clone)]
pub(crate) struct OverRedis {
    memory: moka::future::Cache<u64, Arc<User>>,
    connection: MultiplexedConnection,
}

impl OverRedis {
    pub(crate) async fn connect(url: &str, entries: u64) -> Self {
        let memory = moka::future::Cache::builder()
            .max_capacity(entries)
            .time_to_live(Duration::from_secs(3_600))
            .build();
        let connection = plain_redis::connect(url).await;
        Self { memory, connection }
    }

    pub(crate) async fn read(&self, id: u64, load: impl Future<Output = User>) -> Arc<User> {
        let mut connection = self.connection.clone();
        let miss = async move {
            if let Some(user) = plain_redis::get(&mut connection, id).await {
                return Arc::new(user);
            }
            let user = load.await;
            plain_redis::set(&mut connection, id, &user).await;
            Arc::new(user)
        };
        self.memory.get_with(id, miss).await
    }
}
