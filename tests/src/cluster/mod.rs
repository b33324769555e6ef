//! A Redis cluster of a test's own: real processes on this machine, gone when dropped.

mod builder;
mod failover;
mod form;
mod migration;
mod slots;
mod view;

use std::io;
use std::ops::Range;

use crate::{Proxy, Server};

pub use builder::ClusterBuilder;
pub use migration::Migration;

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;

/// A cluster under test. Its nodes have numbers: the masters that it starts with first, then the
/// replicas of the first of them, and so on.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    builder: ClusterBuilder,
}

#[derive(Debug)]
struct Node {
    server: Server,
    id: String,
    proxy: Option<Proxy>,
}

impl Cluster {
    /// Three masters with a replica each.
    ///
    /// # Errors
    ///
    /// As [`ClusterBuilder::start`].
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// A cluster of some kind.
    #[must_use]
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }

    /// Where it is: every node that it started with, with its password.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = (0..self.len())
            .map(|at| format!("127.0.0.1:{}", self.port(at)))
            .collect();
        let userinfo = self.nodes[0].server.userinfo();
        format!("redis+cluster://{userinfo}{}", hosts.join(","))
    }

    /// How many nodes it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is no cluster of none")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// A node's own server.
    #[must_use]
    pub fn node(&self, at: usize) -> &Server {
        &self.nodes[at].server
    }

    /// A node's own server, to be killed or started again.
    pub fn node_mut(&mut self, at: usize) -> &mut Server {
        &mut self.nodes[at].server
    }

    /// What the cluster calls a node.
    #[must_use]
    pub fn id(&self, at: usize) -> &str {
        &self.nodes[at].id
    }

    /// The port that the others say a node is at: its proxy's, if it has one.
    #[must_use]
    pub fn port(&self, at: usize) -> u16 {
        let node = &self.nodes[at];
        node.proxy.as_ref().map_or(node.server.port(), Proxy::port)
    }

    /// The network before a node, of a cluster that was started with
    /// [`proxies`](ClusterBuilder::proxies). Its replicas and clients come through it, the bus does
    /// not.
    #[must_use]
    pub fn proxy(&self, at: usize) -> Option<&Proxy> {
        self.nodes[at].proxy.as_ref()
    }

    /// The slot that a key is in.
    #[must_use]
    pub fn slot_of(key: impl AsRef<[u8]>) -> u16 {
        slots::of(key.as_ref())
    }

    /// The slots that a master has at first.
    #[must_use]
    pub fn first_slots(&self, master: usize) -> Range<u16> {
        self.builder.slots(master)
    }
}
