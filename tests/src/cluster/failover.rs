//! A replica in its master's place.

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Cluster;
use crate::wait::until;

/// How long a replica tries when it is told to; then it must be told again.
const TRIES: Duration = Duration::from_secs(5);

impl Cluster {
    /// Has a replica take its master's place, and waits until it says that it has.
    ///
    /// # Errors
    ///
    /// If the node is no replica, or does not become a master in time.
    pub async fn failover(&self, replica: usize) -> io::Result<()> {
        self.must(replica, &["CLUSTER", "FAILOVER"]).await?;
        let told = Mutex::new(Instant::now());
        until("the replica is a master", || async {
            let mut told = told.lock().await;
            if told.elapsed() > TRIES {
                // An error says that it has just become a master.
                let _ = self.must(replica, &["CLUSTER", "FAILOVER"]).await;
                *told = Instant::now();
            }
            Ok(self.is_master(replica).await.then_some(()))
        })
        .await
    }

    /// Waits until another node has a slot, after this one was killed or paused; gives its number.
    ///
    /// # Errors
    ///
    /// If none has in time.
    pub async fn until_replaced(&self, slot: u16, master: usize) -> io::Result<usize> {
        until("a replica has taken its master's place", || async {
            Ok(self.master_among(slot, |at| at != master).await.ok())
        })
        .await
    }

    pub(super) async fn is_master(&self, at: usize) -> bool {
        let role = self.nodes[at].text(&["INFO", "replication"]).await;
        role.is_some_and(|text| text.contains("role:master"))
    }
}
