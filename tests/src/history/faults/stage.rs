//! What faults strike at, and what they do to who is master.

use std::io;
use std::ops::Range;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::Fault;
use crate::history::fleet::Fleet;
use crate::history::time;
use crate::history::topology::Topology;
use crate::history::windows::{Window, Windows};

/// What faults strike at.
#[derive(Debug)]
pub(in crate::history) struct Stage {
    pub(in crate::history) topology: Topology,
    pub(in crate::history) fleet: Fleet,
    pub(in crate::history) lag: Duration,
    pub(in crate::history) random: StdRng,
    /// The masters after the last fault, and when all had agreed on them.
    pub(in crate::history) masters: Vec<usize>,
    pub(in crate::history) settled: u64,
    pub(in crate::history) windows: Windows,
}

/// When a fault struck and was over.
#[derive(Clone, Debug)]
pub(in crate::history) struct Strike {
    pub(in crate::history) fault: Fault,
    pub(in crate::history) span: Range<u64>,
    /// Whether others are masters than before.
    pub(in crate::history) replaced: bool,
}

/// Has a fault strike, and waits until all agree again.
pub(in crate::history) async fn strike(fault: Fault, stage: &mut Stage) -> io::Result<Strike> {
    let named = |error| io::Error::other(format!("{}: {error}", fault.as_str()));
    stage.settle(false).await.map_err(named)?;
    let start = time::now();
    fault.happen(stage).await.map_err(named)?;
    let replaced = stage.settle(fault.replaces_masters()).await;
    Ok(Strike {
        fault,
        span: start..stage.settled,
        replaced: replaced.map_err(named)?,
    })
}

impl Stage {
    /// Any of the masters.
    pub(super) async fn master(&mut self) -> io::Result<usize> {
        let masters = self.topology.masters().await?;
        let any = masters.choose(&mut self.random).copied();
        any.ok_or_else(|| io::Error::other("nobody is master"))
    }

    /// Notes that there were two since then, until now, after a fault that began at `struck`.
    pub(super) fn had_two_masters(&mut self, struck: u64, from: u64) {
        self.windows.0.push(Window {
            struck,
            from,
            until: time::now(),
            by_accident: false,
        });
    }

    /// Waits until all agree; whether others are masters than when they last did. If that was not
    /// meant, nobody knows since when, and there may have been two all the time.
    pub(in crate::history) async fn settle(&mut self, is_meant: bool) -> io::Result<bool> {
        self.topology.until_settled().await?;
        let masters = self.topology.masters().await?;
        let replaced = masters != self.masters;
        if replaced && !is_meant {
            self.windows.0.push(Window {
                struck: self.settled,
                from: self.settled,
                until: time::now(),
                by_accident: true,
            });
        }
        (self.masters, self.settled) = (masters, time::now());
        Ok(replaced)
    }
}
