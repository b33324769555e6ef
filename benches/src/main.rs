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
mod curve;
mod gate;
mod herd;
mod hits;
mod invalidation;
mod machine;
mod many;
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
mod toolkit;
mod trace;
mod user;
mod wake;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use arguments::Arguments;
use report::remark;
use suites::{SUITES, Suite};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [worker::ASKED, suite, url] => {
            worker::serve(suite, url);
            Ok(())
        }
        [count::ASKED, words @ ..] => return count::run(words),
        [tables::ASKED, figures] => tables::print(figures),
        [tables::ASKED, figures, document] => tables::write(figures, document),
        words => match Arguments::read(words, &names()) {
            Ok(arguments) => measure(&arguments),
            Err(problem) => Err(format!("{problem}\n{}", usage())),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            remark(format_args!("cache-bench: {problem}"));
            ExitCode::FAILURE
        }
    }
}

fn names() -> Vec<&'static str> {
    SUITES.iter().map(|suite| suite.name).collect()
}

fn usage() -> String {
    format!(
        "usage: cache-bench [--rounds <n>] [--json <file>|-] [--svg <folder>] [--file <trace>] all|<suite> ..
       cache-bench tables <figures> [<document>]
       cache-bench count <what> <calls>
suites: {}",
        names().join(" ")
    )
}

/// Runs the suites that are asked for, in the order in which they are listed.
fn measure(arguments: &Arguments) -> Result<(), String> {
    if let Some(rounds) = arguments.rounds {
        rounds::set(rounds);
    }
    if let Some(target) = &arguments.json {
        report::as_json(target).map_err(|error| format!("{}: {error}", target.display()))?;
    }
    let taken = machine::Taken::now();
    report::preamble(format_args!("{taken}"), &taken);
    let asked = |name: &str| arguments.suites.iter().any(|asked| asked == name);
    let suites = SUITES.iter().filter(|suite| asked(suite.name));
    // One that ends early, which has said why, takes nothing from the others.
    let run = |suite: &Suite| catch_unwind(AssertUnwindSafe(|| (suite.run)(arguments)));
    let failed = suites.filter(|suite| run(suite).is_err());
    let failed: Vec<&str> = failed.map(|suite| suite.name).collect();
    #[cfg(feature = "charts")]
    if let Some(folder) = &arguments.svg {
        for path in charts::draw(folder, &report::figures())? {
            remark(format_args!("chart {}", path.display()));
        }
    }
    match failed.as_slice() {
        [] => Ok(()),
        failed => Err(format!("these ended early: {}", failed.join(", "))),
    }
}
