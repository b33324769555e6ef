//! The first thing to run: `cargo run --example quickstart`.
//!
//! It needs no server. With `CACHE_URL=redis://127.0.0.1` it runs on Redis, and a second run, a new
//! process, hits what the first one stored.
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

/// Counts how often the "database" below is asked.
static LOADS: AtomicU32 = AtomicU32::new(0);

// The one line that makes it cached. The key is made from the arguments, here `id`.
#[cached(ns = "quickstart", ttl = "5m", tags = ["user:{id}"])]
async fn user(id: u64) -> Result<User, std::io::Error> {
    LOADS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(50)).await; // a slow database
    let name = format!("user number {id}");
    Ok(User { id, name })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();

    // Reads CACHE_URL and its like; without them everything stays in this process's memory.
    let cache = Cache::from_env()?;
    cache.install()?;

    println!("1. The first call loads, unless an earlier run stored it in Redis:");
    step(|| user(1)).await?;

    println!("2. The second is a hit:");
    step(|| user(1)).await?;

    println!("3. A thousand callers at once for another user share one load:");
    let before = LOADS.load(Ordering::Relaxed);
    let start = Instant::now();
    let callers: Vec<_> = (0..1_000).map(|_| tokio::spawn(user(2))).collect();
    for caller in callers {
        caller.await??;
    }
    let loads = LOADS.load(Ordering::Relaxed) - before;
    println!("   1000 answers, {loads} load(s), {:?}", start.elapsed());

    println!("4. Invalidating the tag `user:1` makes the next call load again:");
    cache.tag("user:1").invalidate().await?;
    step(|| user(1)).await?;

    println!("5. The entry of one call can be asked for, and invalidated, by its arguments:");
    println!("   {:?}", user_entry(1).inspect().await);

    println!(
        "\nWhat happened, as the cache counted it:\n{}",
        cache.stats()
    );
    cache.close().await?;
    Ok(())
}

/// Runs one call and prints what it took.
async fn step<F>(call: impl FnOnce() -> F) -> Result<(), std::io::Error>
where
    F: Future<Output = Result<User, std::io::Error>>,
{
    let before = LOADS.load(Ordering::Relaxed);
    let start = Instant::now();
    let user = call().await?;
    let what = if LOADS.load(Ordering::Relaxed) > before {
        "loaded"
    } else {
        "hit   "
    };
    println!("   {what} {:>10?}   {user:?}", start.elapsed());
    Ok(())
}
