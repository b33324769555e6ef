//! One process of a fleet, for tests: reads commands from its input, one a line, and answers each
//! with its number. The origin is a folder that all actors share, a file an id.
//!
//! `call ID CALLERS SLEEP_MS` · `sweep IDS SLEEP_MS` · `hasty ID CALLERS SLEEP_MS` · `aged ID CALLERS SLEEP_MS` · `expire ID` · `loads` · `invalidate tag|entry|namespace ID` · `stats` · `fleet` · `get ID` · `key ID`
//! `puts ID TASKS TIMES NAME` · `audited ID CALLERS SLEEP_MS` · `audits` · `churn IDS MS`
#![expect(clippy::print_stdout, reason = "it answers on its output")]

use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use tokio::io::{AsyncBufReadExt as _, BufReader};

static LOADS: AtomicU32 = AtomicU32::new(0);
static ORIGIN: OnceLock<PathBuf> = OnceLock::new();

/// Reads the origin first and is slow afterwards, so that what it returns may be old by then.
#[cached(ns = "slow", ttl = "5m", tags = ["slow:{id}"], skip(sleep_ms))]
async fn slow(id: u64, sleep_ms: u64) -> Result<String, std::io::ErrorKind> {
    read(id, sleep_ms).await
}

/// The same, and nobody waits long for it.
#[cached(ns = "hasty", ttl = "5m", wait = "500ms", skip(sleep_ms))]
async fn hasty(id: u64, sleep_ms: u64) -> Result<String, std::io::ErrorKind> {
    read(id, sleep_ms).await
}

async fn read(id: u64, sleep_ms: u64) -> Result<String, std::io::ErrorKind> {
    LOADS.fetch_add(1, Ordering::SeqCst);
    let file = ORIGIN
        .get()
        .ok_or(std::io::ErrorKind::NotFound)?
        .join(id.to_string());
    let read = tokio::fs::read_to_string(file)
        .await
        .map_err(|error| error.kind())?;
    tokio::time::sleep(Duration::from_millis(sleep_ms)).await;
    Ok(read)
}

/// The same, refreshed by a task once it was expired.
#[cached(
    ns = "aged",
    ttl = "5m",
    stale = "10m",
    refresh = "background",
    tags = ["aged:{id}"],
    skip(sleep_ms)
)]
async fn aged(id: u64, sleep_ms: u64) -> Result<String, std::io::ErrorKind> {
    read(id, sleep_ms).await
}

/// The same, of which each hit is audited.
#[cached(
    ns = "audited",
    ttl = "5m",
    audit = 1.0,
    tags = ["audited:{id}"],
    skip(sleep_ms)
)]
async fn audited(id: u64, sleep_ms: u64) -> Result<String, std::io::ErrorKind> {
    read(id, sleep_ms).await
}

/// `same outdated void failed skipped`
fn audits(cache: &Cache) -> String {
    let stats = cache.stats();
    let audits = stats.namespace("audited").map(|row| row.audits.clone());
    let audits = audits.unwrap_or_default();
    let counts = [
        audits.same,
        audits.outdated,
        audits.void,
        audits.failed,
        audits.skipped,
    ];
    counts.map(|count| count.to_string()).join(" ")
}

/// Reads and writes so many ids for so long, each by several tasks; a write changes the origin and invalidates. How many
/// writes there were.
async fn churn(cache: &Cache, ids: u64, ms: u64) -> String {
    let end = Instant::now() + Duration::from_millis(ms);
    let reading = (0..ids * 4).map(|task| {
        tokio::spawn(async move {
            while Instant::now() < end {
                let _ = audited(task % ids, 0).await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            0
        })
    });
    let writing = (0..ids).map(|id| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let mut writes: u64 = 0;
            while Instant::now() < end {
                writes += 1;
                let done = write(&cache, id, writes).await;
                done.unwrap_or_else(|error| panic!("{error}"));
                tokio::time::sleep(Duration::from_millis(20 + id * 7)).await;
            }
            writes
        })
    });
    let tasks: Vec<_> = reading.chain(writing).collect();
    let mut writes = 0;
    for task in tasks {
        match task.await {
            Ok(some) => writes += some,
            Err(panic) => return format!("error {panic}"),
        }
    }
    writes.to_string()
}

/// Writes a value of this process's own, and then invalidates.
async fn write(cache: &Cache, id: u64, number: u64) -> Result<(), Box<dyn std::error::Error>> {
    let origin = ORIGIN.get().ok_or("no origin")?;
    let process = std::process::id();
    let next = origin.join(format!("next-{process}-{id}"));
    tokio::fs::write(&next, format!("{process}-{number}")).await?;
    tokio::fs::rename(&next, origin.join(id.to_string())).await?;
    cache.tag(format!("audited:{id}")).invalidate().await?;
    Ok(())
}

