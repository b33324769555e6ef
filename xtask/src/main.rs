//! `cargo xtask test` runs every test but the long proofs, which `cargo xtask prove` runs; both bring a
//! Redis server if none is installed, and a Chromium for the tests of the page.
//! `cargo xtask bench-check` counts what a hit costs in instructions, against figures in the repository.
//! `cargo xtask each-feature` lints the runtime with each of its features alone.
//! `cargo xtask oldest` builds the published packages with the oldest compiler and dependencies that they name.
//! `cargo xtask book` builds the guide, and looks at its links.
//! `cargo xtask deny` checks licences, advisories and refused crates.
#![expect(
    clippy::print_stderr,
    reason = "a program of the command line talks there"
)]

mod apt;
mod bench_check;
mod book;
mod chromium;
mod features;
mod oldest;
mod prometheus;
mod run;
mod server;

use std::path::Path;
use std::process::ExitCode;

use features::features;
use run::{cargo, on_path};

const USAGE: &str = "usage: cargo xtask test [arguments of `cargo test`]
       cargo xtask prove
       cargo xtask bench-check [--bless]
       cargo xtask each-feature
       cargo xtask oldest
       cargo xtask book
       cargo xtask deny";

/// The test targets that take minutes; `test = false` in their manifest keeps them out of `cargo test`.
const PROOFS: &[&str] = &["model", "loom", "history", "faults"];

/// The package with the tests of what stands on the runtime.
const TOP: &str = "cache-top-tests";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test", arguments @ ..] => test(arguments),
        ["prove"] => prove(),
        ["bench-check"] => bench_check::check(root()),
        ["bench-check", "--bless"] => bench_check::bless(root()),
        ["each-feature"] => features::check_each(root()),
        ["oldest"] => oldest::check(root()),
        ["book"] => book::build(root()),
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

/// The workspace: unit tests, the integration binary, compile-fail cases (for which the runtime is built
/// without features), examples and doctests, those of the README too. Arguments choose something else.
fn test(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        [] => on_a_server(&workspace(&features(root())?)),
        _ => on_a_server(&[&["--all-features"], arguments].concat()),
    }
}

/// What is left of the runtime where its features are off, by its unit tests; the models, some minutes of the
/// history checker, and the fault suite. These are of the whole workspace, so that nothing is built with other
/// features than for the tests.
fn prove() -> Result<(), String> {
    let bare = [
        "test",
        "-p",
        "cache-runtime",
        "--no-default-features",
        "--lib",
    ];
    cargo(root(), &bare).status("a test without features")?;
    let features = features(root())?;
    let mut words = workspace(&features).to_vec();
    words.extend(PROOFS.iter().flat_map(|proof| ["--test", proof]));
    on_a_server(&words)
}

fn workspace(features: &str) -> [&str; 3] {
    ["--workspace", "--features", features]
}

/// `cargo test` with a server to start.
fn on_a_server(arguments: &[&str]) -> Result<(), String> {
    let server = server::find_or_install(root())?;
    eprintln!("xtask: the tests start {}", server.display());
    let mut test = cargo(root(), &[&["test"], arguments].concat()).env("REDIS_SERVER", &server);
    // Those of one package are most often of the core.
    if arguments.contains(&"--workspace") || arguments.contains(&TOP) {
        test = test.env("PROMETHEUS", prometheus::find_or_install()?);
        test = test.env("CHROMEDRIVER", chromium::find_or_install()?);
    }
    test.status("a test")
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

    /// Of the packages that have a proof.
    const MANIFESTS: &[&str] = &["tests/model/Cargo.toml", "tests/Cargo.toml"];

    #[test]
    fn what_cargo_test_leaves_out_is_proved_and_linted() {
        let read = |file: &&str| std::fs::read_to_string(root().join(file)).unwrap();
        let manifests: String = MANIFESTS.iter().map(read).collect();
        let left_out = manifests.split("\n[").filter_map(|table| {
            let name = table.split_once("\nname = \"")?.1;
            table
                .contains("\ntest = false")
                .then(|| name.split('"').next())?
        });
        assert!(left_out.eq(PROOFS.iter().copied()));
        let ci = read(&".ci/run");
        for proof in PROOFS {
            assert!(ci.contains(&format!(" --test {proof}")), "{proof}");
        }
    }
}
