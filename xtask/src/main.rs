//! `cargo xtask test` runs every test but the long proofs, which `cargo xtask prove` runs; both bring a
//! Redis server if none is installed.
//! `cargo xtask bench-check` counts what a hit costs in instructions, against figures in the repository.
//! `cargo xtask deny` checks licences, advisories and refused crates.
#![expect(
    clippy::print_stderr,
    reason = "a program of the command line talks there"
)]

mod apt;
mod bench_check;
mod run;
mod server;

use std::path::Path;
use std::process::ExitCode;

use run::{cargo, on_path};

const USAGE: &str = "usage: cargo xtask test [arguments of `cargo test`]
       cargo xtask prove
       cargo xtask bench-check [--bless]
       cargo xtask deny";

/// The test targets that take minutes; `test = false` in their manifest keeps them out of `cargo test`.
const PROOFS: &[&str] = &["model", "history", "faults"];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test", arguments @ ..] => test(arguments),
        ["prove"] => prove(),
        ["bench-check"] => bench_check::check(root()),
        ["bench-check", "--bless"] => bench_check::bless(root()),
        ["deny"] => deny(),
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

/// The workspace with every feature: unit tests, the integration binary, compile-fail cases, examples
/// and doctests, those of the README too; before it the unit tests of what is left where features are off,
/// so that the closing lines are those of the whole. Arguments choose something else.
fn test(arguments: &[&str]) -> Result<(), String> {
    if arguments.is_empty() {
        let bare = [
            "test",
            "--package",
            "cache-runtime",
            "--no-default-features",
            "--lib",
        ];
        cargo(root(), &bare).status("a test without features")?;
        return on_a_server(&["--workspace"]);
    }
    on_a_server(arguments)
}

/// The model, some minutes of the history checker, and the fault suite; of the whole workspace, so that
/// nothing is built with other features than for the tests.
fn prove() -> Result<(), String> {
    let mut words = vec!["--workspace"];
    words.extend(PROOFS.iter().flat_map(|proof| ["--test", proof]));
    on_a_server(&words)
}

/// `cargo test` with every feature and a server to start.
fn on_a_server(arguments: &[&str]) -> Result<(), String> {
    let server = server::find_or_install(root())?;
    eprintln!("xtask: the tests start {}", server.display());
    cargo(root(), &[&["test", "--all-features"], arguments].concat())
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

#[cfg(test)]
mod tests {
    use super::{PROOFS, root};

    #[test]
    fn what_cargo_test_leaves_out_is_proved_and_linted() {
        let read = |file| std::fs::read_to_string(root().join(file)).unwrap();
        let manifest = read("tests/Cargo.toml");
        let left_out = manifest.split("\n[").filter_map(|table| {
            let name = table.split_once("\nname = \"")?.1;
            table
                .contains("\ntest = false")
                .then(|| name.split('"').next())?
        });
        assert!(left_out.eq(PROOFS.iter().copied()));
        let ci = read(".ci/run");
        for proof in PROOFS {
            assert!(ci.contains(&format!(" --test {proof}")), "{proof}");
        }
    }
}
