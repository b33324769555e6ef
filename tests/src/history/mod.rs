//! Judges the cache by what real processes saw of it: every read against every invalidation that
//! was acknowledged, while faults strike.
//!
//! One process starts Redis, alone or with sentinels or as a cluster, proxies and the others, lets faults strike and judges the records that
//! the others wrote. Those read an origin through annotated functions, write it and invalidate.

mod arguments;
mod faults;
mod fleet;
mod growth;
mod judge;
mod origin;
mod reads;
mod record;
mod report;
mod sites;
mod staleness;
mod subject;
mod time;
mod topology;
mod windows;
mod worker;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

pub use arguments::{Arguments, Orders, Part, USAGE};
pub use report::Report;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use faults::{Stage, strike};
use fleet::Fleet;
use topology::Topology;
use windows::Windows;

/// Before the first fault, so that there is something to lose.
const WARM_UP: Duration = Duration::from_secs(1);

/// How often a run with a planted bug is judged.
const GLANCE: Duration = Duration::from_millis(500);

/// Starts processes of `program`, which is the program that calls this, and judges what they saw.
///
/// # Errors
///
/// If a server or a process does not do what it must for the run to say anything.
pub async fn run(arguments: &Arguments, program: &Path) -> io::Result<Report> {
    let folder = tempfile::tempdir()?;
    let mut stage = set(arguments, program, folder.path()).await?;
    let (start, mut strikes) = (time::now(), Vec::new());
    let end = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut faults = Vec::new();
    let mut pause = WARM_UP;
    loop {
        if wait(&stage, arguments, pause, end).await? {
            break;
        }
        if faults.is_empty() {
            faults = arguments.faults.clone();
            faults.shuffle(&mut stage.random);
        }
        if let Some(fault) = faults.pop() {
            strikes.push(strike(fault, &mut stage).await?);
        }
        // Time to mend and to be healthy, or hardly any, so that faults meet.
        pause = match stage.random.random_ratio(1, 3) {
            true => stage.lag.mul_f64(stage.random.random_range(0.0..0.5)),
            false => stage.lag * 3,
        };
        stage.fleet.check()?;
    }
    stage.settle().await?;
    stage.fleet.stop().await?;
    let histories = stage.fleet.histories()?;
    let windows = std::mem::take(&mut stage.windows);
    Ok(Report::of(arguments, start, &strikes, windows, &histories))
}

/// Works as one of the processes of a run.
///
/// # Errors
///
/// Whatever keeps it from its work.
pub async fn work(orders: &Orders) -> Result<(), Box<dyn std::error::Error>> {
    worker::run(orders).await
}

async fn set(arguments: &Arguments, program: &Path, folder: &Path) -> io::Result<Stage> {
    let topology = Topology::start(arguments.topology, arguments.processes).await?;
    let urls = (0..arguments.processes)
        .map(|process| topology.url(process))
        .collect();
    Ok(Stage {
        masters: topology.masters().await?,
        settled: time::now(),
        failovers: 0,
        windows: Windows::default(),
        fleet: Fleet::start(program, folder, arguments, urls)?,
        topology,
        lag: arguments.lag,
        random: StdRng::seed_from_u64(arguments.seed),
    })
}

/// Waits; whether the run is over, as its time is or as the planted bug was found.
async fn wait(
    stage: &Stage,
    arguments: &Arguments,
    pause: Duration,
    end: Instant,
) -> io::Result<bool> {
    let pause = Instant::now() + pause;
    loop {
        let now = Instant::now();
        if now >= end {
            return Ok(true);
        }
        if now >= pause {
            return Ok(false);
        }
        tokio::time::sleep(GLANCE.min(pause.min(end) - now)).await;
        if arguments.plant.is_some() {
            let histories = stage.fleet.histories()?;
            if Report::of(arguments, 0, &[], Windows::default(), &histories).has_violations() {
                return Ok(true);
            }
        }
    }
}
