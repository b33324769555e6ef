//! Slots that go from one node to another.

use std::io;
use std::ops::Range;

use redis::aio::MultiplexedConnection;

use super::Cluster;
use crate::wait::until;

/// So many keys are asked for and moved at once.
const KEYS_AT_ONCE: u32 = 100;

/// So many slots are on their way at once.
const SLOTS_AT_ONCE: u16 = 32;

/// Slots on their way, one step at a time: [`begin`](Self::begin), then keys, then
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct Migration<'a> {
    cluster: &'a Cluster,
    slots: Range<u16>,
    from: usize,
    to: usize,
}

impl Cluster {
    /// One slot's way from a master to another; nothing has been done yet.
    #[must_use]
    pub fn migration(&self, slot: u16, from: usize, to: usize) -> Migration<'_> {
        self.migrations(slot..slot + 1, from, to)
    }

    fn migrations(&self, slots: Range<u16>, from: usize, to: usize) -> Migration<'_> {
        Migration {
            cluster: self,
            slots,
            from,
            to,
        }
    }

    /// Moves a slot from a master to another, with its keys.
    ///
    /// # Errors
    ///
    /// As each step.
    pub async fn migrate(&self, slot: u16, from: usize, to: usize) -> io::Result<()> {
        self.migration(slot, from, to).run().await
    }

    /// Moves slots from a master to another, with their keys, some after the other.
    ///
    /// # Errors
    ///
    /// As each step.
    pub async fn reshard(&self, from: usize, to: usize, slots: Range<u16>) -> io::Result<()> {
        let mut first = slots.start;
        while first < slots.end {
            let end = slots.end.min(first + SLOTS_AT_ONCE);
            self.migrations(first..end, from, to).run().await?;
            first = end;
        }
        Ok(())
    }

    /// Gives a slot to another master, which has none of its keys, and waits until all nodes agree.
    /// Who had it is told by the others, as it refuses to be told while it has keys.
    ///
    /// # Errors
    ///
    /// If they don't agree in time.
    pub async fn force_slot(&self, slot: u16, to: usize) -> io::Result<()> {
        // The later claim counts, and this one is of now.
        self.must(to, &["CLUSTER", "BUMPEPOCH"]).await?;
        let (slot, id) = (slot.to_string(), self.id(to));
        self.must(to, &["CLUSTER", "SETSLOT", &slot, "NODE", id])
            .await?;
        self.until_settled().await
    }
}

impl Migration<'_> {
    /// Opens the slots at the target, and then at the source.
    ///
    /// # Errors
    ///
    /// If a node refuses.
    pub async fn begin(&self) -> io::Result<()> {
        self.set(self.to, "IMPORTING", self.from).await?;
        self.set(self.from, "MIGRATING", self.to).await
    }

    /// Moves one key, if it is there.
    ///
    /// # Errors
    ///
    /// If either node refuses.
    pub async fn move_key(&self, key: &str) -> io::Result<()> {
        let mut source = self.connect(self.from).await?;
        self.take(&mut source, &[key.into()]).await
    }

    /// Moves whatever keys there are.
    ///
    /// # Errors
    ///
    /// If either node refuses.
    pub async fn move_keys(&self) -> io::Result<()> {
        let mut source = self.connect(self.from).await?;
        loop {
            let mut lines = redis::pipe();
            for slot in self.slots.clone() {
                lines.cmd("CLUSTER").arg("GETKEYSINSLOT");
                lines.arg(slot).arg(KEYS_AT_ONCE);
            }
            let found: Vec<Vec<Vec<u8>>> = lines
                .query_async(&mut source)
                .await
                .map_err(io::Error::other)?;
            if found.iter().all(Vec::is_empty) {
                return Ok(());
            }
            for keys in found.iter().filter(|keys| !keys.is_empty()) {
                self.take(&mut source, keys).await?;
            }
        }
    }

    /// Tells the target, the source and then the others that the slots are the target's.
    ///
    /// # Errors
    ///
    /// If either of the two refuses, as the source does while it has keys.
    pub async fn finish(&self) -> io::Result<()> {
        self.set(self.to, "NODE", self.to).await?;
        let told = self.set(self.from, "NODE", self.to).await;
        // One that has heard that its last slot is gone follows who has it, and takes no more.
        if self.cluster.is_master(self.from).await {
            told?;
        }
        for at in (0..self.cluster.len()).filter(|at| *at != self.to && *at != self.from) {
            // A replica refuses, and a dead one can't be told. Gossip tells them.
            let _ = self.set(at, "NODE", self.to).await;
        }
        Ok(())
    }

    /// Waits until all nodes agree that the slots are the target's, as gossip has told the replicas.
    ///
    /// # Errors
    ///
    /// If they don't in time.
    pub async fn until_known(&self) -> io::Result<()> {
        self.cluster.until_settled().await?;
        until("the target has the slot", || async {
            let master = self.cluster.master_of(self.slots.start).await.ok();
            Ok((master == Some(self.to)).then_some(()))
        })
        .await
    }

    async fn run(&self) -> io::Result<()> {
        self.begin().await?;
        self.move_keys().await?;
        self.finish().await
    }

    async fn set(&self, at: usize, state: &str, node: usize) -> io::Result<()> {
        let mut lines = redis::pipe();
        for slot in self.slots.clone() {
            lines.cmd("CLUSTER").arg("SETSLOT").arg(slot);
            lines.arg(state).arg(self.cluster.id(node)).ignore();
        }
        let set = lines.exec_async(&mut self.connect(at).await?).await;
        set.map_err(io::Error::other)
    }

    async fn take(&self, source: &mut MultiplexedConnection, keys: &[Vec<u8>]) -> io::Result<()> {
        const TIMEOUT_MS: u32 = 5_000;
        let mut migrate = redis::cmd("MIGRATE");
        migrate
            .arg("127.0.0.1")
            .arg(self.cluster.node(self.to).port());
        migrate.arg("").arg(0).arg(TIMEOUT_MS).arg("REPLACE");
        if let Some(password) = &self.cluster.builder.password {
            migrate.arg("AUTH").arg(password);
        }
        let moved = migrate.arg("KEYS").arg(keys).exec_async(source).await;
        moved.map_err(io::Error::other)
    }

    async fn connect(&self, at: usize) -> io::Result<MultiplexedConnection> {
        let node = self.cluster.node(at);
        node.connect().await.map_err(io::Error::other)
    }
}
