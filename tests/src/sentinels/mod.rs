//! A master, its replicas and three sentinels of a test's own: real processes, gone when dropped.

mod ask;
mod start;

use std::io;
use std::time::Duration;

use crate::Server;
use crate::wait::until;

/// What the sentinels call the master.
const NAME: &str = "mymaster";

/// How many sentinels there are; two of them must agree.
const SENTINELS: usize = 3;

/// How long one failover by command may take before it is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Servers watched by sentinels, which take a master for dead after half a second.
#[derive(Debug)]
pub struct Sentinels {
    /// The master that it starts with first, then its replicas.
    servers: Vec<Server>,
    sentinels: Vec<Server>,
}

impl Sentinels {
    /// A master with two replicas.
    ///
    /// # Errors
    ///
    /// If a server does not start, or the sentinels don't know each other in time.
    pub async fn start() -> io::Result<Self> {
        Self::with(2, &[]).await
    }

    /// Where it is: every sentinel, and the master's name.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self
            .sentinels
            .iter()
            .map(|sentinel| format!("127.0.0.1:{}", sentinel.port()))
            .collect();
        format!("redis+sentinel://{}/{NAME}", hosts.join(","))
    }

    /// The master that it started with at 0, and its replicas.
    #[must_use]
    pub fn server(&self, at: usize) -> &Server {
        &self.servers[at]
    }

    /// One of them, to be killed or started again.
    pub fn server_mut(&mut self, at: usize) -> &mut Server {
        &mut self.servers[at]
    }

    /// One of the three sentinels.
    #[must_use]
    pub fn sentinel(&self, at: usize) -> &Server {
        &self.sentinels[at]
    }

    /// One of the three sentinels, to be killed or started again.
    pub fn sentinel_mut(&mut self, at: usize) -> &mut Server {
        &mut self.sentinels[at]
    }

    /// The number of the server that the sentinels say is the master, of what most of them say.
    ///
    /// # Errors
    ///
    /// If no two of them that answer say the same.
    pub async fn master(&self) -> io::Result<usize> {
        let said = self.said().await;
        let agreed = |at: &usize| said.iter().filter(|other| *other == at).count() > SENTINELS / 2;
        let agreed = said.iter().copied().find(agreed);
        agreed.ok_or_else(|| io::Error::other("the sentinels don't agree on a master"))
    }

    /// Has the sentinels put a replica in the master's place, and waits until it is the master;
    /// gives its number.
    ///
    /// They are asked again and again: until a sentinel has heard of a replica it says that there is
    /// none, and one that can't finish gives up and does not begin again.
    ///
    /// # Errors
    ///
    /// If there is no replica that could be, or it does not become one in time.
    pub async fn failover(&self) -> io::Result<usize> {
        let before = self.master().await?;
        until("a master put in its place", || async {
            if self.said_by(0).await == Some(before) {
                // An error is one that says it is under way, or that no replica is fit yet.
                let _ = self.sentinels[0].run(&["SENTINEL", "FAILOVER", NAME]).await;
            }
            tokio::time::timeout(ASK_AGAIN, self.until_replaced(before))
                .await
                .ok()
                .transpose()
        })
        .await
    }

    /// Waits until another server is the master and most sentinels say so; gives its number.
    ///
    /// # Errors
    ///
    /// If none is in time.
    pub async fn until_replaced(&self, before: usize) -> io::Result<usize> {
        until("another master", || async {
            let Ok(now) = self.master().await else {
                return Ok(None);
            };
            let is_master = self.is_master(now).await;
            Ok((now != before && is_master).then_some(now))
        })
        .await
    }

    /// Waits until the sentinels agree on a master that says so too, and every other server that
    /// answers is its replica and in sync.
    ///
    /// # Errors
    ///
    /// If it is not so in time.
    pub async fn until_settled(&self) -> io::Result<()> {
        until("all servers agree", || async {
            let Ok(master) = self.master().await else {
                return Ok(None);
            };
            let mut is_settled = self.is_master(master).await;
            for at in (0..self.servers.len()).filter(|at| *at != master) {
                is_settled &= self.follows(at, master).await;
            }
            Ok(is_settled.then_some(()))
        })
        .await
    }
}
