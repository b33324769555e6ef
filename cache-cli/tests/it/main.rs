//! What `cachectl` does, as the program that users run, on servers that the tests start.

mod acts;
mod backup;
mod doctor;
mod exits;
mod explain;
mod fleet;
mod get;
mod hostile;
mod insight;
mod manual;
mod scan;
mod secrets;
mod serve;
mod terminal;
mod warm;
mod watch;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, CacheBuilder};
use cache_tests::Server;
use serde_json::Value;

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_cachectl");

/// How long anything may take on a machine that has much else to do.
const LIMIT: Duration = Duration::from_secs(20);

/// How the program ended, and what it said.
#[derive(Debug)]
struct Ran {
    exit: i32,
    out: String,
    err: String,
}

impl Ran {
    /// What it said as JSON.
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program with arguments, which finds Redis at this URL, and has nothing else of this process's environment.
fn program(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .env("CACHE_URL", url)
        .env("USER", "ada")
        .stdin(Stdio::null());
    command
}

/// Runs the program to its end.
fn run(url: &str, arguments: &[&str]) -> Ran {
    ran(&mut program(url, arguments))
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        exit: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A plain server of the test's own.
async fn server() -> Server {
    Server::start().await.unwrap()
}

/// What a program that caches has on a server: no memory, so that each read is one of Redis, and ttls as they are
/// written.
fn builder(url: &str) -> CacheBuilder {
    let builder = Cache::builder().url(url).memory_bytes(0).jitter(0.0);
    builder.op_timeout(Duration::from_secs(5))
}

fn cache(url: &str) -> Cache {
    builder(url).build().unwrap()
}

/// The one name in Redis of an entry whose namespace and key are these.
fn name(url: &str, key: &str) -> String {
    let scanned = run(url, &["scan", key, "--json"]).json();
    let entries = scanned["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{scanned}");
    entries[0]["name"].as_str().unwrap().to_owned()
}

/// Waits until a condition holds.
async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
