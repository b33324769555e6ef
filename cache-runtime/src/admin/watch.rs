//! Every change of what is stored, as the servers push it.
//!
//! Source: client-side caching in broadcasting mode
//! (<https://redis.io/docs/latest/develop/reference/client-side-caching/>): a push says which key may have changed, and
//! no more. What became of it is looked up, so of changes that follow each other at once the last is told.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use tokio::sync::mpsc;

use super::{Admin, unavailable};
use crate::error::{CacheError, Result};
use crate::redis::{Fault, LinkEvent, Pushed, Topology};
use crate::site::{Named, Names};
use crate::tag::shown;

/// How many pushes wait to be told; more are counted and not told.
const ROOM: usize = 16_384;

/// How many are looked up at once.
const BATCH: usize = 256;

/// What changes; made by [`Admin::watch`]. The connections are closed when it is dropped.
pub struct Watch {
    admin: Admin,
    topology: Topology,
    pushes: mpsc::Receiver<Push>,
    lost: Arc<AtomicU64>,
}

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "heard", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Heard {
    /// A key changed.
    Changed(Change),
    /// Every key may have changed: the node was flushed, or forgot whom it tells.
    Everything,
    /// A node is connected, and tells of changes from now on.
    Connected {
        /// Its address.
        node: String,
    },
    /// A node is away, and what changes there is not told.
    Away {
        /// Its address.
        node: String,
        /// Why, by the word that `docs/operations.md` explains.
        cause: &'static str,
    },
    /// So many changes are not told: they came too fast, or their node did not say what became of them.
    Missed {
        /// How many.
        count: u64,
    },
}

/// A key that changed, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// When it was looked up, in Unix milliseconds of its node's clock.
    pub at_ms: Option<u64>,
    /// What it is.
    pub of: Of,
    /// The tag, the namespace, or the entry's name in Redis.
    pub name: String,
    /// Whether it is there. A stamp that is not was invalidated, expired by its time or evicted; an entry too.
    pub is_there: bool,
    /// For how long Redis keeps it, in milliseconds, if it is there.
    pub kept_ms: Option<u64>,
}

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Of {
    /// An entry.
    Entry,
    /// The lease of an entry: somebody loads it while it is there.
    Lease,
    /// The stamp of a tag.
    Tag,
    /// The stamp of a namespace.
    Namespace,
    /// The stamp of a bucket of tags.
    Bucket,
    /// The log of what people did by hand.
    Log,
    /// Another key under the prefix.
    Other,
}

/// What came from a connection.
enum Push {
    Changed(Vec<u8>),
    Everything,
    Connected(String),
    Away(String, Fault),
}

impl Admin {
    /// Begins to listen to every change under the prefix, on connections of its own, one to each node. It takes
    /// RESP3 and the right to `client|tracking`.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node can't be reached, or does not push.
    pub async fn watch(&self) -> Result<Watch, CacheError> {
        let failed = |fault| unavailable("watch", fault);
        let beginning = self.names().beginning();
        let (tell, pushes) = mpsc::channel(ROOM);
        let lost = Arc::new(AtomicU64::new(0));
        let (of_link, count) = (tell.clone(), Arc::clone(&lost));
        let topology = self.redis()?.watching(
            beginning,
            move |node, event| {
                let push = match event {
                    LinkEvent::Up => Push::Connected(node.to_owned()),
                    LinkEvent::Down(fault) => Push::Away(node.to_owned(), fault),
                    LinkEvent::Denied(_) => return,
                };
                // A full queue tells of more than this that was missed.
                let _ = of_link.try_send(push);
            },
            move |pushed| {
                let push = match pushed {
                    Pushed::Changed(name) => Push::Changed(name.to_vec()),
                    Pushed::All => Push::Everything,
                };
                if tell.try_send(push).is_err() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            },
        );
        let topology = topology.map_err(failed)?;
        let up = crate::own_thread::timeout(super::PATIENCE, topology.up()).await;
        up.unwrap_or(Err(Fault::Timeout)).map_err(failed)?;
        let mut reports = topology.report().into_iter();
        if !reports.all(|report| report.vouch.is_some_and(|vouch| vouch.pushes())) {
            return Err(CacheError::Unavailable {
                doing: "watch",
                cause: "no_pushes".to_owned(),
            });
        }
        Ok(Watch {
            admin: self.clone(),
            topology,
            pushes,
            lost,
        })
    }
}

