//! The task that finds out which masters have the slots of a cluster.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::discover::discover;
use super::shared::Shared;
use crate::own_thread::sleep;

/// Pauses between attempts to find out which master has the slots of a node that is away: jittered, so that a
/// fleet does not ask all at once.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

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

/// A callback that lets callers go on waiting for the first search.
fn step(cluster: &Weak<Shared>) -> Arc<dyn Fn() + Send + Sync> {
    let cluster = Weak::clone(cluster);
    Arc::new(move || {
        if let Some(shared) = cluster.upgrade() {
            shared.step();
        }
    })
}