/// `loads slowest_ms values`, of so many callers at once.
async fn call<F>(callers: usize, one: impl Fn() -> F) -> String
where
    F: Future<Output = Result<String, std::io::ErrorKind>> + Send + 'static,
{
    let before = LOADS.load(Ordering::SeqCst);
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let one = one();
            tokio::spawn(async move {
                let start = Instant::now();
                let value = one.await;
                (start.elapsed(), value)
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    let mut values = Vec::new();
    for call in calls {
        match call.await {
            Ok((took, value)) => {
                slowest = slowest.max(took);
                values.push(value.unwrap_or_else(|error| format!("error:{error}")));
            }
            Err(error) => values.push(format!("panic:{error}")),
        }
    }
    values.sort_unstable();
    values.dedup();
    let loads = LOADS.load(Ordering::SeqCst) - before;
    format!("{loads} {} {}", slowest.as_millis(), values.join(","))
}

/// `loads slowest_ms values`, of a caller of each of so many ids, all at once.
async fn sweep(ids: u64, sleep_ms: u64) -> String {
    let before = LOADS.load(Ordering::SeqCst);
    let start = Instant::now();
    let calls: Vec<_> = (0..ids)
        .map(|id| tokio::spawn(slow(id, sleep_ms)))
        .collect();
    let mut values = Vec::new();
    for call in calls {
        match call.await {
            Ok(value) => values.push(value.unwrap_or_else(|error| format!("error:{error}"))),
            Err(error) => values.push(format!("panic:{error}")),
        }
    }
    values.sort_unstable();
    values.dedup();
    let loads = LOADS.load(Ordering::SeqCst) - before;
    format!(
        "{loads} {} {}",
        start.elapsed().as_millis(),
        values.join(",")
    )
}

/// Has so many tasks put values of their own, `NAME-TASK-TIME`: how many puts failed, and the last errors.
async fn puts(id: u64, tasks: u64, times: u64, name: &str) -> String {
    let putting = (0..tasks).map(|task| {
        let name = name.to_owned();
        tokio::spawn(async move {
            let entry = slow_entry(id);
            let mut errors = Vec::new();
            for time in 1..=times {
                let put = entry.put(format!("{name}-{task}-{time}")).await;
                errors.extend(put.err().map(|error| error.to_string()));
            }
            errors
        })
    });
    let putting: Vec<_> = putting.collect();
    let mut errors = Vec::new();
    for task in putting {
        errors.extend(task.await.unwrap_or_else(|panic| vec![panic.to_string()]));
    }
    format!("{} {}", errors.len(), errors.pop().unwrap_or_default())
}

async fn invalidate(cache: &Cache, kind: &str, id: u64) -> String {
    let done = match kind {
        "tag" => cache.tag(format!("slow:{id}")).invalidate().await,
        "namespace" => cache.namespace("slow").invalidate().await,
        _ => slow_entry(id).invalidate().await,
    };
    done.map_or_else(|error| format!("error {error}"), |()| "ok".to_owned())
}

/// `has_others skipped loads pid:age_ms:is_this,..`, where the loads are the sum of all.
async fn fleet(cache: &Cache) -> String {
    let fleet = match cache.fleet_stats().await {
        Ok(fleet) => fleet,
        Err(error) => return format!("error {error}"),
    };
    let processes = fleet.processes.iter();
    let processes: Vec<_> = processes
        .map(|one| format!("{}:{}:{}", one.pid, one.age.as_millis(), one.is_this))
        .collect();
    let loads = fleet.total.namespace("slow").map_or(0, |row| row.loads);
    let (has_others, skipped) = (fleet.has_others, fleet.skipped);
    format!("{has_others} {skipped} {loads} {}", processes.join(","))
}

async fn answer(cache: Cache, line: String) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| {
        words
            .get(at)
            .and_then(|word| word.parse().ok())
            .unwrap_or(0)
    };
    let callers = usize::try_from(number(2)).unwrap_or(1);
    match words.first() {
        Some(&"call") => call(callers, || slow(number(1), number(3))).await,
        Some(&"hasty") => call(callers, || hasty(number(1), number(3))).await,
        Some(&"aged") => call(callers, || aged(number(1), number(3))).await,
        Some(&"audited") => call(callers, || audited(number(1), number(3))).await,
        Some(&"audits") => audits(&cache),
        Some(&"churn") => churn(&cache, number(1), number(2)).await,
        Some(&"expire") => {
            let done = cache.tag(format!("aged:{}", number(1))).expire().await;
            done.map_or_else(|error| format!("error {error}"), |()| "ok".to_owned())
        }
        Some(&"loads") => LOADS.load(Ordering::SeqCst).to_string(),
        Some(&"sweep") => sweep(number(1), number(2)).await,
        Some(&"invalidate") => invalidate(&cache, words.get(1).unwrap_or(&""), number(2)).await,
        Some(&"key") => slow_entry(number(1)).key().to_owned(),
        Some(&"get") => format!("{:?}", slow_entry(number(1)).get().await),
        Some(&"puts") => {
            let name = words.get(4).unwrap_or(&"");
            puts(number(1), number(2), number(3), name).await
        }
        Some(&"fleet") => fleet(&cache).await,
        Some(&"stats") => cache.stats().to_string().replace('\n', "|"),
        _ => "what?".to_owned(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let origin = env::var("ORIGIN")?;
    ORIGIN.get_or_init(|| origin.into());
    let cache = Cache::builder().environment()?;
    let lease = env::var("LEASE_MS")
        .ok()
        .and_then(|ms| ms.parse().ok())
        .unwrap_or(5_000);
    let cache = cache.lease(Duration::from_millis(lease)).build()?;
    cache.install()?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    println!("ready");
    while let Some(line) = lines.next_line().await? {
        let Some((number, command)) = line.split_once(' ') else {
            continue;
        };
        let (number, command, cache) = (number.to_owned(), command.to_owned(), cache.clone());
        tokio::spawn(async move {
            let answer = answer(cache, command).await;
            println!("{number} {answer}");
        });
    }
    Ok(())
}
