//! The task that keeps a link connected: connect, watch, drop, wait, again.

use std::sync::{Arc, Weak};

use super::connect::connect;
use super::live::Live;
use super::pace::{FIRST_PAUSE, LONGEST_PAUSE};
use super::shared::Shared;
use crate::clock::Stopwatch;
use crate::own_thread::sleep;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::{may_be_master, time_ms};
use crate::redis::wire::error::unwrap;
use crate::redis::wire::map::{self, Map};
use crate::redis::wire::run::Run;

/// Runs until the link is closed or forgotten.
pub(super) async fn supervise(link: Weak<Shared>) {
    let _watched = Supervised(link.clone());
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(shared) = link.upgrade() else { return };
        if shared.is_closed() {
            return;
        }
        shared.probe();
        let connected = match connect(&shared).await {
            // A server too slow for `op_timeout` is not offered to callers, who would wait for it.
            Ok(live) => first_beat(&live, &shared).await.map(|()| live),
            Err(fault) => Err(fault),
        };
        let cause = match connected {
            Ok(live) => {
                let (live, up) = (Arc::new(live), Stopwatch::start());
                let steady = shared.settings.lag;
                shared.publish(Arc::clone(&live));
                // Held weakly while it goes well: a forgotten cache closes its connection.
                drop(shared);
                let cause = watch(&link, &live).await;
                if up.elapsed() >= steady {
                    pause = FIRST_PAUSE;
                }
                cause
            }
            Err(fault) => fault,
        };
        let Some(shared) = link.upgrade() else { return };
        shared.withdraw(cause);
        drop(shared);
        sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// A running supervisor. When it is dropped nothing watches the connection any longer, so the next use
/// starts over.
struct Supervised(Weak<Shared>);

impl Drop for Supervised {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.start_over();
        }
    }
}

/// Beats until the connection is broken or hung, the link is closed or forgotten.
async fn watch(link: &Weak<Shared>, live: &Live) -> Fault {
    let of = |shared: Arc<Shared>| (shared.settings.lag, shared.resolver.clone());
    let Some((lag, resolver)) = link.upgrade().map(of) else {
        return Fault::Down;
    };
    // A map of a cluster is larger than the rest of a heartbeat, so it is asked for half as often.
    let period = if live.is_in_cluster() {
        lag / 2
    } else {
        lag / 4
    };
    let mut pause = period;
    let mut replaced = std::pin::pin!(resolver.replaced(live.found.as_ref(), lag));
    loop {
        let rest_and_beat = async {
            sleep(pause).await;
            let shared = link.upgrade().filter(|shared| !shared.is_closed());
            let shared = shared.ok_or(Fault::Down)?;
            beat(live, &shared).await
        };
        let beaten = tokio::select! {
            biased;
            cause = live.end() => return cause,
            () = &mut replaced => return Fault::Replaced,
            beaten = rest_and_beat => beaten,
        };
        match beaten {
            Ok(()) => pause = period,
            // Timeouts are counted by the breaker, which ends the connection when they are too many.
            Err(Fault::Timeout) => pause = period / 4,
            Err(fault) => return fault,
        }
    }
}

/// The heartbeat that a connection begins with, and behind Sentinel the word that its node is the master
/// still, given after it.
async fn first_beat(live: &Live, shared: &Shared) -> Result<(), Fault> {
    beat(live, shared).await?;
    shared.step();
    shared
        .resolver
        .confirm(live.found.as_ref(), shared.settings.lag)
        .await
}

/// A heartbeat: the node is a master, and tells its time and in a cluster which slots it has. A
/// demoted master would answer a `PING`.
async fn beat(live: &Live, shared: &Shared) -> Result<(), Fault> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("ROLE").cmd("TIME");
    Run::ask(&mut pipeline);
    if live.is_in_cluster() {
        map::add_ask(&mut pipeline);
    }
    let (sent, clock) = (live.now(), Stopwatch::start());
    let mut answers = live.commands(&pipeline).await?.into_iter();
    let took = clock.elapsed();
    let mut answer = || unwrap(answers.next().ok_or(Fault::Protocol)?);
    if !may_be_master(answer()) {
        return Err(Fault::ReadOnly);
    }
    let node_ms = time_ms(&answer()?).ok_or(Fault::Protocol)?;
    if !live.is_still(Run::read(answer)?) {
        // The node restarted or was promoted: nothing read before it may be served.
        return Err(Fault::Replaced);
    }
    if live.is_in_cluster() {
        let map = Map::read(&mut answers, shared.settings.speaks_tls())?;
        live.learn(&map);
        if let Some(hear) = &shared.ears.map {
            hear(&map);
        }
    }
    live.set_time(node_ms, sent);
    live.beaten(sent);
    shared.figures.beaten(sent, took);
    Ok(())
}
