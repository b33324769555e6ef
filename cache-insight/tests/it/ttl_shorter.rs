use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cache_insight::Kind;
use cache_runtime::cached;

use crate::{LIMIT, Program};

const KEYS: u64 = 40;

/// A table that is written, and nobody is told.
type Table = Arc<AtomicU64>;

#[cached(ns = "stock", ttl = "1h", audit = 1.0, skip(table))]
async fn stock(table: Table, id: u64) -> u64 {
    id + table.load(Ordering::Relaxed)
}

/// Half an hour in which all is read each minute and the table is written at the end, if it is; gives how many reads were not
/// what the table has.
async fn half_an_hour(program: &Program, table: &Table, is_written: bool) -> u64 {
    let mut wrong = 0;
    for _ in 0..30 {
        for id in 0..KEYS {
            let audits = || {
                let audits = program.counts("::stock").audits;
                audits.told() + audits.void + audits.failed
            };
            let (before, hits) = (audits(), program.counts("::stock").memory_hits);
            let found = program.cache.scope(stock(Arc::clone(table), id)).await;
            wrong += u64::from(found != id + table.load(Ordering::Relaxed));
            let start = Instant::now();
            // One audit a key at a time, and none is left out.
            while program.counts("::stock").memory_hits > hits && audits() == before {
                assert!(start.elapsed() < LIMIT, "{:?}", program.counts("::stock"));
                program.clock.advance(Duration::from_millis(5));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        program.clock.advance(Duration::from_secs(60));
    }
    if is_written {
        table.fetch_add(1_000, Ordering::Relaxed);
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hits_that_audits_find_outdated_become_fewer_with_a_shorter_ttl() {
    let program = Program::in_memory(64 << 20);
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
    let program = Program::in_memory(64 << 20);
    let table = Table::default();
    half_an_hour(&program, &table, false).await;
    assert!(program.counts("::stock").audits.same >= 1_000);
    assert_eq!(program.advised(Kind::TtlShorter), None);
}
