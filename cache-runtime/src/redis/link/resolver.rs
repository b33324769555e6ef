//! Which node a link connects to: the one of its settings, or the master of the moment, where others
//! say which that is.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::own_thread::sleep;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::settings::{Found, LinkSettings};

/// Finds out which node is the master now, within a limit.
pub(in crate::redis) type Find =
    dyn Fn(Duration) -> Pin<Box<dyn Future<Output = Result<Found, Fault>> + Send>> + Send + Sync;

/// Finds the node of a link; without anybody to ask, it is at the address of the settings.
#[derive(Clone, Default)]
pub(in crate::redis) struct Resolver(Option<Arc<Find>>);

impl Resolver {
    /// A resolver that asks for the master.
    pub(in crate::redis) fn asking(find: Arc<Find>) -> Self {
        Self(Some(find))
    }

    /// The settings of the node to connect to, asked for within `limit`.
    pub(super) async fn resolve<'a>(
        &self,
        settings: &'a LinkSettings,
        limit: Duration,
    ) -> Result<Cow<'a, LinkSettings>, Fault> {
        let Some(find) = &self.0 else {
            return Ok(Cow::Borrowed(settings));
        };
        let master = find(limit).await?;
        let mut node = settings.at(&master.address.host, master.address.port);
        node.found = Some(master);
        Ok(Cow::Owned(node))
    }

    /// Waits until another master than `found` is named, by a later failover. One that was asked to
    /// fail over leaves the old master a master for some seconds, and clients connected to it.
    /// A question without an answer changes nothing.
    pub(super) async fn replaced(&self, found: Option<&Found>, lag: Duration) {
        let (Some(find), Some(found)) = (&self.0, found) else {
            return std::future::pending().await;
        };
        // Asked each `lag`/2 and heard within `lag`/4, however long the last answer took: together less
        // than `lag`, so that memory is not behind by more.
        let (period, limit) = (lag / 2, lag / 4);
        let mut pause = period;
        loop {
            sleep(pause).await;
            let asking = Stopwatch::start();
            if let Ok(now) = find(limit).await
                && now.epoch > found.epoch
                && now.address != found.address
            {
                return;
            }
            pause = period.saturating_sub(asking.elapsed());
        }
    }

    /// Whether the master that was found is named still, asked once it has answered as one: a master that
    /// was paused past its failover says for a moment that it is one, and so does its first heartbeat.
    ///
    /// A connection that nobody can confirm is not used: those that asked for it found somebody to ask a
    /// moment ago.
    pub(super) async fn confirm(&self, found: Option<&Found>, lag: Duration) -> Result<(), Fault> {
        let (Some(find), Some(found)) = (&self.0, found) else {
            return Ok(());
        };
        match is_refuted(found, &find(lag / 4).await?) {
            true => Err(Fault::Replaced),
            false => Ok(()),
        }
    }
}

/// Whether this word speaks against the master found before. A lower epoch is an older word.
fn is_refuted(found: &Found, now: &Found) -> bool {
    now.address != found.address && now.epoch >= found.epoch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::wire::settings::Address;

    fn master(port: u16, epoch: u64) -> Found {
        let host = "h".to_owned();
        Found {
            address: Address { host, port },
            epoch,
        }
    }

    #[test]
    fn a_master_is_refuted_by_a_word_as_new_and_not_by_an_older_one() {
        let found = master(1, 7);
        let refutes = |port, epoch| is_refuted(&found, &master(port, epoch));
        assert!(!refutes(1, 7) && !refutes(1, 8) && !refutes(2, 6));
        assert!(refutes(2, 7) && refutes(2, 8));
    }
}
