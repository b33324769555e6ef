//! Instructions of one call, counted by callgrind and held against the figures in the repository.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::apt;
use crate::run::{Run, cargo, on_path};
use crate::server;

/// A row is a name that `cache-bench count` knows, how many calls to count, the instructions of one,
/// and by how many percent a count may differ.
const FIGURES: &str = "benches/instructions.txt";

const ADVICE: &str = "valgrind is not installed, and could not be: install the package `valgrind`";

struct Row {
    name: String,
    calls: u64,
    figure: f64,
    tolerance: f64,
}

/// Fails where a count is out of its tolerance.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let text = read(root)?;
    let bench = Bench::build(root)?;
    let mut off = Vec::new();
    for row in text.lines().filter_map(row) {
        let row = row?;
        let count = bench.count(&row)?;
        let percent = (count / row.figure - 1.0) * 100.0;
        let Row {
            name,
            figure,
            tolerance,
            ..
        } = row;
        eprintln!("xtask: {name} {count:.0} instructions, {percent:+.1} % of {figure:.0}");
        if percent.abs() > tolerance {
            off.push(name);
        }
    }
    match off.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "more or fewer instructions than {FIGURES} allows: {}; if that is meant, \
             `cargo xtask bench-check --bless`",
            off.join(", ")
        )),
    }
}

/// Writes what is counted now.
pub(crate) fn bless(root: &Path) -> Result<(), String> {
    let text = read(root)?;
    let bench = Bench::build(root)?;
    let mut blessed = String::new();
    for line in text.lines() {
        let line = match row(line) {
            None => line.to_owned(),
            Some(row) => {
                let row = row?;
                let count = bench.count(&row)?;
                let Row {
                    name,
                    calls,
                    tolerance,
                    ..
                } = row;
                let line = format!("{name:<18} {calls:>8} {count:>12.0} {tolerance:>10}");
                eprintln!("xtask: {line}");
                line
            }
        };
        let _ = writeln!(blessed, "{line}");
    }
    fs::write(root.join(FIGURES), blessed).map_err(|error| format!("{FIGURES}: {error}"))
}

fn read(root: &Path) -> Result<String, String> {
    fs::read_to_string(root.join(FIGURES)).map_err(|error| format!("{FIGURES}: {error}"))
}

/// The row in a line, if it is not empty or a comment.
fn row(line: &str) -> Option<Result<Row, String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.first().is_none_or(|word| word.starts_with('#')) {
        return None;
    }
    let row = match words.as_slice() {
        [name, calls, figure, tolerance] => (|| {
            Some(Row {
                name: (*name).to_owned(),
                calls: calls.parse().ok()?,
                figure: figure.parse().ok()?,
                tolerance: tolerance.parse().ok()?,
            })
        })(),
        _ => None,
    };
    Some(row.ok_or_else(|| format!("{FIGURES}: no row: {line}")))
}

/// The benches' program, built.
struct Bench<'a> {
    root: &'a Path,
    server: PathBuf,
}

impl<'a> Bench<'a> {
    fn build(root: &'a Path) -> Result<Self, String> {
        if !on_path("valgrind") {
            apt::install("valgrind")
                .filter(|()| on_path("valgrind"))
                .ok_or(ADVICE)?;
        }
        let server = server::find_or_install(root)?;
        let bench = Self { root, server };
        bench.cargo("build", &[]).status("building the benches")?;
        Ok(bench)
    }

    /// The instructions of one call, the median of three counts. Set-up is in both runs of a count, and
    /// not in their difference.
    fn count(&self, row: &Row) -> Result<f64, String> {
        let mut counts = [0.0; 3];
        for count in &mut counts {
            let once = self.instructions(&row.name, row.calls)?;
            let twice = self.instructions(&row.name, row.calls * 2)?;
            *count = (twice as f64 - once as f64) / row.calls as f64;
        }
        counts.sort_by(f64::total_cmp);
        Ok(counts[1])
    }

    fn instructions(&self, name: &str, calls: u64) -> Result<u64, String> {
        // Threads take turns, so that their order is about the same in each run.
        let runner = "target.'cfg(all())'.runner = ['valgrind', '--fair-sched=yes', \
                      '--tool=callgrind', '--callgrind-out-file=/dev/null']";
        let calls = calls.to_string();
        let words = ["--config", runner, "--", "count", name, &calls];
        let said = self.cargo("run", &words).errors(name)?;
        // `==pid== Collected : 12345`, of all threads.
        let collected = said.lines().find_map(|line| {
            let (_, figure) = line.split_once("Collected : ")?;
            figure.trim().parse().ok()
        });
        collected.ok_or_else(|| format!("callgrind counted nothing of {name}: {said}"))
    }

    /// Without the optimizations of the whole program, which take long to build. What is counted is
    /// compiled as one unit, as several are cut anew, and inlined otherwise, whatever is changed. `rustix`
    /// goes through libc, as there is no vDSO under valgrind to find by itself.
    fn cargo(&self, command: &str, arguments: &[&str]) -> Run {
        let words: &[&str] = &[
            command,
            "--release",
            "--locked",
            "--package",
            "cache-bench",
            "--features",
            "rustix/use-libc",
            "--config",
            "profile.release.package.cache-bench.codegen-units = 1",
            "--config",
            "profile.release.package.cache-runtime.codegen-units = 1",
        ];
        cargo(self.root, &[words, arguments].concat())
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_INCREMENTAL", "0")
            .env("REDIS_SERVER", &self.server)
            // glibc's lists of free memory are searched the longer the more of them there are, which differs from run
            // to run: with room for all in a thread's own lists they are not.
            .env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=60000")
    }
}
