//! Faults of the network: between one process and Redis, or before one node of a cluster.

use std::io;
use std::time::Duration;

use rand::seq::IndexedRandom as _;
use tokio::time::sleep;

use super::Stage;
use crate::Network;

/// Closes its connections, and refuses new ones for a while.
pub(super) async fn cut(stage: &mut Stage) -> io::Result<()> {
    let span = stage.lag * 3 / 2;
    during(stage, Network::Cut, span).await
}

/// What it sends arrives and no answer comes: Redis does what was asked, and nobody is told.
pub(super) async fn half_open(stage: &mut Stage) -> io::Result<()> {
    let span = stage.lag * 3 / 2;
    during(stage, Network::HalfOpen, span).await
}

/// Holds everything back for a while, and passes it then: old answers come late.
pub(super) async fn silent(stage: &mut Stage) -> io::Result<()> {
    let span = stage.lag * 3 / 2;
    during(stage, Network::Silent, span).await
}

async fn during(stage: &mut Stage, network: Network, span: Duration) -> io::Result<()> {
    let proxies = stage.topology.proxies();
    let Some(proxy) = proxies.choose(&mut stage.random) else {
        return Ok(());
    };
    proxy.set(network);
    sleep(span).await;
    proxy.set(Network::Whole);
    Ok(())
}
