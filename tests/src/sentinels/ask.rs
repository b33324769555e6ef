//! What sentinels and servers say, of which some may be paused or dead.

use std::time::Duration;

use futures_util::future::join_all;

use super::{NAME, Sentinels};
use crate::Server;

/// How long one may take to answer before it counts as one that does not.
const PATIENCE: Duration = Duration::from_millis(500);

impl Sentinels {
    /// What each sentinel that answers says is the master.
    pub(super) async fn said(&self) -> Vec<usize> {
        let asked = (0..self.sentinels.len()).map(|at| self.said_by(at));
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// What one sentinel says is the master.
    pub(super) async fn said_by(&self, at: usize) -> Option<usize> {
        let words = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME];
        let address: (String, u16) = answer(&self.sentinels[at], &words).await?;
        let is_it = |server: &Server| server.port() == address.1;
        self.servers.iter().position(is_it)
    }

    pub(super) async fn is_master(&self, at: usize) -> bool {
        replication(&self.servers[at])
            .await
            .is_some_and(|text| text.contains("role:master"))
    }

    /// Whether it is the master's replica and in sync, or does not answer.
    pub(super) async fn follows(&self, at: usize, master: usize) -> bool {
        let port = format!("master_port:{}\r\n", self.servers[master].port());
        replication(&self.servers[at])
            .await
            .is_none_or(|text| text.contains(&port) && text.contains("master_link_status:up"))
    }
}

async fn replication(server: &Server) -> Option<String> {
    answer(server, &["INFO", "replication"]).await
}

pub(super) async fn answer<T: redis::FromRedisValue>(server: &Server, words: &[&str]) -> Option<T> {
    let answer = tokio::time::timeout(PATIENCE, server.run(words)).await;
    redis::from_redis_value(answer.ok()?.ok()?).ok()
}
