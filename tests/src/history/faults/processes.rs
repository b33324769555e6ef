//! Faults of the processes under test.

use std::io;
use std::time::Duration;

use rand::RngExt as _;
use rustix::process::Signal;
use tokio::time::sleep;

use super::Stage;

/// Kills one in whatever it does, and starts another a little later.
pub(super) async fn kill(stage: &mut Stage) -> io::Result<()> {
    let at = any(stage);
    stage.fleet.kill(at)?;
    sleep(stage.lag / 2).await;
    stage.fleet.restart(at)
}

/// Stops one in its tracks and lets it go on: it knows nothing of the time between.
pub(super) async fn stop(stage: &mut Stage, span: Duration) -> io::Result<()> {
    let at = any(stage);
    stage.fleet.signal(at, Signal::STOP)?;
    sleep(span).await;
    stage.fleet.signal(at, Signal::CONT)
}

fn any(stage: &mut Stage) -> usize {
    stage.random.random_range(0..stage.fleet.len())
}
