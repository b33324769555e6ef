//! What the processes of a fleet have counted.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use serde_json::Value;

use crate::{LIMIT, ran, run, server};

/// The variable that makes this program one of the fleet.
const URL: &str = "ONE_OF_THE_FLEET_AT";

#[cached(ns = "fleet", ttl = "1h")]
async fn squared(id: u64) -> u64 {
    id * id
}

#[cached(ns = "fleet", ttl = "1h")]
async fn failing(id: u64) -> Result<u64, String> {
    Err(format!("no {id}"))
}

/// What one of the fleet loads by its own number.
const LOADS: &str = "ONE_OF_THE_FLEET_LOADS";

#[cached(ns = "loaders", ttl = "1h", key = "loaded-by-{number}")]
async fn loaded(number: u64) -> u64 {
    number
}

/// No test by itself: a process that is started by one, calls, and ends when its input does.
#[tokio::test]
async fn one_of_the_fleet() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let cache = Cache::builder()
        .url(url)
        .fleet_interval(Duration::from_millis(100));
    let cache = cache.build().unwrap();
    cache
        .scope(async {
            for _ in 0..10 {
                squared(3).await;
            }
            let _ = failing(1).await;
            if let Ok(number) = std::env::var(LOADS) {
                loaded(number.parse().unwrap()).await;
            }
        })
        .await;
    let waits = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    waits.await.unwrap().unwrap();
}

pub(super) struct One(Child);

impl One {
    pub(super) fn start(url: &str) -> Self {
        Self::loading(url, None)
    }

