//! The servers of a row, and what is done to them.

mod cluster;
mod loading;
mod sentinel;
mod single;

use std::io;

use super::row::{Row, Topology};
use cluster::ClusterScene;
use sentinel::SentinelScene;
use single::SingleScene;

/// The servers of a row.
#[derive(Debug)]
pub(super) enum Scene {
    Single(Box<SingleScene>),
    Sentinel(SentinelScene),
    Cluster(ClusterScene),
}

impl Scene {
    pub(super) async fn start(row: Row) -> io::Result<Self> {
        Ok(match row.topology {
            Topology::Single => Self::Single(Box::new(SingleScene::start(row.fault).await?)),
            Topology::Sentinel => Self::Sentinel(SentinelScene::start(row.fault).await?),
            Topology::Cluster => Self::Cluster(ClusterScene::start(row.fault).await?),
        })
    }

    /// What the cache is given.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Single(scene) => scene.url(),
            Self::Sentinel(scene) => scene.url(),
            Self::Cluster(scene) => scene.url(),
        }
    }

    /// Whether the fault strikes the node that has this key.
    pub(super) fn strikes(&self, key: &str) -> bool {
        match self {
            Self::Single(_) | Self::Sentinel(_) => true,
            Self::Cluster(scene) => scene.strikes(key),
        }
    }

    pub(super) async fn strike(&mut self) -> io::Result<()> {
        match self {
            Self::Single(scene) => scene.strike().await,
            Self::Sentinel(scene) => scene.strike().await,
            Self::Cluster(scene) => scene.strike().await,
        }
    }

    /// Whether the fault lasts until it is mended. Others have replaced who is gone by then, or the
    /// strike is over when it is done.
    pub(super) fn lasts(&self) -> bool {
        matches!(self, Self::Single(_))
    }

    /// Strikes once more, where one strike is over at once.
    pub(super) async fn strike_again(&mut self) -> io::Result<()> {
        match self {
            Self::Single(scene) => scene.strike_again().await,
            Self::Sentinel(_) | Self::Cluster(_) => Ok(()),
        }
    }

    /// Ends the fault, or waits until the servers have; they can serve when it returns.
    pub(super) async fn mend(&mut self) -> io::Result<()> {
        match self {
            Self::Single(scene) => scene.mend().await,
            Self::Sentinel(scene) => scene.mend().await,
            Self::Cluster(scene) => scene.mend().await,
        }
    }

    /// Brings back whoever was replaced meanwhile.
    pub(super) async fn tidy(&mut self) -> io::Result<()> {
        match self {
            Self::Single(_) => Ok(()),
            Self::Sentinel(scene) => scene.tidy().await,
            Self::Cluster(scene) => scene.tidy().await,
        }
    }
}
