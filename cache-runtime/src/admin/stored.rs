//! Entries as they are stored, bytes and all, for who keeps a copy of them elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Admin, Apart, hex, unavailable};
use crate::error::{CacheError, Result};
use crate::frame::{self, Header, Stamp, StampKind, Stamped};
use crate::load::{Demands, Sight, Standing, standing, subject_of};
use crate::redis::{Fault, Found, Keys};
use crate::stamp::{BySubject, Subject};

/// An entry as it is stored. Nothing of it may be served from here: [`Admin::restore`] puts it back under its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its name in Redis.
    pub name: String,
    /// Its frame: the header and the value, as a program stored them.
    pub frame: Vec<u8>,
    /// For how long its key lives on, in milliseconds; `u64::MAX` if that has no end.
    pub left_ms: u64,
    /// The clock of its node when it was read, in Unix milliseconds.
    pub node_ms: u64,
    /// The run of that node.
    pub run: [u8; 8],
}

/// Why there is no copy of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unsaved {
    /// It is not stored, or no longer.
    Gone,
    /// What stands there can't be read as an entry.
    Unreadable,
    /// Its time is over.
    Expired,
    /// Something that it rests on was invalidated, or was made in another run of its node: no read is served it.
    Invalidated,
}

/// A node that has entries, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeClock {
    /// Its run, as 16 hexadecimal digits: another after each restart and each failover.
    pub run: String,
    /// Its clock, in Unix milliseconds.
    pub ms: u64,
}

/// The stamps that Redis has, by their names.
pub(super) type Stamps = BTreeMap<Arc<str>, Found>;

impl Admin {
    /// The same access, on connections of which Redis remembers no reads: for who reads all there is and keeps none
    /// of it. What Redis remembers is bounded (`tracking-table-max-keys`), and would be at the cost of the programs
    /// that cache.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if the cache is closed.
    pub fn unremembered(&self) -> Result<Self, CacheError> {
        let apart = self.redis()?.untracked();
        let apart = apart.map_err(|fault| unavailable("reach redis", fault))?;
        Ok(Self {
            apart: Some(Arc::new(Apart(apart))),
            ..self.clone()
        })
    }

