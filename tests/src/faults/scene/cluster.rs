//! Six nodes, of which one master is struck.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use crate::Cluster;
use crate::faults::row::Fault;

/// The master that is struck, and the one that its slots go to.
const STRUCK: usize = 0;
const OTHER: usize = 1;

/// How long a slot's keys are on their way, and one of them in two places.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(in crate::faults) struct ClusterScene {
    fault: Fault,
    cluster: Cluster,
    /// The first slot that the struck master has keys in which are read.
    slot: u16,
}

impl ClusterScene {
    pub(super) async fn start(fault: Fault) -> io::Result<Self> {
        let cluster = Cluster::start().await?;
        let slot = cluster.first_slots(STRUCK).start;
        Ok(Self {
            fault,
            cluster,
            slot,
        })
    }

    pub(super) fn url(&self) -> String {
        self.cluster.url()
    }

    pub(super) fn strikes(&self, key: &str) -> bool {
        let slots = self.cluster.first_slots(STRUCK);
        slots.contains(&Cluster::slot_of(key))
    }

    pub(super) async fn strike(&mut self) -> io::Result<()> {
        match self.fault {
            Fault::MasterKilled => self.cluster.node_mut(STRUCK).kill9(),
            Fault::MasterPaused => self.cluster.node(STRUCK).pause(),
            Fault::Reshard => {
                let slots = self.cluster.first_slots(STRUCK);
                self.cluster.reshard(STRUCK, OTHER, slots).await
            }
            _ => self.migrate().await,
        }
    }

    /// Slots that entries are in which are read all the time, each slowly.
    async fn migrate(&mut self) -> io::Result<()> {
        let keys = self.cluster.node(STRUCK).keys().await;
        let keys = keys.map_err(io::Error::other)?;
        let is_asked = |key: &&String| key.contains(crate::faults::sites::ASKING);
        let mut slots: Vec<_> = keys.iter().filter(is_asked).map(Cluster::slot_of).collect();
        slots.sort_unstable();
        slots.dedup();
        if slots.is_empty() {
            return Err(io::Error::other(
                "there is no entry whose slot could be moved",
            ));
        }
        for slot in slots {
            let migration = self.cluster.migration(slot, STRUCK, OTHER);
            migration.begin().await?;
            sleep(ON_ITS_WAY).await;
            migration.move_keys().await?;
            sleep(ON_ITS_WAY).await;
            migration.finish().await?;
            self.slot = slot;
        }
        Ok(())
    }

    pub(super) async fn mend(&mut self) -> io::Result<()> {
        self.cluster
            .until_replaced(self.slot, STRUCK)
            .await
            .map(drop)
    }

    pub(super) async fn tidy(&mut self) -> io::Result<()> {
        match self.fault {
            Fault::MasterKilled => self.cluster.node_mut(STRUCK).restart().await,
            Fault::MasterPaused => self.cluster.node(STRUCK).resume(),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::sites::CALM;

    #[test]
    fn the_stamp_of_the_calm_namespace_is_with_no_master_that_is_struck() {
        let third = Cluster::builder().slots(2);
        assert!(third.contains(&Cluster::slot_of(CALM)));
    }
}
