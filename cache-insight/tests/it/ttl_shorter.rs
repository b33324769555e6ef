use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cache_insight::Kind;
use cache_runtime::{Cache, cached};

use crate::{LIMIT, Program};

const KEYS: u64 = 40;

/// A table that is written, and nobody is told.
type Table = Arc<AtomicU64>;

#[cached(ns = "stock", ttl = "1h", audit = 1.0, skip(table))]
async fn stock(table: Table, id: u64) -> u64 {
    id + table.load(Ordering::Relaxed)
}

/// In memory alone. What audits find they look at once more after `lag`, of which a test waits for many.
fn program() -> Program {
    let lag = Duration::from_millis(100);
    Program::of(Cache::builder().url("memory:").lag(lag))
}

/// Half an hour in which all is read each five minutes and the table is written at the end, if it is; gives how many reads
/// were not what the table has.
async fn half_an_hour(program: &Program, table: &Table, is_written: bool) -> u64 {
    let mut wrong = 0;
    for _ in 0..6 {
        for id in 0..KEYS {
            let found = program.cache.scope(stock(Arc::clone(table), id)).await;
            wrong += u64::from(found != id + table.load(Ordering::Relaxed));
        }
        // Each hit is audited, and none is left out.
        let start = Instant::now();
        let are_over = || {
            let counts = program.counts("::stock");
            counts.audits.told() + counts.audits.void + counts.audits.failed == counts.memory_hits
        };
        while !are_over() {
            assert!(start.elapsed() < LIMIT, "{:?}", program.counts("::stock"));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        program.clock.advance(Duration::from_secs(300));
    }
    if is_written {
        table.fetch_add(1_000, Ordering::Relaxed);
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hits_that_audits_find_outdated_become_fewer_with_a_shorter_ttl() {
    let program = program();
    let table = Table::default();
    let mut before = half_an_hour(&program, &table, true).await;
    assert_eq!((before, program.advised(Kind::TtlShorter)), (0, None));
    before += half_an_hour(&program, &table, true).await;
    let item = program.advised(Kind::TtlShorter).unwrap();
    assert_eq!(item.change.from, "\"1h\"");
    assert!(item.effect.loads_less_per_second < Some(0.0), "{item}");
    program.applies(&item).await;
    half_an_hour(&program, &table, true).await;
    let after = half_an_hour(&program, &table, true).await;
    assert!(after * 2 < before, "{before} {after}: {item}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hits_that_are_what_a_load_gives_keep_their_ttl() {
    let program = program();
    let table = Table::default();
    half_an_hour(&program, &table, false).await;
    assert!(program.counts("::stock").audits.same == 5 * KEYS);
    assert_eq!(program.advised(Kind::TtlShorter), None);
}