impl Watch {
    /// What changed next, in the order in which it was heard; waits until there is something.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped while it waits, nothing is lost; while it looks up what changed, that batch is.
    pub async fn next(&mut self) -> Vec<Heard> {
        let mut pushes = Vec::with_capacity(BATCH);
        self.pushes.recv_many(&mut pushes, BATCH).await;
        let mut heard = Vec::with_capacity(pushes.len());
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let mut names = Vec::new();
        for push in pushes {
            match push {
                Push::Changed(name) => {
                    // Only text is a name under the prefix.
                    names.extend(String::from_utf8(name).ok());
                    continue;
                }
                Push::Everything => heard.push(Heard::Everything),
                Push::Connected(node) => heard.push(Heard::Connected { node }),
                Push::Away(node, fault) => heard.push(Heard::Away {
                    node,
                    cause: fault.as_str(),
                }),
            }
        }
        names.dedup();
        let changes = self.look_up(&names).await;
        // What became of the others is not known.
        let lost = lost.saturating_add(names.len().saturating_sub(changes.len()) as u64);
        heard.extend(changes.into_iter().map(Heard::Changed));
        if lost > 0 {
            heard.push(Heard::Missed { count: lost });
        }
        heard
    }

    /// The addresses of the nodes that tell of changes, or would if they were not away.
    #[must_use]
    pub fn nodes(&self) -> Vec<String> {
        let reports = self.topology.report().into_iter();
        reports.map(|report| report.node).collect()
    }

    /// What became of keys, without those whose node does not answer.
    async fn look_up(&self, names: &[String]) -> Vec<Change> {
        let Ok(redis) = self.admin.redis() else {
            return Vec::new();
        };
        let words: Vec<[&[u8]; 2]> = names
            .iter()
            .map(|name| [b"PTTL".as_slice(), name.as_bytes()])
            .collect();
        let sayings: Vec<_> = names
            .iter()
            .zip(&words)
            .map(|(name, words)| (name.as_str(), words.as_slice()))
            .collect();
        let said = redis.say(&sayings).await;
        let changes = names.iter().zip(said).filter_map(|(name, said)| {
            let left = said.ok()?.number()?;
            let (of, shown) = self.admin.names().told(name);
            Some(Change {
                at_ms: redis.node_ms(name),
                of,
                name: shown,
                // -2 is for no key, -1 for one without an end.
                is_there: left != -2,
                kept_ms: u64::try_from(left).ok(),
            })
        });
        changes.collect()
    }
}

impl Names {
    /// What a name is of, as a person is told.
    fn told(&self, name: &str) -> (Of, String) {
        match self.read(name.as_bytes()) {
            Some(Named::Entry(entry)) if entry.len() < name.len() => (Of::Lease, entry.to_owned()),
            Some(Named::Entry(entry)) => (Of::Entry, entry.to_owned()),
            Some(Named::Tag(tag)) => (Of::Tag, shown(tag).to_owned()),
            Some(Named::Namespace(namespace)) => (Of::Namespace, namespace.to_owned()),
            Some(Named::Bucket(bucket)) => (Of::Bucket, bucket.to_string()),
            None if name == self.log() => (Of::Log, name.to_owned()),
            Some(Named::Kept(_)) | None => (Of::Other, name.to_owned()),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let topology = self.topology.clone();
        // Without a thread there is no connection either.
        let _ = crate::own_thread::spawn(async move { topology.close().await });
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("topology", &self.topology)
            .finish_non_exhaustive()
    }
}
