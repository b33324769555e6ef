//! A task that asks the servers of a cache for what they say of themselves.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_runtime::admin::{NodeFacts, servers};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::exporter::{Exporter, Shared};
use crate::runtime::NoRuntime;
use crate::seen::Server;

/// How often servers are asked.
const EVERY: Duration = Duration::from_secs(15);

/// Servers are asked while this is held. Dropped, their figures are exported no more.
#[derive(Debug)]
#[must_use = "servers are asked while it is held"]
pub struct WatchedServers {
    task: AbortHandle,
    shared: Weak<Shared>,
}

impl Exporter {
    /// Has a task on the caller's runtime ask each server of the cache for its own figures, each 15 s, over the connections
    /// that the cache has: memory, commands, keyspace, cluster. They are the `redis_*` metrics, whose names have no prefix.
    ///
    /// It is off unless this is called, as `redis_exporter` has series of the same names: export them once. Where several
    /// processes share a server one of them is enough. A server that is away has no series.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] outside of a tokio runtime.
    pub fn watch_servers(&self) -> Result<WatchedServers, NoRuntime> {
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?;
        let shared = Arc::downgrade(self.shared());
        let (asked, cache) = (Weak::clone(&shared), self.cache().clone());
        let task = runtime.spawn(ask(asked, cache)).abort_handle();
        Ok(WatchedServers { task, shared })
    }
}

/// Asks until nobody exports any more.
async fn ask(shared: Weak<Shared>, cache: Cache) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // That there is none, or none can be reached, is told by what the cache says of its nodes.
        let found = servers(&cache).await.unwrap_or_default();
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let told = found.into_iter().filter(|facts| facts.away.is_none());
        shared.tell_servers(Instant::now(), told.map(Server::of).collect());
    }
}

impl Server {
    fn of(facts: NodeFacts) -> Self {
        Self {
            node: facts.node,
            info: facts.info,
            cluster: facts.cluster,
        }
    }
}

impl Drop for WatchedServers {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(shared) = self.shared.upgrade() {
            shared.tell_servers(Instant::now(), Vec::new());
        }
    }
}
