//! How they are started, and come to know each other.

use std::io;

use futures_util::future::try_join_all;

use super::ask::answer;
use super::{NAME, SENTINELS, Sentinels};
use crate::Server;
use crate::wait::until;

impl Sentinels {
    /// A master with so many replicas, and more arguments of each of these servers.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn with(replicas: usize, arguments: &[&str]) -> io::Result<Self> {
        // A master waits five seconds for more replicas to sync, unless told not to.
        let plain = Server::builder()
            .arguments(["--repl-diskless-sync-delay", "0"])
            .arguments(arguments.iter().copied());
        // In a file, where sentinels write whose replica a server is: started again it is what it
        // was last, as it would be anywhere else.
        let master = plain.clone().configuration("").start().await?;
        let port = master.port().to_string();
        let replica = plain.configuration(&format!("replicaof 127.0.0.1 {port}\n"));
        let followers = try_join_all((0..replicas).map(|_| replica.clone().start())).await?;
        let mut servers = vec![master];
        servers.extend(followers);
        until("the replicas are there", || async {
            let role = servers[0].run(&["INFO", "replication"]).await;
            let text: String = role
                .and_then(|role| Ok(redis::from_redis_value(role)?))
                .map_err(io::Error::other)?;
            Ok((text.matches("state=online").count() == replicas).then_some(()))
        })
        .await?;
        let sentinels = try_join_all((0..SENTINELS).map(|_| sentinel(&port))).await?;
        let sentinels = Self { servers, sentinels };
        sentinels.until_known(replicas).await?;
        Ok(sentinels)
    }

    async fn until_known(&self, replicas: usize) -> io::Result<()> {
        let replicas = format!("slaves={replicas},sentinels={SENTINELS}\r\n");
        until("all sentinels know each other and the replicas", || async {
            for sentinel in &self.sentinels {
                let info: Option<String> = answer(sentinel, &["INFO", "sentinel"]).await;
                if !info.is_some_and(|text| text.contains(&replicas)) {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await
    }
}

async fn sentinel(master: &str) -> io::Result<Server> {
    let lines = format!(
        "sentinel monitor {NAME} 127.0.0.1 {master} 2\n\
         sentinel down-after-milliseconds {NAME} 500\n\
         sentinel failover-timeout {NAME} 5000\n"
    );
    let sentinel = Server::builder()
        .configuration(&lines)
        .argument("--sentinel")
        .start()
        .await?;
    // They speak of each other every two seconds, unless told to do so more often. A server that
    // can't be told is as good, later.
    let _ = sentinel
        .run(&["SENTINEL", "DEBUG", "PUBLISH-PERIOD", "200"])
        .await;
    Ok(sentinel)
}
