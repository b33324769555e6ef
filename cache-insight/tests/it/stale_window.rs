use std::time::Duration;

use cache_insight::Kind;
use cache_runtime::cached;
use futures_util::future::join_all;

use crate::Program;

#[cached(ns = "hot", ttl = "60s", tags = ["hot"])]
async fn hot(id: u32) -> u32 {
    tokio::time::sleep(Duration::from_millis(20)).await;
    id
}

/// Eight callers at once.
async fn herd(program: &Program, id: u32) {
    program.cache.scope(join_all((0..8).map(|_| hot(id)))).await;
}

/// So many herds, each after the entry's end.
async fn herds(program: &Program, count: u32, id: impl Fn(u32) -> u32) {
    for round in 0..count {
        herd(program, id(round)).await;
        program.clock.advance(Duration::from_millis(60_100));
    }
}

#[tokio::test]
async fn callers_that_wait_for_the_same_key_again_and_again_are_served_meanwhile() {
    let program = Program::in_memory(64 << 20);
    herds(&program, 5, |_| 1).await;
    assert_eq!(program.advised(Kind::StaleWindow), None, "too few");
    herds(&program, 25, |_| 1).await;
    let item = program.advised(Kind::StaleWindow).unwrap();
    assert_eq!(
        (item.change.setting.as_str(), item.change.from.as_str()),
        ("stale", "\"0s\"")
    );
    assert!(
        item.effect.waiting_seconds_less_per_hour > Some(0.0),
        "{item}"
    );
    assert_eq!(program.counts("::hot").followers, 30 * 7);
    program.applies(&item).await;

    // The first herd finds what was stored without a window.
    herds(&program, 1, |_| 1).await;
    let before = program.counts("::hot");
    herds(&program, 20, |_| 1).await;
    let after = program.counts("::hot");
    assert_eq!(after.followers, before.followers, "nobody waits");
    assert!(after.stale_hits >= before.stale_hits + 20 * 7);
}

#[tokio::test]
async fn herds_on_other_keys_each_time_have_nothing_older_to_be_served() {
    let program = Program::in_memory(64 << 20);
    herds(&program, 40, |round| round).await;
    assert!(program.counts("::hot").followers >= 40 * 7);
    assert_eq!(program.advised(Kind::StaleWindow), None);
}

#[tokio::test]
async fn after_an_invalidation_nothing_older_may_be_served() {
    let program = Program::in_memory(64 << 20);
    for _ in 0..40 {
        herd(&program, 1).await;
        program.cache.tag("hot").invalidate().await.unwrap();
    }
    assert!(program.counts("::hot").followers >= 40 * 7);
    assert_eq!(program.advised(Kind::StaleWindow), None);
}
