//! The task that finds out who has the slots of a cluster.

use std::sync::{Arc, Weak};
use std::time::Duration;

use rand::seq::SliceRandom as _;

use super::cluster::Shared;
use super::discover::discover;
use crate::clock::Stopwatch;
use crate::own_thread::sleep;
use crate::redis::link::{Link, LinkState};
use crate::redis::wire::fault::Fault;
use crate::redis::wire::settings::Address;

/// Pauses between attempts to find out who has the slots of a node that is away: jittered, so that a
/// fleet does not ask all at once.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// How the search for a map goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Search {
    /// The first attempt is not over: callers wait for it a moment.
    First,
    Found,
    Failed {
        since: Stopwatch,
        cause: Fault,
    },
}

/// Looks for the map at first, and then whenever there is trouble, until the cluster is closed or
/// forgotten. While all is well the heartbeats bring it.
pub(super) async fn search(cluster: Weak<Shared>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(shared) = cluster.upgrade() else {
            return;
        };
        match discover(&shared.settings, shared.known(), step(&cluster)).await {
            Ok(map) => shared.take_over(&map),
            Err(cause) => shared.fail(cause),
        }
        let is_whole = shared.is_whole();
        let trouble = Arc::clone(&shared.trouble);
        // Held weakly while it goes well: a forgotten cache closes its connections.
        drop(shared);
        sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        match is_whole {
            true => {
                trouble.notified().await;
                pause = FIRST_PAUSE;
            }
            false => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// Those who wait for the first search go on waiting.
fn step(cluster: &Weak<Shared>) -> Arc<dyn Fn() + Send + Sync> {
    let cluster = Weak::clone(cluster);
    Arc::new(move || {
        if let Some(shared) = cluster.upgrade() {
            shared.step();
        }
    })
}

impl Shared {
    /// Who can be asked for the map: the masters, the replicas, then who was named at first.
    fn known(&self) -> Vec<Address> {
        let table = self.table.load();
        let map = table.as_ref().map(|table| &table.map);
        let masters = map.iter().flat_map(|map| map.masters.iter().map(|m| &m.at));
        let replicas = map.iter().flat_map(|map| &map.replicas);
        let mut known: Vec<Address> = Vec::new();
        let seeds = self.settings.seeds();
        for address in masters.chain(replicas).chain(seeds) {
            if !known.contains(address) {
                known.push(address.clone());
            }
        }
        // Only a few are asked, and not always the same.
        known.shuffle(&mut rand::rng());
        known
    }

    /// Whether every slot has a master that nothing is wrong with.
    fn is_whole(&self) -> bool {
        let table = self.table.load();
        let is_down = |link: &Link| matches!(link.state(), LinkState::Down { .. });
        table
            .as_ref()
            .is_some_and(|table| !table.links().any(is_down))
    }
}
