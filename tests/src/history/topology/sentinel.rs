//! A master, two replicas and three sentinels.

use std::io;

use super::TAKEN_FOR_DEAD;
use crate::wait::until;
use crate::{Sentinels, Server};

/// As many as the harness starts.
const SENTINELS: usize = 3;

pub(super) async fn start() -> io::Result<Sentinels> {
    let sentinels = Sentinels::start().await?;
    for at in 0..SENTINELS {
        hasten(sentinels.sentinel(at)).await?;
    }
    Ok(sentinels)
}

/// Has a sentinel ask the servers what they are twice a second: every ten seconds, as it would, a
/// master that comes back stays one for so long. A pause that is to change nothing is far from what
/// counts as death.
pub(in crate::history) async fn hasten(sentinel: &Server) -> io::Result<()> {
    let dead = TAKEN_FOR_DEAD.as_millis().to_string();
    let set = ["SENTINEL", "SET", "mymaster", "down-after-milliseconds"];
    let mut settings = set.to_vec();
    settings.push(&dead);
    sentinel.run(&settings).await.map_err(io::Error::other)?;
    let debug = ["SENTINEL", "DEBUG", "INFO-PERIOD", "500"];
    let more = ["PUBLISH-PERIOD", "200"];
    // A server that can't be told does so later.
    let _ = sentinel.run(&[&debug[..], &more].concat()).await;
    Ok(())
}

/// The one that they agree on, when all that must answer have time to.
pub(super) async fn masters(sentinels: &Sentinels) -> io::Result<Vec<usize>> {
    until("the sentinels name a master", || async {
        Ok(sentinels.master().await.ok().map(|master| vec![master]))
    })
    .await
}
