//! The fault suite: see `cache_tests::faults`. It ends with 1 if a row broke its bounds.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of the command line talks there"
)]

use std::process::ExitCode;

use cache_tests::faults::{self, Order, Table, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    if words
        .next_if(|word| word == "--help" || word == "-h")
        .is_some()
    {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match Order::parse(words) {
        Err(error) => {
            eprintln!("faults: {error}\n{USAGE}");
            ExitCode::from(2)
        }
        Ok(Order::List) => {
            print!("{}", Order::list());
            ExitCode::SUCCESS
        }
        Ok(Order::Run(arguments)) => {
            println!("{}", Table::head());
            let table = faults::run(&arguments, |table| print!("{}", table.last())).await;
            match table.is_kept() {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(1),
            }
        }
    }
}
