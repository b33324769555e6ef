//! `cargo xtask test` runs every test, and brings a Redis server if none is installed.
//! `cargo xtask deny` checks licences, advisories and refused crates.
#![expect(
    clippy::print_stderr,
    reason = "a program of the command line talks there"
)]

mod run;
mod server;

use std::path::Path;
use std::process::ExitCode;

use run::{cargo, on_path};

const USAGE: &str = "usage: cargo xtask test [arguments of `cargo test`]\n       cargo xtask deny";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let done = match arguments.next().as_deref() {
        Some("test") => test(&arguments.collect::<Vec<_>>()),
        Some("deny") => deny(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace with every feature: unit tests, the integration binary, compile-fail cases, the
/// model, some minutes of the history checker, the fault suite, examples and doctests, those of the README
/// too; before it what only builds where features are off, so that the closing lines of `cargo test`
/// come last. Arguments choose something less.
fn test(arguments: &[String]) -> Result<(), String> {
    let server = server::find_or_install(root())?;
    eprintln!("xtask: the tests start {}", server.display());
    let mut words = vec!["test", "--all-features"];
    if arguments.is_empty() {
        let bare = [
            "check",
            "--package",
            "cache-runtime",
            "--no-default-features",
        ];
        cargo(root(), &bare).status("building without features")?;
        words.push("--workspace");
    }
    words.extend(arguments.iter().map(String::as_str));
    cargo(root(), &words)
        .env("REDIS_SERVER", &server)
        .status("a test")
}

fn deny() -> Result<(), String> {
    if !on_path("cargo-deny") {
        return Err("cargo-deny is not installed: `cargo install --locked cargo-deny`".to_owned());
    }
    cargo(root(), &["deny", "--all-features", "check"]).status("cargo deny")
}

/// The workspace's folder.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}
