//! What a node says of the cluster.

use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Cluster, Node};

/// How long a node may take to answer before it counts as one that does not.
const PATIENCE: Duration = Duration::from_millis(500);

/// A line of `CLUSTER NODES`.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) flags: Vec<String>,
    pub(super) master: String,
    pub(super) epoch: u64,
    pub(super) slots: Vec<RangeInclusive<u16>>,
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split(' ').collect();
        let &[id, _, flags, master, _, _, epoch, _, ref slots @ ..] = words.as_slice() else {
            return None;
        };
        Some(Self {
            id: id.to_owned(),
            flags: flags.split(',').map(str::to_owned).collect(),
            master: master.to_owned(),
            epoch: epoch.parse().ok()?,
            slots: slots.iter().filter_map(|slots| range(slots)).collect(),
        })
    }

    pub(super) fn is(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }

    pub(super) fn has(&self, slot: u16) -> bool {
        self.slots.iter().any(|slots| slots.contains(&slot))
    }
}

/// None for a slot that comes or goes, which has a line of its own.
fn range(words: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = words.split_once('-').unwrap_or((words, words));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

impl Node {
    /// One command, of a node that may be paused or dead.
    pub(super) async fn ask(&self, words: &[&str]) -> Option<redis::Value> {
        let answer = tokio::time::timeout(PATIENCE, self.server.run(words)).await;
        answer.ok()?.ok()
    }

    pub(super) async fn text(&self, words: &[&str]) -> Option<String> {
        redis::from_redis_value(self.ask(words).await?).ok()
    }

    /// How it sees the cluster, if it answers.
    pub(super) async fn view(&self) -> Option<Vec<Line>> {
        let text = self.text(&["CLUSTER", "NODES"]).await?;
        Some(text.lines().filter_map(Line::read).collect())
    }

    /// How it sees itself.
    async fn itself(&self) -> Option<Line> {
        let view = self.view().await?;
        view.into_iter().find(|line| line.is("myself"))
    }

    pub(super) async fn is_ok(&self) -> bool {
        let info = self.text(&["CLUSTER", "INFO"]).await;
        info.is_some_and(|text| text.contains("cluster_state:ok"))
    }
}

impl Cluster {
    /// The node that has a slot and says so itself. Of two, which there are for a moment after a
    /// failover, the later.
    ///
    /// # Errors
    ///
    /// If there is none that answers.
    pub async fn master_of(&self, slot: u16) -> io::Result<usize> {
        self.master_among(slot, |_| true).await
    }

    /// The same, of some nodes alone: one that is paused would have to be waited for.
    pub(super) async fn master_among(
        &self,
        slot: u16,
        is_asked: impl Fn(usize) -> bool,
    ) -> io::Result<usize> {
        let asked = (0..self.len()).filter(|at| is_asked(*at));
        let asked = asked.map(async |at| Some((at, self.nodes[at].itself().await?)));
        join_all(asked)
            .await
            .into_iter()
            .flatten()
            .filter(|(_, line)| line.is("master") && line.has(slot))
            .max_by_key(|(_, line)| line.epoch)
            .map(|(at, _)| at)
            .ok_or_else(|| io::Error::other(format!("no master has slot {slot}")))
    }

    /// The nodes that say themselves that they are masters, and of which slots.
    pub async fn masters(&self) -> Vec<(usize, Vec<RangeInclusive<u16>>)> {
        let lines = join_all(self.nodes.iter().map(Node::itself)).await;
        let is_master = |(at, line): (usize, Option<Line>)| {
            let line = line.filter(|line| line.is("master") && !line.slots.is_empty())?;
            Some((at, line.slots))
        };
        let lines = lines.into_iter().enumerate();
        lines.filter_map(is_master).collect()
    }

    /// The replicas of a node that say so themselves.
    pub async fn replicas_of(&self, master: usize) -> Vec<usize> {
        let lines = join_all(self.nodes.iter().map(Node::itself)).await;
        let is_its = |line: &Line| line.is("slave") && line.master == self.id(master);
        (0..self.len())
            .filter(|at| lines[*at].as_ref().is_some_and(is_its))
            .collect()
    }
}
