//! What the processes find Redis in: one server, a master that sentinels watch, or a cluster.

mod cluster;
mod sentinel;
mod single;

use std::io;
use std::time::Duration;

use redis::Value;

use crate::wait::until;
use crate::{Cluster, Proxy, Sentinels, Server};
pub(super) use sentinel::hasten;
use single::Single;

/// How long a server may take to say what it is, before it counts as one that does not answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often something is tried that a busy machine may be too slow for.
const ATTEMPTS: u32 = 4;

/// How long a master is silent before the others take it for dead.
pub(super) const TAKEN_FOR_DEAD: Duration = Duration::from_secs(1);

/// What a run is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Single,
    Sentinel,
    Cluster,
}

/// The servers of a run. Each has a number.
#[derive(Debug)]
pub(super) enum Topology {
    Single(Single),
    Sentinel(Sentinels),
    Cluster(Cluster),
}

impl Kind {
    const ALL: [Self; 3] = [Self::Single, Self::Sentinel, Self::Cluster];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| format!("`{word}` is no topology; there are {}", known()))
    }
}

impl Topology {
    /// Starts the servers of so many processes.
    pub(super) async fn start(kind: Kind, processes: usize) -> io::Result<Self> {
        Ok(match kind {
            Kind::Single => Self::Single(Single::start(processes).await?),
            Kind::Sentinel => Self::Sentinel(sentinel::start().await?),
            Kind::Cluster => Self::Cluster(cluster::start().await?),
        })
    }

    /// Where a process finds Redis.
    pub(super) fn url(&self, process: usize) -> String {
        match self {
            Self::Single(single) => single.url(process),
            Self::Sentinel(sentinels) => sentinels.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    /// The masters, which those who decide agree on; one of a single server.
    pub(super) async fn masters(&self) -> io::Result<Vec<usize>> {
        match self {
            Self::Single(_) => Ok(vec![0]),
            Self::Sentinel(sentinels) => sentinel::masters(sentinels).await,
            Self::Cluster(cluster) => cluster::masters(cluster).await,
        }
    }

    pub(super) fn server(&self, at: usize) -> &Server {
        match self {
            Self::Single(single) => &single.server,
            Self::Sentinel(sentinels) => sentinels.server(at),
            Self::Cluster(cluster) => cluster.node(at),
        }
    }

    pub(super) fn server_mut(&mut self, at: usize) -> &mut Server {
        match self {
            Self::Single(single) => &mut single.server,
            Self::Sentinel(sentinels) => sentinels.server_mut(at),
            Self::Cluster(cluster) => cluster.node_mut(at),
        }
    }

    /// The networks that can be made to fail. Sentinels name servers as they are, so there are none
    /// before those; a cluster's nodes each have one, which all processes come through.
    pub(super) fn proxies(&self) -> Vec<&Proxy> {
        match self {
            Self::Single(single) => single.proxies.iter().collect(),
            Self::Sentinel(_) => Vec::new(),
            Self::Cluster(cluster) => (0..cluster.len())
                .filter_map(|at| cluster.proxy(at))
                .collect(),
        }
    }

    /// What stands before the name of a key that is a master's own.
    pub(super) async fn key_at(&self, at: usize) -> io::Result<String> {
        match self {
            Self::Single(_) | Self::Sentinel(_) => Ok(String::new()),
            Self::Cluster(cluster) => cluster::key_at(cluster, at).await,
        }
    }

    /// Has a replica take the place of this master, and waits until it has.
    pub(super) async fn fail_over(&self, master: usize) -> io::Result<()> {
        match self {
            Self::Single(_) => Err(none("replica")),
            Self::Sentinel(sentinels) => sentinels.failover().await.map(drop),
            Self::Cluster(cluster) => cluster::fail_over(cluster, master).await,
        }
    }

    /// Waits until a replica is in the place of this master, which was killed or paused.
    pub(super) async fn until_replaced(&self, master: usize) -> io::Result<()> {
        match self {
            Self::Single(_) => Err(none("replica")),
            Self::Sentinel(sentinels) => {
                let replaced = || async { sentinels.until_replaced(master).await.map(drop) };
                patiently(replaced).await
            }
            Self::Cluster(cluster) => patiently(|| cluster::until_replaced(cluster, master)).await,
        }
    }

    /// Waits until a server says of itself that it is a replica.
    pub(super) async fn until_demoted(&self, at: usize) -> io::Result<()> {
        until("the old master is a replica", || async {
            let asked = tokio::time::timeout(PATIENCE, self.server(at).run(&["ROLE"]));
            let Ok(Ok(Value::Array(role))) = asked.await else {
                return Ok(None);
            };
            let is_replica = role.first() == Some(&Value::BulkString(b"slave".to_vec()));
            Ok(is_replica.then_some(()))
        })
        .await
    }

    /// Waits until all agree, and replicas are in sync; several times as long as a test would, as a
    /// run takes all that the machine has.
    pub(super) async fn until_settled(&self) -> io::Result<()> {
        patiently(|| self.settles()).await
    }

    async fn settles(&self) -> io::Result<()> {
        match self {
            Self::Single(_) => Ok(()),
            Self::Sentinel(sentinels) => sentinels.until_settled().await,
            Self::Cluster(cluster) => cluster.until_settled().await,
        }
    }

    /// Starts a server again that was killed. Its port may be another program's for a moment.
    pub(super) async fn restart(&mut self, at: usize) -> io::Result<()> {
        let server = self.server_mut(at);
        let mut started = server.restart().await;
        for _ in 1..ATTEMPTS {
            if started.is_err() {
                server.kill9()?;
                tokio::time::sleep(PATIENCE).await;
                started = server.restart().await;
            }
        }
        started
    }

    /// The sentinels of a run that has some.
    pub(super) fn sentinels(&mut self) -> io::Result<&mut Sentinels> {
        match self {
            Self::Sentinel(sentinels) => Ok(sentinels),
            _ => Err(none("sentinel")),
        }
    }

    /// The cluster of a run that has one.
    pub(super) fn cluster(&self) -> io::Result<&Cluster> {
        match self {
            Self::Cluster(cluster) => Ok(cluster),
            _ => Err(none("cluster")),
        }
    }
}

/// Faults are chosen by topology, so this is a mistake of the checker's own.
fn none(what: &str) -> io::Error {
    io::Error::other(format!("there is no {what}"))
}

/// Waits for something several times.
async fn patiently<F>(mut wait: impl FnMut() -> F) -> io::Result<()>
where
    F: Future<Output = io::Result<()>>,
{
    let mut done = wait().await;
    for _ in 1..ATTEMPTS {
        if done.is_err() {
            done = wait().await;
        }
    }
    done
}
