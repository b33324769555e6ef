//! `memory_bytes` is what the memory tier takes of the process, whatever it holds.

use cache_runtime::{Cache, cached};

use crate::alone;

const SHAPE: &str = "MEMORY_BYTES_OF";

#[cached(ns = "small", ttl = "1h")]
async fn small(id: u64) -> u64 {
    id
}

#[cached(ns = "text", ttl = "1h")]
async fn text(id: u64) -> String {
    format!("the value of {id}")
}

#[cached(ns = "tagged", ttl = "1h", tags = [
    "a:{id}", "b:{id}", "c:{id}", "d:{id}", "e:{id}", "f:{id}", "g:{id}", "h:{id}",
])]
async fn tagged(id: u64) -> u64 {
    id
}

#[cached(ns = "shared", ttl = "1h", tags = ["all", "group:{group}"])]
async fn shared(group: u64, id: u64) -> u64 {
    group + id
}

#[cached(ns = "large", ttl = "1h")]
async fn large(id: u64) -> Vec<f64> {
    vec![id as f64; 8 << 10]
}

async fn fill(shape: &str, ids: std::ops::Range<u64>) {
    for id in ids {
        match shape {
            "small" => drop(small(id).await),
            "text" => drop(text(id).await),
            "tagged" => drop(tagged(id).await),
            "shared" => drop(shared(id % 100, id).await),
            _ => drop(large(id).await),
        }
    }
}

/// What the process has of memory, in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

/// The child: fills the tier with half as much again as it may hold or more, and says what it grew by.
#[test]
#[ignore = "run by another test, in a process of its own"]
#[expect(clippy::print_stdout, reason = "the other test reads it")]
fn grow() {
    let shape = alone::variable(SHAPE);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let count = match &*shape {
        "large" => 2_000,
        "tagged" => 55_000,
        _ => 200_000,
    };
    runtime.block_on(async {
        let cache = Cache::builder().url("memory:").build().unwrap();
        cache.scope(fill(&shape, 0..100)).await;
        let (before, first) = (resident(), cache.health().memory_bytes);
        cache.scope(fill(&shape, 100..count)).await;
        let grown = resident() - before;
        let health = cache.health();
        let counted = health.memory_bytes - first;
        println!(
            "grown {grown} counted {counted} entries {}",
            health.memory_entries
        );
    });
}

fn growth(shape: &str) -> (u64, u64) {
    let said = alone::run("memory_bytes::grow", &[(SHAPE, shape)]);
    let after = |word: &str| {
        let (_, rest) = said.split_once(word).unwrap();
        rest.split_whitespace()
            .next()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    (after("grown "), after("counted "))
}

/// What memory counts is what the process grows by.
fn is_what_the_process_grows_by(shape: &str) {
    let (grown, counted) = growth(shape);
    let ratio = grown as f64 / counted as f64;
    assert!(
        (0.8..=1.2).contains(&ratio) && counted >= 56 << 20,
        "{shape}: {grown} bytes, {counted} counted, {ratio:.2}"
    );
}

#[test]
fn small_values_are_counted() {
    is_what_the_process_grows_by("small");
}

#[test]
fn texts_are_counted() {
    is_what_the_process_grows_by("text");
}

#[test]
fn many_tags_are_counted() {
    is_what_the_process_grows_by("tagged");
}

#[test]
fn tags_of_many_entries_are_counted() {
    is_what_the_process_grows_by("shared");
}

#[test]
fn large_values_are_counted() {
    is_what_the_process_grows_by("large");
}
