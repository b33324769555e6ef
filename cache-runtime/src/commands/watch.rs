//! A look at a key, and word when it changes.

use std::time::Duration;

use bytes::Bytes;

use super::{CommandError, Commands};
use crate::own_thread::sleep;
use crate::redis::{Fault, Keys};
use crate::stamp::{Subject, Watch};

/// Tells when a key changes that was looked at; made by [`Commands::look`].
///
/// The node pushes the change, by client-side caching (<https://redis.io/docs/latest/develop/reference/client-side-caching/>),
/// so who waits asks for nothing meanwhile.
#[derive(Debug)]
pub struct KeyWatch {
    key: Watch,
    /// Of the connection that was asked, which ends where another takes its place.
    connection: Watch,
    pushes: bool,
}

impl Commands {
    /// The string at a key of [`Commands::key`], `None` if there is none, and a watch that tells of every change after
    /// this look. Of a key with another type of value there is none to see, and its changes are told.
    ///
    /// # Errors
    ///
    /// As [`Commands::command`].
    pub async fn look(&self, key: &str) -> Result<(Option<Bytes>, KeyWatch), CommandError> {
        let tiers = self.cache.tiers();
        // Before it is read, so that no change after that is missed.
        let cell = tiers.cells.watch(&[Subject::entry(key)]);
        let read = self.topology.read(Keys::from_iter([key.into()])).await?;
        let found = read.found.into_iter().next();
        let watch = KeyWatch {
            key: cell,
            connection: Watch::of(read.vouch.cells()),
            pushes: read.vouch.pushes(),
        };
        Ok((found.ok_or(Fault::Protocol)?.bytes, watch))
    }
}

impl KeyWatch {
    /// Whether the node tells of changes. Where it does not (its `CLIENT TRACKING` is refused), look again now and then.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.pushes
    }

    /// Waits until the key may have changed, its time may be over, or the connection was replaced, and for `limit` at most:
    /// look again then. A key that ends by its own ttl is told of when the server notices, which may be late: let the
    /// limit be the ttl.
    pub async fn changed(&self, limit: Duration) {
        tokio::select! {
            () = self.key.entry_changes() => {}
            () = self.connection.entry_changes() => {}
            () = sleep(limit) => {}
        }
    }
}
