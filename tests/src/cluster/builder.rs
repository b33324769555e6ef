//! What kind of cluster to start.

use std::io;
use std::ops::Range;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::{Cluster, Node, SLOTS};
use crate::server::{BUS, free_port};
use crate::{Proxy, Server};

const ATTEMPTS: u32 = 3;

/// What kind of cluster to start.
#[derive(Clone, Debug)]
pub struct ClusterBuilder {
    pub(super) masters: usize,
    pub(super) replicas: usize,
    node_timeout: Duration,
    pub(super) password: Option<String>,
    arguments: Vec<String>,
    has_proxies: bool,
}

impl Default for ClusterBuilder {
    fn default() -> Self {
        Self {
            masters: 3,
            replicas: 1,
            node_timeout: Duration::from_secs(1),
            password: None,
            arguments: Vec::new(),
            has_proxies: false,
        }
    }
}

impl ClusterBuilder {
    /// How many masters; 3 at first. Of fewer than 3, the others elect nobody in a dead one's place.
    #[must_use]
    pub fn masters(mut self, count: usize) -> Self {
        self.masters = count.max(1);
        self
    }

    /// How many replicas each of them has; 1 at first.
    #[must_use]
    pub fn replicas(mut self, count: usize) -> Self {
        self.replicas = count;
        self
    }

    /// How long a node is silent before the others take it for dead; 1 s at first.
    #[must_use]
    pub fn node_timeout(mut self, timeout: Duration) -> Self {
        self.node_timeout = timeout;
        self
    }

    /// Asks for a password from everyone.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// More arguments of each server.
    #[must_use]
    pub fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// Has every node say that it is at a [`Proxy`] of its own, which is before it.
    #[must_use]
    pub fn proxies(mut self) -> Self {
        self.has_proxies = true;
        self
    }

    /// Starts the servers, and waits until they are one cluster that every node says is whole.
    ///
    /// # Errors
    ///
    /// If a server does not start, or they don't agree in time.
    pub async fn start(self) -> io::Result<Cluster> {
        let nodes = self.spawn().await?;
        let mut cluster = Cluster {
            nodes,
            builder: self,
        };
        cluster.form().await?;
        Ok(cluster)
    }

    pub(crate) fn slots(&self, master: usize) -> Range<u16> {
        let bound = |at: usize| u16::try_from(usize::from(SLOTS) * at / self.masters);
        bound(master).unwrap_or(SLOTS)..bound(master + 1).unwrap_or(SLOTS)
    }

    async fn spawn(&self) -> io::Result<Vec<Node>> {
        let count = self.masters * (1 + self.replicas);
        let mut attempts = 0;
        loop {
            attempts += 1;
            match try_join_all((0..count).map(|_| self.node())).await {
                // Another program may take a free port before the server does.
                Err(_) if attempts < ATTEMPTS => {}
                outcome => return outcome,
            }
        }
    }

    async fn node(&self) -> io::Result<Node> {
        let port = free_port()?;
        let timeout = self.node_timeout.as_millis().to_string();
        let mut server = Server::builder()
            .port(port)
            .arguments(["--cluster-enabled", "yes", "--cluster-node-timeout"])
            .argument(&timeout)
            // A master waits five seconds for more replicas to sync, unless told not to.
            .arguments(["--repl-diskless-sync-delay", "0"]);
        if let Some(password) = &self.password {
            server = server.password(password).argument("--masterauth");
            server = server.argument(password);
        }
        let mut proxy = None;
        if self.has_proxies {
            let userinfo = self.password.as_ref().map(|word| format!(":{word}@"));
            let network = Proxy::before(port, userinfo.unwrap_or_default()).await?;
            server = server
                .argument("--cluster-announce-port")
                .argument(&network.port().to_string())
                .argument("--cluster-announce-bus-port")
                .argument(&(port + BUS).to_string());
            proxy = Some(network);
        }
        let arguments = self.arguments.iter().map(String::as_str);
        let server = server.arguments(arguments).start().await?;
        let id = server.run(&["CLUSTER", "MYID"]).await;
        let id = id.and_then(|id| Ok(redis::from_redis_value(id)?));
        Ok(Node {
            server,
            id: id.map_err(io::Error::other)?,
            proxy,
        })
    }
}
