//! How servers become one cluster.

use std::io;

use tokio::sync::Mutex;

use super::Cluster;
use super::view::Line;
use crate::server::BUS;
use crate::wait::until;

impl Cluster {
    /// Slots, introductions, replicas; then waits until every node says the same.
    pub(super) async fn form(&mut self) -> io::Result<()> {
        let masters = self.builder.masters;
        for at in 0..self.len() {
            let epoch = (at + 1).to_string();
            self.must(at, &["CLUSTER", "SET-CONFIG-EPOCH", &epoch])
                .await?;
        }
        for at in 0..masters {
            let slots: Vec<_> = self
                .builder
                .slots(at)
                .map(|slot| slot.to_string())
                .collect();
            let mut words = vec!["CLUSTER", "ADDSLOTS"];
            words.extend(slots.iter().map(String::as_str));
            self.must(at, &words).await?;
        }
        // Each with each: gossip would find the others too, in its own time.
        for at in 0..self.len() {
            for other in at + 1..self.len() {
                let port = self.port(other).to_string();
                let bus = (self.node(other).port() + BUS).to_string();
                self.must(at, &["CLUSTER", "MEET", "127.0.0.1", &port, &bus])
                    .await?;
            }
        }
        until("all nodes know each other", || async {
            for node in &self.nodes {
                let known = node.view().await.unwrap_or_default();
                let is_known = |id: &str| known.iter().any(|line| line.id == id);
                if !self.nodes.iter().all(|node| is_known(&node.id)) {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await?;
        for at in masters..self.len() {
            let master = self.id((at - masters) / self.builder.replicas).to_owned();
            self.must(at, &["CLUSTER", "REPLICATE", &master]).await?;
        }
        self.until_settled().await
    }

    /// Waits until every node that answers says that the cluster is whole, names the same masters
    /// for the same slots, and is in sync with its master where it is a replica.
    ///
    /// # Errors
    ///
    /// If they don't agree in time.
    pub async fn until_settled(&self) -> io::Result<()> {
        let said = Mutex::new(String::new());
        let settled = until("all nodes agree", || async {
            let disagreement = self.disagreement().await;
            let is_settled = disagreement.is_none();
            *said.lock().await = disagreement.unwrap_or_default();
            Ok(is_settled.then_some(()))
        });
        let settled = settled.await;
        let said = said.into_inner();
        settled.map_err(|error| io::Error::other(format!("{error}: {said}")))
    }

    /// What keeps the nodes from being one whole cluster, if anything does.
    async fn disagreement(&self) -> Option<String> {
        let mut agreed: Option<Vec<Role>> = None;
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(view) = node.view().await else {
                continue;
            };
            let roles = roles(view);
            let same = agreed.get_or_insert_with(|| roles.clone());
            if *same != roles {
                return Some(format!("node {at} says {roles:?}, one before {same:?}"));
            }
            if !node.is_ok().await {
                return Some(format!("node {at} says that the cluster is not whole"));
            }
            if !node.is_in_sync().await {
                return Some(format!("node {at} is not in sync with its master"));
            }
        }
        let agreed = agreed.unwrap_or_default();
        let replicas = agreed.iter().filter(|role| role.master != "-").count();
        // A master that has given all its slots away follows who has them.
        let all = self.builder.masters * self.builder.replicas;
        (replicas < all || agreed.is_empty()).then(|| format!("of {all} replicas {replicas} are"))
    }

    pub(super) async fn must(&self, at: usize, words: &[&str]) -> io::Result<redis::Value> {
        let answer = self.node(at).run(words).await;
        answer.map_err(|error| io::Error::other(format!("{}: {error}", words[..2].join(" "))))
    }
}

/// What all should agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Role {
    id: String,
    master: String,
    slots: Vec<std::ops::RangeInclusive<u16>>,
}

fn roles(view: Vec<Line>) -> Vec<Role> {
    let mut roles: Vec<_> = view
        .into_iter()
        .map(|line| Role {
            id: line.id,
            master: line.master,
            slots: line.slots,
        })
        .collect();
    roles.sort_by(|one, other| one.id.cmp(&other.id));
    roles
}

impl super::Node {
    async fn is_in_sync(&self) -> bool {
        let info = self.text(&["INFO", "replication"]).await;
        info.is_some_and(|text| {
            text.contains("role:master") || text.contains("master_link_status:up")
        })
    }
}
