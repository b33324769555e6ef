//! How long a backup and a restore take, how large the file is, and how much memory each takes.
//!
//! ```sh
//! redis-server --port 7379 --save '' --maxmemory 2gb &
//! CACHE_URL=redis://127.0.0.1:7379 cargo run --profile users -p cache-backup --example figures -- 100000 1000000
//! ```
//!
//! **It empties that server.** Each step runs in a process of its own, which tells the most memory that it had
//! (`VmHWM` of `/proc/self/status`).
#![expect(clippy::print_stdout, reason = "it tells figures")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use cache_backup::{Backup, Restore, Target};
use cache_runtime::admin::{Admin, Selection};
use cache_runtime::{Cache, cached};
use tokio::task::JoinSet;

/// How many calls fill the cache at the same time.
const AT_ONCE: u64 = 512;

type Outcome = Result<(), Box<dyn Error>>;

/// Some 200 bytes that hardly compress.
#[cached(ns = "figure", key = "figure:{id}", ttl = "1h", stale = "1h", tags = ["group:{group}"])]
async fn figure(group: u64, id: u64) -> String {
    let mut word = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ group;
    let mut text = String::with_capacity(208);
    while text.len() < 200 {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        text.push_str(&format!("{word:016x}"));
    }
    text
}

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["fill", count] => fill(count.parse()?).await,
        ["backup", file] => backup(file).await,
        ["restore", file] => restore(file).await,
        _ => arguments.iter().try_for_each(|count| run(count)),
    }
}

/// All steps with this number of entries, a process each.
fn run(count: &str) -> Outcome {
    let file = env::temp_dir().join(format!("figures-{count}-{}.zst", std::process::id()));
    let file = file.to_str().ok_or("a path that is text")?;
    println!("{count} entries");
    for step in [["fill", count], ["backup", file], ["restore", file]] {
        let status = Command::new(env::current_exe()?).args(step).status()?;
        if !status.success() {
            return Err(format!("{step:?} failed").into());
        }
    }
    Ok(fs::remove_file(file)?)
}

fn builder() -> Result<cache_runtime::CacheBuilder, Box<dyn Error>> {
    let builder = Cache::builder().environment()?.memory_bytes(0);
    Ok(builder.op_timeout(std::time::Duration::from_secs(5)))
}

async fn fill(count: u64) -> Outcome {
    let cache = builder()?.fleet(false).build()?;
    cache.connect().await?;
    cache.invalidate_all().await?;
    empty().await?;
    let mut calls = JoinSet::new();
    for lane in 0..AT_ONCE {
        let cache = cache.clone();
        calls.spawn(async move {
            for id in (lane..count).step_by(AT_ONCE as usize) {
                cache.scope(figure(id % 1_000, id)).await;
            }
        });
    }
    calls.join_all().await;
    Ok(())
}

/// Deletes whatever the server has.
async fn empty() -> Outcome {
    let client = redis::Client::open(env::var("CACHE_URL")?)?;
    let patient = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let connecting = client.get_multiplexed_async_connection_with_config(&patient);
    let mut connection = connecting.await?;
    Ok(redis::cmd("FLUSHALL").query_async(&mut connection).await?)
}

async fn backup(file: &str) -> Outcome {
    let (admin, start) = (Admin::new(builder()?)?, Instant::now());
    let target = Target::File(file.into());
    let made = Backup::of(Selection::Everything)
        .run(&admin, &target, |_| ())
        .await?;
    let (took, of_frames) = (start.elapsed(), made.ending.bytes);
    let bytes = fs::metadata(Path::new(file))?.len();
    println!(
        "  backup   {:>9} entries  {took:>8.1?}  {} MB of frames in {} MB  peak {} MiB",
        made.ending.records,
        of_frames / 1_000_000,
        bytes / 1_000_000,
        peak_mib()?
    );
    Ok(())
}

async fn restore(file: &str) -> Outcome {
    empty().await?;
    let (admin, start) = (Admin::new(builder()?)?, Instant::now());
    let restored = Restore::of([file]).run(&admin, |_| ()).await?;
    println!(
        "  restore  {:>9} entries  {:>8.1?}  peak {} MiB",
        restored.files[0].restored,
        start.elapsed(),
        peak_mib()?
    );
    Ok(())
}

/// The most memory that this process has had.
fn peak_mib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    Ok(number.ok_or("no VmHWM")?.parse::<u64>()? / 1_024)
}
