use std::fs;
use std::time::{Duration, Instant};

use cache_insight::{ApplyError, Kind, SettingsFile};
use cache_runtime::cached;

use crate::{LIMIT, Program, server};

#[cached(ns = "report", ttl = "60s")]
async fn report(id: u32) -> u32 {
    id
}

#[cached(ns = "quick", ttl = "1h", tiers = [redis])]
async fn quick(id: u32) -> u32 {
    id
}

/// So many reports, each read so often in a row.
async fn reports(program: &Program, ids: std::ops::Range<u32>, times: u32) {
    program
        .cache
        .scope(async {
            for id in ids {
                for _ in 0..times {
                    report(id).await;
                }
            }
        })
        .await;
    program.clock.advance(Duration::from_secs(100));
}

#[tokio::test]
async fn what_nobody_reads_is_stored_for_nothing() {
    let program = Program::in_memory(64 << 20);
    reports(&program, 0..500, 1).await;
    assert_eq!(program.advised(Kind::NotWorthIt), None, "too few");
    reports(&program, 500..3_000, 1).await;
    let item = program.advised(Kind::NotWorthIt).unwrap();
    assert!(item.because.contains("left without a read"), "{item}");
    assert!(item.effect.bytes_less > Some(0.0), "{item}");

    // It is left to a person, here to the test.
    let file = SettingsFile::at(program.path()).forced();
    let refused = file.apply(std::slice::from_ref(&item)).unwrap_err();
    assert!(matches!(refused, ApplyError::ByHand { .. }), "{refused}");
    let off = format!("[function.{:?}]\nenabled = false\n", item.function);
    fs::write(program.path(), off).unwrap();
    program.cache.reload().unwrap();
    let before = program.counts("::report");
    reports(&program, 3_000..4_000, 1).await;
    let after = program.counts("::report");
    assert_eq!((after.loads, after.stores), (before.loads, before.stores));
    let run = after.calls.uncached.turned_off - before.calls.uncached.turned_off;
    assert_eq!(run, 1_000, "no body ran more often than it did before");
}

#[tokio::test]
async fn what_is_read_once_more_is_worth_it_and_a_young_cache_is_not_judged() {
    let program = Program::in_memory(64 << 20);
    reports(&program, 0..3_000, 2).await;
    program.clock.advance(Duration::from_secs(1_000));
    assert_eq!(program.advised(Kind::NotWorthIt), None);

    let young = Program::in_memory(64 << 20);
    young
        .cache
        .scope(async {
            for id in 0..3_000 {
                report(id).await;
            }
        })
        .await;
    assert_eq!(young.advised(Kind::NotWorthIt), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hit_that_takes_longer_than_a_load_asks_redis_for_nothing() {
    let server = server().await;
    let program = Program::on(&server);
    program.cache.connect().await.unwrap();
    let calls = async || {
        for _ in 0..11 {
            for id in 0..150 {
                program.cache.scope(quick(id)).await;
            }
        }
    };
    calls().await;
    program.clock.advance(Duration::from_secs(4 * 3_600));
    let item = program.advised(Kind::NotWorthIt).unwrap();
    assert!(item.because.contains("a hit in Redis takes"), "{item}");
    let off = format!("[function.{:?}]\nenabled = false\n", item.function);
    fs::write(program.path(), off).unwrap();
    program.cache.reload().unwrap();
    let start = Instant::now();
    let before = program.counts("::quick");
    calls().await;
    let after = program.counts("::quick");
    assert_eq!(after.read_time.count(), before.read_time.count());
    assert!(start.elapsed() < LIMIT);
}
