//! Another process of the fleet: this same program, which runs the one test below.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};

const URL: &str = "CONSOLE_ANOTHER";

static LOADS: AtomicU64 = AtomicU64::new(0);

#[cached(ns = "another", ttl = "1h", tags = ["another:{id}"])]
async fn loads(id: u64) -> u64 {
    LOADS.fetch_add(1, Ordering::SeqCst) + 1
}

/// It; killed when dropped.
pub(super) struct Another {
    child: Child,
    input: RefCell<ChildStdin>,
    output: RefCell<Lines<BufReader<ChildStdout>>>,
}

impl Another {
    pub(super) fn start(url: &str) -> Self {
        let test = "console::another::a_process_that_calls_as_it_is_told";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", test, "--nocapture"])
            .env(URL, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = RefCell::new(child.stdin.take().unwrap());
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            input,
            output: RefCell::new(output),
        }
    }

    /// Has it call its function: which of its loads gave the value.
    pub(super) fn call(&self) -> u64 {
        writeln!(self.input.borrow_mut(), "call").unwrap();
        let mut output = self.output.borrow_mut();
        let answer = output.by_ref().find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("load ")
                .map(|number| number.parse().unwrap())
        });
        answer.expect("the process is gone")
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// It is started by another test, which gives it its input.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process that another test starts"]
#[expect(clippy::print_stdout, reason = "it answers on its output")]
async fn a_process_that_calls_as_it_is_told() {
    let builder = Cache::builder().url(std::env::var(URL).unwrap());
    let builder = builder.lag(Duration::from_secs(1));
    let cache = builder
        .fleet_interval(Duration::from_millis(200))
        .build()
        .unwrap();
    cache.connect().await.unwrap();
    println!();
    for line in std::io::stdin().lines() {
        assert_eq!(line.unwrap(), "call");
        println!("load {}", cache.scope(loads(7)).await);
    }
}
