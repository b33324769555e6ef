//! A second process: this program again, which takes a command a line and answers each with numbers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use cache_runtime::Cache;
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

use crate::report::say;
use crate::{herd, staleness, wake};

/// What the program is called with to be a worker.
pub(crate) const ASKED: &str = "worker";

pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts one for a suite, on a server.
    pub(crate) fn start(suite: &str, url: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program's path"))
            .args([ASKED, suite, url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            child,
            input,
            output,
        }
    }

    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.input, "{command}").expect("a worker that listens");
    }

    pub(crate) fn hear(&mut self) -> Vec<i64> {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("an answer");
        let numbers = line.split_whitespace().map(str::parse);
        numbers.collect::<Result<_, _>>().expect("numbers")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The worker's side, until its input ends.
pub(crate) fn serve(suite: &str, url: &str) {
    if suite == herd::NAME {
        return herd::work(url);
    }
    let runtime = background();
    let cache = cache(&runtime, url);
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match suite {
            "wake" => wake::work(&runtime, &cache, &words),
            _ => staleness::work(&runtime, &cache, url, &words),
        }
    }
}

/// A runtime whose connections go on while the thread that made it does something else.
pub(crate) fn background() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder.build().expect("a runtime")
}

/// A cache on a server, connected.
pub(crate) fn cache(runtime: &Runtime, url: &str) -> Cache {
    let _inside = runtime.enter();
    let cache = Cache::builder().url(url);
    let cache = cache.memory_bytes(256 << 20).build().expect("a cache");
    let policy = cache_runtime::Policy::new(std::time::Duration::from_secs(60));
    let warm = cache.get_or_load("warm", "", &policy, async { Ok::<_, String>(0_u8) });
    runtime.block_on(warm).expect("a value");
    cache
}

/// The time on a clock that all processes of a machine share, in nanoseconds.
pub(crate) fn now() -> i64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Answers a command.
pub(crate) fn answer(numbers: &[i64]) {
    let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
    say(format_args!("{}", words.join(" ")));
}