    /// One that loads what is of this number as well.
    fn loading(url: &str, number: Option<&str>) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "fleet::one_of_the_fleet"])
            .env(URL, url)
            .envs(number.map(|number| (LOADS, number)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks until it is so.
fn until(url: &str, arguments: &[&str], mut is_so: impl FnMut(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let told = run(url, arguments).json();
        if is_so(&told) {
            return told;
        }
        assert!(start.elapsed() < LIMIT, "{told:#}");
    }
}

fn sum(told: &Value, of: &str) -> u64 {
    let rows = told["total"]["namespaces"].as_array().unwrap();
    rows.iter()
        .map(|row| row["counts"][of].as_u64().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_add_up_and_one_that_is_gone_is_told_of_no_more() {
    let server = server().await;
    let url = server.url();
    let none = run(&url, &["stats"]);
    assert_eq!(none.exit, 1, "{none:?}");
    assert!(none.out.contains("no process has published"), "{none:?}");

    let mut fleet: Vec<_> = (0..3).map(|_| One::start(&url)).collect();
    let calls = |told: &Value| {
        let rows = told["total"]["functions"].as_array().unwrap();
        let of = |row: &Value, what: &str| row["counts"]["calls"][what].as_u64().unwrap();
        let all = ["memory", "redis", "stale", "shared", "loaded", "failed"];
        rows.iter()
            .flat_map(|row| all.map(|what| of(row, what)))
            .sum::<u64>()
    };
    let told = until(&url, &["--json", "stats"], |told| calls(told) == 33);
    let processes = told["processes"].as_array().unwrap();
    let mut pids: Vec<_> = processes
        .iter()
        .map(|one| one["pid"].as_u64().unwrap())
        .collect();
    pids.sort_unstable();
    let mut expected: Vec<_> = fleet.iter().map(|one| u64::from(one.0.id())).collect();
    expected.sort_unstable();
    assert_eq!(pids, expected);
    assert_eq!(
        (sum(&told, "failed_loads"), sum(&told, "loads") <= 3),
        (3, true)
    );

    let table = run(&url, &["stats"]);
    assert_eq!(table.exit, 0, "{table:?}");
    for pid in &pids {
        assert!(table.out.contains(&pid.to_string()), "{table:?}");
    }
    assert!(table.out.contains("round trip p99"), "{table:?}");

    let functions = run(&url, &["--json", "functions", "--by", "loads"]).json();
    let first = functions["functions"][0]["function"].as_str().unwrap();
    assert!(first.ends_with("fleet::failing"), "{functions:#}");
    let table = run(
        &url,
        &["functions", "--by", "misses", "--namespace", "fleet"],
    );
    assert!(
        table.out.find("failing") < table.out.find("squared"),
        "{table:?}"
    );
    let other = run(&url, &["functions", "--namespace", "other"]);
    assert_eq!(other.exit, 1, "{other:?}");

    drop(fleet.pop());
    until(&url, &["--json", "stats"], |told| {
        told["processes"].as_array().unwrap().len() == 2
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn top_tells_of_what_happens_now() {
    let server = server().await;
    let url = server.url();
    let cache = Cache::builder()
        .url(url.clone())
        .fleet_interval(Duration::from_millis(600));
    let cache = cache.build().unwrap();
    cache.connect().await.unwrap();
    let calling = tokio::spawn(async move {
        loop {
            cache.scope(squared(4)).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let told = tokio::task::spawn_blocking(move || {
        run(&url, &["--json", "top", "--every", "200ms", "--for", "6s"])
    });
    let told = told.await.unwrap();
    calling.abort();
    let lines = told
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rates = lines.filter_map(|line| line["functions"][0]["calls"].as_f64());
    let most = rates.fold(0.0, f64::max);
    assert!((20.0..2_000.0).contains(&most), "{most} a second: {told:?}");
}

#[tokio::test]
async fn where_redis_is_away_it_is_said() {
    for command in ["stats", "functions", "top"] {
        let away = run("redis://127.0.0.1:1", &[command]);
        assert_eq!(away.exit, 3, "{away:?}");
        assert!(!away.err.is_empty(), "{away:?}");
    }
    let server = server().await;
    let wrong = ran(&mut crate::program(
        &server.url(),
        &["top", "--every", "1ms"],
    ));
    assert_eq!(wrong.exit, 2, "{wrong:?}");
    assert!(wrong.err.contains("100ms at least"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loaded_an_entry_is_told_by_process_and_once_it_is_gone_by_its_id() {
    let server = server().await;
    let url = server.url();
    let mut fleet: Vec<_> = (1..=3)
        .map(|number: u8| One::loading(&url, Some(&number.to_string())))
        .collect();
    let mut builds = Vec::new();
    for (number, one) in (1..).zip(&fleet) {
        let key = format!("loaded-by-{number}");
        let told = until(&url, &["--json", "explain", &key], |told| {
            !told["entries"][0]["loader"].is_null()
        });
        let (loader, header) = (&told["entries"][0]["loader"], &told["entries"][0]["header"]);
        assert_eq!(loader["pid"], one.0.id(), "{told:#}");
        assert!(!loader["host"].as_str().unwrap().is_empty(), "{told:#}");
        let begins = header["loader"].as_str().unwrap();
        assert!(
            loader["id"].as_str().unwrap().starts_with(begins),
            "{told:#}"
        );
        builds.push(loader["build"].clone());
        let page = run(&url, &["explain", &key]).out;
        let expected = format!("process {}, build ", one.0.id());
        assert!(page.contains(&expected), "{page}");
    }
    assert!(builds.iter().all(|build| *build == builds[0]), "{builds:?}");

    drop(fleet.remove(0));
    let told = until(&url, &["--json", "explain", "loaded-by-1"], |told| {
        told["entries"][0]["loader"].is_null()
    });
    let begins = told["entries"][0]["header"]["loader"].as_str().unwrap();
    assert_eq!(begins.len(), 16);
    let page = run(&url, &["explain", "loaded-by-1"]).out;
    let expected = format!("{begins}, a process that publishes nothing now");
    assert!(page.contains(&expected), "{page}");
    assert_eq!(told["verdict"]["is"], "fresh", "{told:#}");
}
