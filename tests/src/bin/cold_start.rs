//! A fleet that starts on a cold cache: how many loads ten processes make that call 1,000 functions
//! each at the same time, with all settings at their defaults.
//!
//! `cold_start [single|cluster] [ROUNDS]`
#![expect(
    clippy::print_stdout,
    reason = "a program of the command line talks there"
)]

use std::env;
use std::error::Error;

use cache_tests::{Actor, Cluster, Origin, Server};

const PROCESSES: usize = 10;
const KEYS: u64 = 1_000;
const LOAD_MS: u64 = 20;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let topology = words.next().unwrap_or_else(|| "single".to_owned());
    let rounds: u32 = words.next().map_or(Ok(5), |rounds| rounds.parse())?;
    for _ in 0..rounds {
        let (loads, slowest_ms) = match topology.as_str() {
            "single" => {
                let server = Server::start().await?;
                round(&server.url()).await?
            }
            "cluster" => {
                let cluster = Cluster::start().await?;
                round(&cluster.url()).await?
            }
            other => return Err(format!("{other} is neither `single` nor `cluster`").into()),
        };
        println!("{KEYS} keys, {PROCESSES} processes: {loads} loads, slowest {slowest_ms} ms");
    }
    Ok(())
}

async fn round(url: &str) -> Result<(u64, u64), Box<dyn Error>> {
    let origin = Origin::new()?;
    for id in 0..KEYS {
        origin.set(id, "value")?;
    }
    let actor = env::current_exe()?.with_file_name("actor");
    let settings = [("CACHE_URL", url)];
    let start = |_| Actor::start(&actor, &origin, &settings);
    let fleet = (0..PROCESSES).map(start).collect::<Result<Vec<_>, _>>()?;
    let sweep = format!("sweep {KEYS} {LOAD_MS}");
    let asked: Vec<_> = fleet.iter().map(|actor| actor.ask(&sweep)).collect();
    let (mut loads, mut slowest) = (0, 0);
    for answer in asked {
        let answer = answer.await?;
        let mut numbers = answer.split(' ').map(str::parse::<u64>);
        let mut number = || numbers.next().ok_or("an actor said nothing");
        loads += number()??;
        slowest = slowest.max(number()??);
    }
    Ok((loads, slowest))
}
