//! A replica takes its master's place.

use std::io;
use std::time::Duration;

use rand::RngExt as _;
use tokio::time::sleep;

use super::Stage;
use crate::history::time;

/// By command, while the master is well.
///
/// There are two from the command on: a replica is promoted, and the old master, which does not
/// know yet, goes on to answer those who don't know either.
pub(super) async fn fail_over(stage: &mut Stage) -> io::Result<()> {
    let master = stage.master().await?;
    let from = time::now();
    stage.topology.fail_over(master).await?;
    stage.topology.until_demoted(master).await?;
    stage.had_two_masters(from, from);
    stage.failed_over().await
}

/// As it is killed; it is started again later, and becomes a replica.
///
/// There are never two: the old one answers nobody, and when it is back, with what it had in its
/// snapshot if anything, those who decide have long named another.
pub(super) async fn kill(stage: &mut Stage) -> io::Result<()> {
    let master = stage.master().await?;
    stage.topology.server_mut(master).kill9()?;
    stage.until_replaced(master).await?;
    let away = moment(stage);
    sleep(away).await;
    stage.topology.restart(master).await?;
    stage.topology.until_demoted(master).await
}

/// As it is stopped for longer than others wait for it; then it goes on.
///
/// In a cluster there are two from when it goes on: it takes itself for the master until it is told,
/// and answers whoever asks. Before that it answered nobody. With sentinels nobody may listen to it:
/// who was connected has given it up after `lag`, and no connection is used before the sentinels were
/// asked once more. So there nothing is excused but the end of a short pause.
pub(super) async fn pause(stage: &mut Stage) -> io::Result<()> {
    let master = stage.master().await?;
    let struck = time::now();
    stage.topology.server(master).pause()?;
    stage.until_replaced(master).await?;
    let stopped = moment(stage);
    sleep(stopped).await;
    let from = time::now();
    stage.topology.server(master).resume()?;
    stage.topology.until_demoted(master).await?;
    let given_up = struck + nanoseconds(stage.lag);
    if stage.topology.sentinels().is_err() || from < given_up {
        stage.had_two_masters(struck, from);
    }
    Ok(())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Some time, in which processes find the new master or not.
fn moment(stage: &mut Stage) -> Duration {
    stage.lag.mul_f64(stage.random.random_range(0.0..2.0))
}
