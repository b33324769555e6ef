//! The tasks that send joined reads.

use std::mem;

use super::queue::{Read, Waiting};
use crate::redis::link::Link;
use crate::redis::wire::fault::Fault;

/// The right of a task to send joined reads, until it gives its place up.
pub(super) struct Sender(pub(super) Option<Link>);

impl Sender {
    /// Sends what waits, joined, until nothing does.
    pub(super) async fn send(mut self) {
        while let Some(link) = &self.0 {
            let mut batch = link.0.reads.next(false);
            if batch.is_empty() {
                // Those just told read on, most likely, and are let go first.
                tokio::task::yield_now().await;
                batch = link.0.reads.next(true);
            }
            if batch.is_empty() {
                self.0 = None;
            } else {
                link.send_joined(batch).await;
            }
        }
    }
}

impl Drop for Sender {
    /// Dropped before it gave its place up, as there is no thread: nobody else may come to send what
    /// waits, so its callers go to the origin.
    fn drop(&mut self) {
        if let Some(link) = &self.0 {
            link.0.reads.lose_sender();
        }
    }
}

impl Link {
    async fn send_joined(&self, batch: Vec<Waiting>) {
        let mut names = Vec::with_capacity(batch.len() * 2);
        let shares: Vec<_> = batch
            .into_iter()
            .map(|one| {
                drop(one.turn);
                let count = one.names.len();
                names.extend(one.names);
                (count, one.tell)
            })
            .collect();
        let read = self.fetch(&names, shares.len()).await;
        if let Err(fault @ (Fault::Timeout | Fault::Down | Fault::Broken)) = read {
            self.0.reads.fail(fault);
        }
        let mut read = read.map(|mut read| (mem::take(&mut read.values).into_iter(), read));
        for (count, tell) in shares {
            let share = read
                .as_mut()
                .map_err(|fault| *fault)
                .map(|(values, read)| Read {
                    values: values.by_ref().take(count).collect(),
                    node: read.node.clone(),
                });
            // Who asked may have gone away.
            let _ = tell.send(share);
        }
    }
}
