//! What is asked by who looks from outside, of the node of a key or of each master.

use super::{Routes, Topology};
use crate::redis::link::Link;
use crate::redis::terms::fault::Fault;
use crate::redis::terms::news::{LinkEvent, LinkReport, Pushed};
use crate::redis::terms::said::Said;
use crate::redis::wire::asks::Ask;
use crate::redis::wire::said::said;
use crate::redis::wire::settings::LinkSettings;

/// A command, and the key whose node is asked.
pub(crate) type Saying<'a> = (&'a str, &'a [&'a [u8]]);

/// A node that has keys.
#[derive(Clone, Debug)]
pub(crate) struct Master(Link);

impl Topology {
    /// Asks the nodes of the keys, those of one node in one write; an error of one is in its place.
    pub(crate) async fn say(&self, sayings: &[Saying<'_>]) -> Vec<Result<Said, Fault>> {
        let asks: Vec<_> = sayings
            .iter()
            .map(|(key, words)| Ask::Said { key, words })
            .collect();
        let answers = self.each(&asks).await;
        let answers = answers.into_iter().map(|answered| said(answered?.value));
        answers.collect()
    }

    /// The same servers, on connections of their own, one to each node, which are told of every change of a name that
    /// begins so; `hear` as in [`new`](Self::new).
    pub(crate) fn watching(
        &self,
        beginning: String,
        tell: impl Fn(&str, LinkEvent) + Send + Sync + 'static,
        hear: impl Fn(Pushed<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Fault> {
        let settings = self.settings()?;
        let mut settings = settings.clone().with_watched(beginning);
        // Each of several would tell of all.
        settings.connections = 1;
        Ok(Self::new(settings, tell, hear))
    }

    /// Connections of their own to the same servers, which remember nothing of what is read on them.
    pub(crate) fn untracked(&self) -> Result<Self, Fault> {
        let settings = self.settings()?.clone().untracked();
        Ok(Self::new(settings, |_, _| {}, |_| {}))
    }

    fn settings(&self) -> Result<&LinkSettings, Fault> {
        Ok(match &*self.0 {
            Routes::Node(lanes) => lanes.first().ok_or(Fault::Down)?.settings(),
            Routes::Cluster(cluster) => cluster.settings(),
        })
    }

    /// Every node that has keys; without a map of a cluster, waits for one.
    pub(crate) async fn masters(&self) -> Result<Vec<Master>, Fault> {
        let links = match &*self.0 {
            Routes::Node(lanes) => lanes.first().cloned().into_iter().collect(),
            // Not by a slot, which may have no node.
            Routes::Cluster(cluster) => cluster.found().await?,
        };
        Ok(links.into_iter().map(Master).collect())
    }

    /// The nodes that the url of a cluster names, each by itself: where the cluster can't be used, they can say why.
    /// They are to be closed.
    pub(crate) fn seeds(&self) -> Vec<Master> {
        match &*self.0 {
            Routes::Node(_) => Vec::new(),
            Routes::Cluster(cluster) => cluster.seeds().into_iter().map(Master).collect(),
        }
    }
}

impl Master {
    /// Asks it.
    pub(crate) async fn say(&self, words: &[&[u8]]) -> Result<Said, Fault> {
        let ask = Ask::Said { key: "", words };
        let answered = self.0.run(&[ask], false).await?.pop();
        said(answered.ok_or(Fault::Protocol)?.value)
    }

    /// Waits until it is connected, or can't be for a reason that stays.
    pub(crate) async fn up(&self) -> Result<(), Fault> {
        self.0.up().await
    }

    /// Closes its connection for good.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }

    /// How its connection is.
    pub(crate) fn report(&self) -> LinkReport {
        LinkReport::of(&self.0)
    }

    /// Its run, while it is connected.
    pub(crate) fn run_id(&self) -> Option<[u8; 8]> {
        self.0.run_id()
    }

    /// Its clock in Unix milliseconds, while it is connected.
    pub(crate) fn node_ms(&self) -> Option<u64> {
        self.0.node_ms()
    }
}
