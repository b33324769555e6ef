//! The history checker: see `cache_tests::history`. It ends with 1 if a read broke a promise, and
//! with 2 if the run says nothing.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of the command line talks there"
)]

use std::error::Error;
use std::process::ExitCode;

use cache_tests::history::{self, Part, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    match play().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("history: {error}");
            ExitCode::from(2)
        }
    }
}

async fn play() -> Result<ExitCode, Box<dyn Error>> {
    let mut words = std::env::args().skip(1).peekable();
    if words
        .next_if(|word| word == "--help" || word == "-h")
        .is_some()
    {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let part = Part::parse(words).map_err(|error| format!("{error}\n{USAGE}"))?;
    match part {
        Part::Work(orders) => history::work(&orders).await?,
        Part::Run(arguments) => {
            let report = history::run(&arguments, &std::env::current_exe()?).await?;
            print!("{report}");
            if report.has_violations() {
                return Ok(ExitCode::from(1));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
