//! Commands of the program's own on the connections of the cache: structures beside it, as locks, limits and queues.
//!
//! A command goes to the node that has its key, and on where a cluster sends it; while a node is away it fails at once.
//! It is written beside the cache's own reads, so it must not block (`BLPOP`, `WAIT`):
//! all callers would wait for it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use cache_runtime::Cache;
//! use cache_runtime::commands::Script;
//!
//! /// KEYS[1] a counter. ARGV[1] its lifetime in milliseconds, from its first use.
//! static COUNT: Script = Script::new(
//!     "local n = redis.call('INCR', KEYS[1])
//!      if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
//!      return n",
//! );
//!
//! let cache = Cache::from_env()?;
//! let commands = cache.commands()?;
//! let key = commands.key("visits", "page 7");
//! let visits = commands.script(&COUNT, &[&key], &[b"60000"]).await?;
//! println!("{:?}", visits.number());
//! # Ok(()) }
//! ```

mod reply;
mod script;
mod watch;

use std::fmt;

pub use reply::{CommandError, Reply};
pub use script::Script;
pub use watch::KeyWatch;

use crate::cache::Cache;
use crate::error::CacheError;
use crate::redis::{Fault, Topology};

/// The connections of a cache, for commands of the program's own; cheap to clone. Closing the cache closes them.
#[derive(Clone)]
pub struct Commands {
    cache: Cache,
    topology: Topology,
}

impl Cache {
    /// The connections of this cache, for commands of the program's own.
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`] for a cache without Redis (`memory:`, or turned off): there is nobody to ask.
    pub fn commands(&self) -> Result<Commands, CacheError> {
        let topology = self.tiers().redis.clone().ok_or_else(|| CacheError::Setting {
            setting: "url",
            reason: "it is `memory:`, or the cache is off, and commands need a server: set `CACHE_URL` to a Redis".to_owned(),
        })?;
        Ok(Commands {
            cache: self.clone(),
            topology,
        })
    }
}

impl Commands {
    /// The name in Redis of a structure of the program's own: `prefix:k:kind:{name}`. Names of one `name` are in one slot
    /// of a cluster, whatever their `kind`. It never is a name of the cache's own.
    ///
    /// `name` is any text: what may not stand in a name in Redis is escaped, and a long one is hashed, as
    /// [`Tag`](crate::Tag) does. `kind` is the program's word, without a brace.
    #[must_use]
    pub fn key(&self, kind: &str, name: &str) -> String {
        self.cache.name_of(kind, name)
    }

    /// Sends a command: `words` are its name and its arguments, one of which is `key`, whose node is asked.
    ///
    /// # Errors
    ///
    /// [`CommandError`], which says whether it may have been carried out all the same.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the command may have been sent or not.
    pub async fn command(&self, key: &str, words: &[&[u8]]) -> Result<Reply, CommandError> {
        let mut replies = self.commands(&[(key, words)]).await;
        replies.pop().unwrap_or(Err(Fault::Protocol.into()))
    }

    /// Sends several commands, each with its key, those of one node in one write; the answers come in their order, an
    /// error in the place of its command. Other commands may be carried out in between.
    ///
    /// # Cancellation
    ///
    /// As [`command`](Self::command), of each.
    pub async fn commands(&self, all: &[(&str, &[&[u8]])]) -> Vec<Result<Reply, CommandError>> {
        let said = self.topology.say(all).await.into_iter();
        said.map(|said| said.map(Reply::of).map_err(CommandError::from))
            .collect()
    }

    /// Runs a script on the node of its keys, of which there is at least one, all in one slot: nothing else runs there
    /// meanwhile. It is sent by its hash, and loaded first where a server does not know it yet. The user of the
    /// connection needs the rights to what it calls.
    ///
    /// Source: `EVALSHA` (<https://redis.io/docs/latest/develop/programmability/eval-intro/>).
    ///
    /// # Errors
    ///
    /// As [`command`](Self::command).
    ///
    /// # Cancellation
    ///
    /// As [`command`](Self::command).
    pub async fn script(
        &self,
        script: &Script,
        keys: &[&str],
        arguments: &[&[u8]],
    ) -> Result<Reply, CommandError> {
        let key = keys.first().copied().unwrap_or_default();
        let count = keys.len().to_string();
        let keys = keys.iter().map(|key| key.as_bytes());
        let rest: Vec<&[u8]> = std::iter::once(count.as_bytes())
            .chain(keys)
            .chain(arguments.iter().copied())
            .collect();
        let by_hash = [&[b"EVALSHA", script.hash().as_bytes()], rest.as_slice()].concat();
        let said = self.topology.say(&[(key, &by_hash)]).await.pop();
        let said = match said {
            Some(Err(Fault::NoScript)) => {
                let load: [&[u8]; 3] = [b"SCRIPT", b"LOAD", script.code().as_bytes()];
                let both = [(key, load.as_slice()), (key, &by_hash)];
                self.topology.say(&both).await.pop()
            }
            said => said,
        };
        Ok(Reply::of(said.unwrap_or(Err(Fault::Protocol))?))
    }

    /// The clock of the key's node in Unix milliseconds, to about a round trip, while it is connected.
    #[must_use]
    pub fn node_ms(&self, key: &str) -> Option<u64> {
        self.topology.node_ms(key)
    }
}

impl fmt::Debug for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Commands").field(&self.cache).finish()
    }
}
