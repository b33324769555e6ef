//! Connecting before anything is asked for.

use super::{Routes, Topology};
use crate::redis::link::LinkState;
use crate::redis::wire::fault::Fault;

impl Topology {
    /// Sees to it that it is connected to, or being connected to; nobody waits for it.
    pub(crate) fn begin(&self) {
        // Where there can be no connection the state says why.
        let _ = match &*self.0 {
            Routes::Node(lanes) => lanes.iter().try_for_each(|link| link.supervised()),
            Routes::Cluster(cluster) => cluster.searched(),
        };
    }

    /// Waits until every node is connected, without hurrying the first attempt as callers do; ends
    /// as well at a failure that waiting does not mend.
    pub(crate) async fn up(&self) -> Result<(), Fault> {
        self.begin();
        let links = match &*self.0 {
            Routes::Node(lanes) => lanes.to_vec(),
            Routes::Cluster(cluster) => cluster.found().await?,
        };
        for link in &links {
            link.up().await?;
        }
        Ok(())
    }

    /// Why there is no connection, of the node that has been away for longest.
    pub(crate) fn why_not(&self) -> (String, Fault) {
        let reports = self.report();
        let away = reports.iter().filter_map(|report| match report.state {
            LinkState::Up => None,
            LinkState::Connecting => Some((report, None, Fault::Timeout)),
            LinkState::Down { since, cause, .. } => Some((report, Some(since), cause)),
        });
        let longest = away.max_by_key(|(_, since, _)| *since);
        longest.map_or((String::new(), Fault::Timeout), |(report, _, cause)| {
            (report.node.clone(), cause)
        })
    }
}
