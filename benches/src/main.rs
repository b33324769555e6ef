//! `cargo run --profile users -p cache-bench -- all` prints `figure <name> <value> <unit>` lines, and
//! with `--json` and `--svg` writes lines for programs and charts; `tables` makes tables of the former.
//!
//! Contenders alternate within a round and the figure is the median of the rounds, so that a noisy
//! machine troubles all of them alike: read the ratios.

mod arguments;
mod batch;
mod beside;
#[cfg(feature = "charts")]
mod charts;
mod codec;
mod compile;
mod cores;
mod count;
mod herd;
mod hits;
mod invalidation;
mod machine;
mod memory;
mod outage;
#[cfg(feature = "peers")]
mod peers;
mod plain_redis;
mod pools;
mod redis_hits;
mod report;
mod rounds;
mod staleness;
mod suites;
mod tables;
mod tags;
mod tasks;
mod trace;
mod user;
mod wake;
mod worker;

use std::process::ExitCode;

use arguments::Arguments;
use report::remark;
use suites::SUITES;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, suite, url] = words.as_slice()
        && first == worker::ASKED
    {
        worker::serve(suite, url);
        return ExitCode::SUCCESS;
    }
    if let [first, words @ ..] = words.as_slice()
        && first == count::ASKED
    {
        return count::run(words);
    }
    let done = match words.as_slice() {
        [first, words @ ..] if first == tables::ASKED => tables::run(words),
        words => measure(words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            remark(format_args!("cache-bench: {problem}\n{}", usage()));
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
    format!(
        "usage: cache-bench [--rounds <n>] [--json <file>|-] [--svg <folder>] [--file <trace>] all|<suite> ..
       cache-bench tables <figures> [<document>]
       cache-bench count <what> <calls>
suites: {}",
        names.join(" ")
    )
}

/// Runs the suites that are asked for, in the order in which they are listed.
fn measure(words: &[String]) -> Result<(), String> {
    let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
    let arguments = Arguments::read(words, &names)?;
    if let Some(rounds) = arguments.rounds {
        rounds::set(rounds);
    }
    if let Some(target) = &arguments.json {
        report::as_json(target).map_err(|error| format!("{}: {error}", target.display()))?;
    }
    let taken = machine::Taken::now();
    report::preamble(format_args!("{taken}"), &taken);
    let asked = |name: &str| arguments.suites.iter().any(|asked| asked == name);
    for suite in SUITES.iter().filter(|suite| asked(suite.name)) {
        (suite.run)(&arguments);
    }
    #[cfg(feature = "charts")]
    if let Some(folder) = &arguments.svg {
        for path in charts::draw(folder, &report::figures())? {
            remark(format_args!("chart {}", path.display()));
        }
    }
    Ok(())
}