    /// What the names of this cache begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.names().prefix()
    }

    /// Every node that has entries, with its run and its clock.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if one can't be asked.
    pub async fn clocks(&self) -> Result<Vec<NodeClock>, CacheError> {
        let failed = |fault| unavailable("ask the time", fault);
        let mut clocks = Vec::new();
        for master in self.redis()?.masters().await.map_err(failed)? {
            master.up().await.map_err(failed)?;
            let (Some(run), Some(ms)) = (master.run_id(), master.node_ms()) else {
                return Err(failed(Fault::Down));
            };
            clocks.push(NodeClock { run: hex(&run), ms });
        }
        Ok(clocks)
    }

    /// The entries of these names as they are stored, in that order: those that a read may be served now.
    ///
    /// It takes as much memory as they do; [`EntryLine::bytes`](super::EntryLine::bytes) tells that before.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked.
    pub async fn stored(
        &self,
        names: &[String],
    ) -> Result<Vec<Result<StoredEntry, Unsaved>>, CacheError> {
        let stored = self.read_stored(names).await;
        stored.map_err(|fault| unavailable("read entries", fault))
    }

    async fn read_stored(
        &self,
        names: &[String],
    ) -> Result<Vec<Result<StoredEntry, Unsaved>>, Fault> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let redis = self.redis().map_err(|_| Fault::Down)?;
        let keys: Keys = names.iter().map(|name| name.as_str().into()).collect();
        let found = redis.read(keys).await?.found;
        // After the entries: what they rest on is looked at no earlier than they are.
        let stamps = self.stamps_of(found.iter().filter_map(header)).await?;
        let lives = self.lives(names).await?;
        let mut stored = Vec::with_capacity(names.len());
        for ((name, found), left_ms) in names.iter().zip(found).zip(lives) {
            let node_ms = redis.node_ms(name).ok_or(Fault::Down)?;
            stored.push(self.saved(name, found, &stamps, (left_ms, node_ms)));
        }
        Ok(stored)
    }

    /// How long keys live on, in milliseconds; none of those that are gone.
    async fn lives(&self, names: &[String]) -> Result<Vec<Option<u64>>, Fault> {
        let words: Vec<[&[u8]; 2]> = names
            .iter()
            .map(|name| [b"PTTL".as_slice(), name.as_bytes()])
            .collect();
        let sayings: Vec<_> = names
            .iter()
            .zip(&words)
            .map(|(name, words)| (name.as_str(), words.as_slice()))
            .collect();
        let redis = self.redis().map_err(|_| Fault::Down)?;
        let said = redis.say(&sayings).await.into_iter();
        // -2 is for no key, -1 for one without an end.
        said.map(|said| match said?.number() {
            Some(-1) => Ok(Some(u64::MAX)),
            left => Ok(left.and_then(|left| u64::try_from(left).ok())),
        })
        .collect()
    }

    fn saved(
        &self,
        name: &str,
        found: Found,
        stamps: &Stamps,
        (left_ms, node_ms): (Option<u64>, u64),
    ) -> Result<StoredEntry, Unsaved> {
        let (Some(bytes), Some(left_ms)) = (found.bytes, left_ms) else {
            return Err(Unsaved::Gone);
        };
        let Some((namespace, _)) = self.names().parts(name) else {
            return Err(Unsaved::Unreadable);
        };
        let frame = frame::parse(&bytes).map_err(|_| Unsaved::Unreadable)?;
        let here = self.here(&frame.header, stamps);
        let demands = Demands {
            stamped: &[Subject::Namespace(namespace.into())],
            stale_ms: u64::MAX,
            spans_nodes: self.cache.tiers().spans_nodes(),
        };
        let sight = Sight {
            stamps: &here,
            node_ms,
            run_id: found.run_id,
        };
        match standing(&demands, &frame.header, &sight) {
            Standing::Good(_) => Ok(StoredEntry {
                name: name.to_owned(),
                frame: bytes.to_vec(),
                left_ms,
                node_ms,
                run: found.run_id,
            }),
            Standing::Expired => Err(Unsaved::Expired),
            Standing::OfAnotherRun | Standing::Invalidated | Standing::Unknown(_) => {
                Err(Unsaved::Invalidated)
            }
        }
    }

    /// The stamps that a header names, as Redis has them.
    fn here(&self, header: &Header<&str>, stamps: &Stamps) -> BySubject<Option<Stamp>> {
        let here = header.stamps.iter().filter_map(|stamped| {
            let found = stamps.get(&self.stamp_name(stamped)?);
            Some((subject_of(stamped)?, found.cloned().and_then(Found::stamp)))
        });
        here.collect()
    }

    /// What Redis has in the places of all stamps that these headers name.
    pub(super) async fn stamps_of<'a>(
        &self,
        headers: impl Iterator<Item = Header<&'a str>>,
    ) -> Result<Stamps, Fault> {
        let mut names = BTreeMap::new();
        for header in headers {
            for stamped in &header.stamps {
                if let Some(name) = self.stamp_name(stamped) {
                    names.insert(name, ());
                }
            }
        }
        if names.is_empty() {
            return Ok(Stamps::new());
        }
        let names: Keys = names.into_keys().collect();
        let redis = self.redis().map_err(|_| Fault::Down)?;
        let found = redis.read(names.clone()).await?.found;
        Ok(names.into_iter().zip(found).collect())
    }

    pub(super) fn stamp_name<N: AsRef<str>>(&self, stamped: &Stamped<N>) -> Option<Arc<str>> {
        match stamped.kind {
            StampKind::Tag => Some(self.names().tag(stamped.name.as_ref())),
            StampKind::Namespace => Some(self.names().namespace(stamped.name.as_ref())),
            StampKind::Node => None,
        }
    }
}

fn header(found: &Found) -> Option<Header<&str>> {
    let (header, _) = frame::outline(found.bytes.as_deref()?).ok()?;
    Some(header)
}
