//! The task that keeps a link connected: connect, watch, drop, wait, again.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::connect::{connect, time_ms};
use super::fault::Fault;
use super::link::{LinkEvent, Phase, Shared};
use super::live::{Live, unwrap};

/// Pauses between attempts: jittered, so that a fleet does not come back all at once, and short
/// enough that hits are back within two seconds of the server.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// Runs until the link is closed or forgotten.
pub(super) async fn supervise(link: Weak<Shared>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(shared) = link.upgrade() else { return };
        if shared.is_closed() {
            return;
        }
        let cause = match connect(&shared.settings).await {
            Ok(live) => {
                pause = FIRST_PAUSE;
                let live = Arc::new(live);
                shared.publish(Arc::clone(&live));
                // Held weakly while it goes well: a forgotten cache closes its connection.
                drop(shared);
                watch(&link, &live).await
            }
            Err(fault) => fault,
        };
        let Some(shared) = link.upgrade() else { return };
        shared.withdraw(cause);
        drop(shared);
        tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Beats until the connection is broken or hung, the link is closed or forgotten.
async fn watch(link: &Weak<Shared>, live: &Live) -> Fault {
    let Some(period) = link.upgrade().map(|shared| shared.settings.lag / 4) else {
        return Fault::Down;
    };
    loop {
        let broken = tokio::time::timeout(period, live.until_broken()).await;
        if broken.is_ok() {
            return Fault::Broken;
        }
        if link.upgrade().is_none_or(|shared| shared.is_closed()) {
            return Fault::Down;
        }
        match beat(live).await {
            Ok(()) => {}
            // Timeouts are counted by the connection, which says when they are too many.
            Err(Fault::Timeout) => {}
            Err(fault) => return fault,
        }
    }
}

/// A heartbeat: the node is a master, and tells its time. A demoted master would answer a `PING`.
async fn beat(live: &Live) -> Result<(), Fault> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("ROLE").cmd("TIME");
    let sent = live.now();
    let mut answers = live.commands(&pipeline).await?.into_iter();
    let mut answer = || unwrap(answers.next().ok_or(Fault::Protocol)?);
    // A user that may not ask for the role is believed to know its node.
    if let Ok(role) = answer()
        && !is_master(&role)
    {
        return Err(Fault::ReadOnly);
    }
    let node_ms = time_ms(&answer()?).ok_or(Fault::Protocol)?;
    live.set_time(node_ms, sent);
    Ok(())
}

fn is_master(role: &redis::Value) -> bool {
    let first = role.as_sequence().and_then(|items| items.first());
    first.is_some_and(|name| {
        redis::from_redis_value_ref::<String>(name).is_ok_and(|name| name == "master")
    })
}

impl Shared {
    fn publish(&self, live: Arc<Live>) {
        self.live.store(Some(live));
        self.phase.send_replace(Phase::Up);
        (self.tell)(LinkEvent::Up);
    }

    fn withdraw(&self, cause: Fault) {
        self.live.store(None);
        self.phase.send_modify(|phase| phase.go_down(cause));
        if !self.is_closed() {
            (self.tell)(LinkEvent::Down(cause));
        }
    }
}
