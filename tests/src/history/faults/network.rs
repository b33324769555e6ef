//! Faults of the network between one process and Redis.

use std::io;
use std::time::Duration;

use rand::RngExt as _;
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
    if stage.proxies.is_empty() {
        return Ok(());
    }
    let at = stage.random.random_range(0..stage.proxies.len());
    let proxy = &stage.proxies[at];
    proxy.set(network);
    sleep(span).await;
    proxy.set(Network::Whole);
    Ok(())
}
