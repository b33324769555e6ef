//! A master that sentinels replace.

use std::io;

use crate::Sentinels;
use crate::faults::row::Fault;

/// The master that they start with.
const STRUCK: usize = 0;

#[derive(Debug)]
pub(in crate::faults) struct SentinelScene {
    fault: Fault,
    sentinels: Sentinels,
}

impl SentinelScene {
    pub(super) async fn start(fault: Fault) -> io::Result<Self> {
        let sentinels = Sentinels::start().await?;
        Ok(Self { fault, sentinels })
    }

    pub(super) fn url(&self) -> String {
        self.sentinels.url()
    }

    pub(super) async fn strike(&mut self) -> io::Result<()> {
        match self.fault {
            Fault::MasterKilled => self.sentinels.server_mut(STRUCK).kill9(),
            Fault::MasterPaused => self.sentinels.server(STRUCK).pause(),
            _ => self.sentinels.failover().await.map(drop),
        }
    }

    pub(super) async fn mend(&mut self) -> io::Result<()> {
        self.sentinels.until_replaced(STRUCK).await.map(drop)
    }

    pub(super) async fn tidy(&mut self) -> io::Result<()> {
        match self.fault {
            Fault::MasterKilled => self.sentinels.server_mut(STRUCK).restart().await,
            Fault::MasterPaused => self.sentinels.server(STRUCK).resume(),
            _ => Ok(()),
        }
    }
}
