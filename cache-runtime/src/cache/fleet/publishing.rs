//! The task that publishes what this process counts, once there is a connection.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use super::MOST;
use super::snapshot::{id, own};
use crate::events::Event;
use crate::load::aside;
use crate::own_thread::{sleep, spawn};
use crate::redis::{Fault, PublishAsk, Topology};
use crate::tiers::Tiers;

/// What trouble with it is counted under.
const FLEET: &str = "(fleet)";

/// The publishing of one cache: it begins with the first connection, as a cache that nothing has used connects to
/// nothing.
#[derive(Debug, Default)]
pub(in crate::cache) struct Publishing {
    tiers: OnceLock<Weak<Tiers>>,
    has_begun: AtomicBool,
}

impl Publishing {
    /// What is to be published is that of these.
    pub(in crate::cache) fn of(&self, tiers: &Arc<Tiers>) {
        self.tiers.get_or_init(|| Arc::downgrade(tiers));
    }

    /// There is a connection.
    pub(in crate::cache) fn begin(&self) {
        let Some(tiers) = self.tiers.get() else {
            return;
        };
        if self.has_begun.swap(true, Ordering::Relaxed) {
            return;
        }
        if spawn(publish_on(Weak::clone(tiers))).is_err() {
            // Without a thread there is none for it now; the next connection tries again.
            self.has_begun.store(false, Ordering::Relaxed);
        }
    }
}

/// Publishes until the cache is closed or forgotten. It is held for no longer than one time takes.
async fn publish_on(of: Weak<Tiers>) {
    // A fleet that was started at once does not publish at once.
    let mut share = rand::random_range(0.5..1.0);
    loop {
        let every = match of.upgrade().filter(|tiers| tiers.is_on()) {
            Some(tiers) if tiers.limits.publish_ms > 0 => tiers.limits.publish_ms,
            _ => return,
        };
        sleep(Duration::from_millis(every).mul_f64(share)).await;
        share = 1.0;
        if let Some(tiers) = of.upgrade().filter(|tiers| tiers.is_on()) {
            publish(&tiers).await;
        }
    }
}

/// Publishes once. While there is no connection nothing is asked of anyone.
async fn publish(tiers: &Tiers) {
    let Some(redis) = &tiers.redis else { return };
    let snapshot = own(tiers).await;
    // All connections stand still while this thread is busy.
    let Some(snapshot) = aside(move || snapshot.bytes()).await.flatten() else {
        return trouble(tiers, "too_large");
    };
    match ask(tiers, redis, tiers.limits.published_ms, &snapshot).await {
        Ok(true) => {}
        Ok(false) => trouble(tiers, "full"),
        // A node that is away is told of already.
        Err(fault) if fault.is_outage() => {}
        Err(fault) => trouble(tiers, fault.as_str()),
    }
}

/// Takes back what was published, as the cache is closed.
pub(in crate::cache) async fn take_back(tiers: &Tiers, redis: &Topology) {
    if tiers.limits.publish_ms > 0 && redis.is_up() {
        // What stays is gone when its time is over.
        let _ = ask(tiers, redis, 0, &[]).await;
    }
}

async fn ask(
    tiers: &Tiers,
    redis: &Topology,
    life_ms: u64,
    snapshot: &[u8],
) -> Result<bool, Fault> {
    let id = id(tiers);
    let (list, name) = (tiers.names.fleet(), tiers.names.process(&id));
    let ask = PublishAsk {
        list: &list,
        name: &name,
        id: &id,
        life_ms,
        snapshot,
        most: MOST,
    };
    redis.publish(&ask).await
}

fn trouble(tiers: &Tiers, cause: &str) {
    let event = Event::Trouble {
        doing: "publish",
        cause,
    };
    let events = &tiers.events;
    events.emit(FLEET, &events.namespace(FLEET), event);
}
