use std::time::Duration;

use cache_insight::Kind;
use cache_runtime::cached;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::Program;

#[cached(ns = "rows", ttl = "40d")]
async fn row(id: u64) -> u64 {
    id
}

async fn read(program: &Program, ids: impl IntoIterator<Item = u64>) {
    program
        .cache
        .scope(async {
            for id in ids {
                row(id).await;
            }
        })
        .await;
}

/// The loads of some reads.
async fn loads(program: &Program, ids: impl IntoIterator<Item = u64>) -> u64 {
    let before = program.counts("::row").loads;
    read(program, ids).await;
    program.counts("::row").loads - before
}

/// Rows that are read evenly by chance.
fn by_chance(reads: usize, rows: u64) -> Vec<u64> {
    let mut random = SmallRng::seed_from_u64(7);
    (0..reads).map(|_| random.random_range(0..rows)).collect()
}

#[tokio::test]
async fn more_memory_is_advised_where_it_serves_more_and_it_does() {
    let program = Program::in_memory(2 << 20);
    read(&program, by_chance(10_000, 12_000)).await;
    assert_eq!(program.advised(Kind::MemoryLarger), None, "too few");
    read(&program, by_chance(60_000, 12_000)).await;
    let item = program.advised(Kind::MemoryLarger).unwrap();
    assert_eq!(
        (item.change.from.as_str(), item.change.to.as_str()),
        ("\"2MiB\"", "\"4MiB\"")
    );
    let before = loads(&program, by_chance(30_000, 12_000)).await;
    program.applies(&item).await;
    read(&program, by_chance(30_000, 12_000)).await;
    let after = loads(&program, by_chance(30_000, 12_000)).await;
    let gain = (before - after) as f64 / 30_000.0;
    let told = item.effect.hit_rate_more.unwrap();
    assert!(gain > 0.1 && (gain - told).abs() < 0.1, "{gain} {told}");
}

#[tokio::test]
async fn reads_that_never_come_again_need_no_memory_however_full_it_is() {
    let program = Program::in_memory(2 << 20);
    read(&program, 0..60_000).await;
    assert!(program.counts("::row").evictions > 0);
    assert_eq!(program.advised(Kind::MemoryLarger), None);
}

#[tokio::test]
async fn less_memory_is_advised_where_it_serves_as_much_and_it_does() {
    let program = Program::in_memory(64 << 20);
    let rounds = || (0..8).flat_map(|_| 0..6_000);
    read(&program, rounds()).await;
    assert_eq!(
        program.advised(Kind::MemorySmaller),
        None,
        "it has not settled"
    );
    program.clock.advance(Duration::from_secs(25 * 3_600));
    let item = program.advised(Kind::MemorySmaller).unwrap();
    assert_eq!(item.change.to, "\"16MiB\"");
    program.applies(&item).await;
    assert_eq!(loads(&program, rounds()).await, 0);
    assert_eq!(program.cache.stats().memory.most_bytes, 16 << 20);
}

#[tokio::test]
async fn memory_that_is_needed_in_full_is_left() {
    let program = Program::in_memory(4 << 20);
    // Some 400 bytes each: a fifth of it would be missing in half the room.
    read(&program, by_chance(80_000, 9_000)).await;
    program.clock.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(program.advised(Kind::MemorySmaller), None);
}
