//! A stream with groups, each of which has every entry delivered until one delivery of it is finished: what queues and
//! events are made of. In Redis it is a stream of its own kind, on a cache without one it is in the process.
//!
//! The consumer group of the stream says how far the group has read and how often each entry was delivered; a sorted set
//! beside it says when each pending delivery is due again, whether it was neither finished nor renewed or is to be tried
//! again. So what is due is one look, and it is known for how long there is nothing to do. All of a group goes by one
//! consumer's name, as it is the set that knows who is late: no names of dead processes pile up.
//!
//! Who waits looks at a small key that each addition and each retry changes, and is woken by the server's push
//! ([`Commands::look`](cache_runtime::commands::Commands::look)): `XREADGROUP BLOCK` would block the cache's own reads.

mod consumer;
mod dead;
mod group;
mod local;
mod remote;
mod terms;

use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Cache;

use crate::ToolkitError;
pub use consumer::{Consumer, ConsumerStats};
pub(crate) use consumer::{Failure, consume};
pub use dead::{DeadLetter, DeadLetters};
pub(crate) use group::{Bell, Given, Group, Retried};
use local::Local;
use remote::Remote;
pub(crate) use remote::{millis, number};
pub(crate) use terms::Terms;

/// How many bytes an entry may have: 1 MiB.
const MOST_BYTES: usize = 1 << 20;

/// What sort of stream it is.
#[derive(Debug)]
pub(crate) struct Kind {
    /// What names in Redis and in the log begin with.
    pub(crate) name: &'static str,
    /// The streams that it has, the most urgent first.
    pub(crate) levels: &'static [&'static str],
    /// Whether what is finished is deleted, as there is one group; else what is old is trimmed.
    pub(crate) deletes: bool,
}

/// How much of a stream is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) most: u32,
    /// Zero for ever.
    pub(crate) age: Duration,
}

/// A stream by its name.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) cache: Cache,
    pub(crate) kind: &'static Kind,
    pub(crate) name: Arc<str>,
}

/// Where it is.
pub(crate) enum Place {
    Redis(Remote),
    Process(Arc<Local>),
}

impl Stream {
    pub(crate) fn new(cache: &Cache, kind: &'static Kind, name: &str) -> Self {
        Self {
            cache: cache.clone(),
            kind,
            name: name.into(),
        }
    }

    pub(crate) fn place(&self) -> Result<Place, ToolkitError> {
        if self.name.is_empty() {
            return Err(ToolkitError::Setting {
                what: "name",
                reason: "it is empty: give it one",
            });
        }
        if self.cache.has_redis() {
            let commands = self.cache.commands()?;
            return Ok(Place::Redis(Remote::new(commands, self.kind, &self.name)));
        }
        let locals = self.cache.extension::<local::Locals>();
        Ok(Place::Process(locals.get(self.kind, &self.name)?))
    }

    /// Adds an entry, and gives its number.
    pub(crate) async fn add(
        &self,
        level: usize,
        bytes: &[u8],
        delay: Duration,
        bounds: Bounds,
    ) -> Result<u64, ToolkitError> {
        let number = match self.place()? {
            Place::Redis(redis) => redis.add(level, bytes, delay, bounds).await?,
            Place::Process(local) => local.add(self.kind, level, bytes, delay, bounds),
        };
        number.ok_or(ToolkitError::Full {
            what: self.kind.name,
            most: bounds.most,
        })
    }
}

/// A value as it is written: JSON, which people and other programs can read, and in which a field can be added
/// (`#[serde(default)]`) while old entries are under way.
pub(crate) fn encoded<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, ToolkitError> {
    let wrong = |what, reason| ToolkitError::Setting { what, reason };
    let bytes = serde_json::to_vec(value).map_err(|_| {
        wrong(
            "value",
            "it can't be written as JSON: keys of its maps are texts or numbers, and its `Serialize` must not fail",
        )
    })?;
    if bytes.len() > MOST_BYTES {
        return Err(wrong(
            "size of the value",
            "it is at most 1 MiB as JSON: keep it elsewhere, and pass its name along",
        ));
    }
    Ok(bytes)
}

/// The value of some JSON. The error quotes nothing of it.
pub(crate) fn decoded<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, ToolkitError> {
    serde_json::from_slice(bytes).map_err(|error| ToolkitError::Unreadable {
        line: error.line(),
        column: error.column(),
    })
}
