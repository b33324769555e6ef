//! What faults strike at, and what they do to who is master.

use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::Fault;
use crate::history::fleet::Fleet;
use crate::history::time;
use crate::history::topology::{TAKEN_FOR_DEAD, Topology};
use crate::history::windows::{Window, Windows};

/// What faults strike at.
#[derive(Debug)]
pub(in crate::history) struct Stage {
    pub(in crate::history) topology: Topology,
    pub(in crate::history) fleet: Fleet,
    pub(in crate::history) lag: Duration,
    pub(in crate::history) random: StdRng,
    /// The masters that there should be: those when all last agreed, or that took over since.
    pub(in crate::history) masters: Vec<usize>,
    /// When all last agreed.
    pub(in crate::history) settled: u64,
    /// How often a replica took over as it was meant to.
    pub(in crate::history) failovers: usize,
    pub(in crate::history) windows: Windows,
}

/// When a fault struck and was over.
#[derive(Clone, Debug)]
pub(in crate::history) struct Strike {
    pub(in crate::history) fault: Fault,
    pub(in crate::history) span: Range<u64>,
    /// How often a replica took over as it was meant to.
    pub(in crate::history) failovers: usize,
}

/// Has a fault strike, and waits until all agree again.
pub(in crate::history) async fn strike(fault: Fault, stage: &mut Stage) -> io::Result<Strike> {
    let named = |error| io::Error::other(format!("{}: {error}", fault.as_str()));
    stage.settle().await.map_err(named)?;
    let (start, failovers) = (time::now(), stage.failovers);
    fault.happen(stage).await.map_err(named)?;
    stage.settle().await.map_err(named)?;
    Ok(Strike {
        fault,
        span: start..stage.settled,
        failovers: stage.failovers - failovers,
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

    /// Waits until a replica is in the place of a master that does not answer from now on, and notes
    /// it. Where it is there before anybody could miss the master, it took over by accident.
    pub(super) async fn until_replaced(&mut self, master: usize) -> io::Result<()> {
        let silent = Instant::now();
        self.topology.until_replaced(master).await?;
        if silent.elapsed() < TAKEN_FOR_DEAD / 2 {
            self.had_an_accident();
        }
        self.failed_over().await
    }

    /// Notes that a replica has taken over, as it was meant to.
    pub(super) async fn failed_over(&mut self) -> io::Result<()> {
        self.masters = self.topology.masters().await?;
        self.failovers += 1;
        Ok(())
    }

    /// Waits until all agree. If others are masters than should be, it came by accident.
    pub(in crate::history) async fn settle(&mut self) -> io::Result<()> {
        self.topology.until_settled().await?;
        let masters = self.topology.masters().await?;
        if masters != self.masters {
            self.had_an_accident();
        }
        (self.masters, self.settled) = (masters, time::now());
        Ok(())
    }

    /// A busy machine had a master taken for dead that was not; nobody knows since when, so there
    /// may have been two all the time.
    fn had_an_accident(&mut self) {
        self.windows.0.push(Window {
            struck: self.settled,
            from: self.settled,
            until: time::now(),
            by_accident: true,
        });
    }
}
