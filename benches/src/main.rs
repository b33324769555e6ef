//! `cargo run --release -p cache-bench -- hits memory redis pools tags wake staleness` prints `figure <name> <value> <unit>` lines.
//!
//! Contenders alternate within a round and the figure is the median of the rounds, so that a noisy
//! machine troubles all of them alike: read the ratios.

mod cores;
mod count;
mod hits;
mod memory;
mod pools;
mod redis_hits;
mod rounds;
mod staleness;
mod tags;
mod wake;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    let suites: [(&str, fn()); 7] = [
        ("hits", hits::run),
        ("memory", memory::run),
        ("redis", redis_hits::run),
        ("pools", pools::run),
        ("tags", tags::run),
        ("wake", wake::run),
        ("staleness", staleness::run),
    ];
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let [first, suite, url] = asked.as_slice()
        && first == worker::ASKED
    {
        worker::serve(suite, url);
        return ExitCode::SUCCESS;
    }
    if let [first, words @ ..] = asked.as_slice()
        && first == count::ASKED
    {
        return count::run(words);
    }
    let known = |name: &String| suites.iter().any(|(suite, _)| suite == name);
    if asked.is_empty() || !asked.iter().all(known) {
        rounds::say(format_args!(
            "usage: cache-bench hits|memory|redis|pools|tags|wake|staleness .."
        ));
        return ExitCode::FAILURE;
    }
    for (_, run) in suites
        .iter()
        .filter(|(suite, _)| asked.iter().any(|name| name == suite))
    {
        run();
    }
    ExitCode::SUCCESS
}
