use std::ops::Range;
use std::time::Duration;

use cache_insight::Kind;
use cache_runtime::cached;
use futures_util::future::join_all;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::{Program, server};

fn random(id: u32, bytes: usize) -> String {
    let mut random = SmallRng::seed_from_u64(id.into());
    (0..bytes)
        .map(|_| char::from(random.random_range(b'!'..=b'~')))
        .collect()
}

async fn slowly() {
    tokio::time::sleep(Duration::from_millis(30)).await;
}

#[cached(ns = "text", ttl = "1h", tiers = [redis])]
async fn text(id: u32) -> String {
    slowly().await;
    format!("row {id}, ").repeat(400)
}

#[cached(ns = "noise", ttl = "1h", tiers = [redis])]
async fn noise(id: u32) -> String {
    slowly().await;
    random(id, 4_000)
}

#[cached(ns = "mixed", ttl = "1h", tiers = [redis])]
async fn mixed(id: u32) -> String {
    slowly().await;
    match id % 2 {
        0 => random(id, 4_000),
        _ => format!("row {id}, ").repeat(400),
    }
}

#[cached(ns = "small", ttl = "1h", tiers = [redis])]
async fn small(id: u32) -> String {
    format!("row {id}, ").repeat(30)
}

#[cached(ns = "packed", ttl = "1h", tiers = [redis], compress)]
async fn packed(id: u32) -> String {
    slowly().await;
    random(id, 4_000)
}

/// One of 64 stores is tried: so many are enough for a verdict, and few are not.
const ENOUGH: u32 = 64 * 32;

async fn call<F: Future<Output = String>>(program: &Program, ids: Range<u32>, call: fn(u32) -> F) {
    for some in ids.collect::<Vec<_>>().chunks(128) {
        let calls = some.iter().map(|id| call(*id));
        program.cache.scope(join_all(calls)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_is_stored_in_a_fraction_once_it_is_compressed() {
    let server = server().await;
    let program = Program::on(&server);
    program.cache.connect().await.unwrap();
    call(&program, 0..500, text).await;
    assert_eq!(
        program.advised(Kind::CompressOn),
        None,
        "too few were tried"
    );
    call(&program, 500..ENOUGH, text).await;
    let item = program.advised(Kind::CompressOn).unwrap();
    assert_eq!(
        (item.change.from.as_str(), item.change.to.as_str()),
        ("\"none\"", "\"lz4\"")
    );
    let before = program.counts("::text").stored_bytes;
    program.applies(&item).await;
    call(&program, 10_000..10_000 + ENOUGH, text).await;
    let after = program.counts("::text").stored_bytes - before;
    assert!(after * 5 < before, "{before} {after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_small_values_and_a_mixture_are_left_as_they_are() {
    let server = server().await;
    let program = Program::on(&server);
    program.cache.connect().await.unwrap();
    call(&program, 0..ENOUGH, noise).await;
    call(&program, 0..ENOUGH, mixed).await;
    call(&program, 0..ENOUGH, small).await;
    let stats = program.cache.stats();
    let tried = stats
        .functions
        .iter()
        .map(|row| row.insight.compression.values);
    assert!(tried.sum::<u64>() >= 60, "noise and the mixture were tried");
    assert_eq!(program.advised(Kind::CompressOn), None);
    assert_eq!(program.advised(Kind::CompressOff), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compression_that_does_not_pay_is_turned_off() {
    let server = server().await;
    let program = Program::on(&server);
    program.cache.connect().await.unwrap();
    call(&program, 0..20, packed).await;
    assert_eq!(program.advised(Kind::CompressOff), None, "too few");
    call(&program, 20..100, packed).await;
    let item = program.advised(Kind::CompressOff).unwrap();
    let of = |program: &Program| {
        let stats = program.cache.stats();
        let mut rows = stats.functions.into_iter();
        let row = rows.find(|row| row.function.ends_with("::packed")).unwrap();
        (row.insight.compression.values, row.counts.stored_bytes)
    };
    let (compressed, bytes) = of(&program);
    assert_eq!(compressed, 100);
    program.applies(&item).await;
    call(&program, 100..200, packed).await;
    let (after, bytes_after) = of(&program);
    assert!(after - compressed <= 2, "one of 64 is tried still: {after}");
    assert!(
        bytes_after - bytes <= bytes + bytes / 100,
        "{bytes} {bytes_after}"
    );
}
