//! Faults of those who say which server is the master.

use std::io;

use rand::RngExt as _;
use tokio::time::sleep;

use super::{Stage, masters};
use crate::history::topology::hasten;

/// Those that can be killed: the first is the one that is told to fail over.
const KILLED: std::ops::Range<usize> = 1..3;

/// Kills one and starts it again later. Half the time the master is replaced meanwhile, and the
/// sentinel that was away names the old one until the others tell it.
pub(super) async fn kill(stage: &mut Stage) -> io::Result<()> {
    let at = stage.random.random_range(KILLED);
    stage.topology.sentinels()?.sentinel_mut(at).kill9()?;
    sleep(stage.lag).await;
    if stage.random.random_ratio(1, 2) {
        masters::fail_over(stage).await?;
    }
    let sentinels = stage.topology.sentinels()?;
    sentinels.sentinel_mut(at).restart().await?;
    hasten(sentinels.sentinel(at)).await
}
