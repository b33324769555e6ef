//! `#[cache_put]`: a write whose value is its entry's from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, bypass, cache_invalidate, cache_put, cached};
use cache_tests::Server;
use tokio::sync::{Notify, Semaphore};

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);

/// A database of one row. A read or a write that is held waits between what it does and its return.
#[derive(Default)]
struct Db {
    row: AtomicU32,
    reads: AtomicU32,
    done: Notify,
}

impl Db {
    fn reads(&self) -> u32 {
        self.reads.load(Ordering::SeqCst)
    }
}

/// Lets a call go on past what it did.
struct Gate(Semaphore);

impl Gate {
    fn open() -> Self {
        Self(Semaphore::new(1_000))
    }

    fn shut() -> Self {
        Self(Semaphore::new(0))
    }

    async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }

    fn let_go(&self) {
        self.0.add_permits(1_000);
    }
}

#[cached(ns = "row", ttl = "1h", cache_if = |row| *row < 1_000, tags = ["rows"], skip(db, gate))]
async fn row(db: &Db, id: u32, gate: &Gate) -> Result<u32, String> {
    let _ = id;
    let row = db.row.load(Ordering::SeqCst);
    db.reads.fetch_add(1, Ordering::SeqCst);
    gate.pass().await;
    Ok(row)
}

#[cache_put(entry = row_entry(id))]
async fn write(db: &Db, id: u32, value: u32, gate: &Gate) -> Result<u32, String> {
    let _ = id;
    db.row.store(value, Ordering::SeqCst);
    db.done.notify_one();
    gate.pass().await;
    match value {
        13 => Err("13".to_owned()),
        _ => Ok(value),
    }
}

#[cache_put(entry = row_entry(id), on = "ok")]
async fn try_write(db: &Db, id: u32, value: u32) -> Result<u32, String> {
    let _ = (id, db);
    match value {
        13 => Err("13".to_owned()),
        _ => Ok(value),
    }
}

#[cached(ns = "named", ttl = "1h")]
async fn named(id: u32) -> String {
    format!("loaded {id}")
}

struct Names(u32);

impl Names {
    /// The value tells its entry.
    #[cache_put(entry = |name| named_entry(name.parse().unwrap()))]
    async fn insert(&self, name: &str) -> String {
        let _ = name;
        self.0.to_string()
    }

    #[cache_put(entry = named_entry(*id))]
    async fn rename(&self, (id, name): (u32, &str)) -> String {
        let _ = id;
        format!("{name} {}", self.0)
    }

    #[cache_invalidate(tags = ["rows"])]
    #[cache_put(entry = named_entry(id))]
    async fn replace(&self, id: u32) -> String {
        format!("{id} of {}", self.0)
    }
}

fn caches(server: &Server) -> [Cache; 3] {
    let redis = || Cache::builder().url(server.url());
    [
        Cache::memory(),
        redis().build().unwrap(),
        redis().prefix("bare").memory_bytes(0).build().unwrap(),
    ]
}

#[tokio::test]
async fn what_is_written_is_served_from_then_on() {
    let server = server().await;
    for cache in caches(&server) {
        let (db, gate) = (Db::default(), Gate::open());
        cache
            .scope(async {
                assert_eq!(row(&db, 1, &gate).await, Ok(0));
                for value in [1, 2] {
                    assert_eq!(write(&db, 1, value, &gate).await, Ok(value));
                    assert_eq!(row(&db, 1, &gate).await, Ok(value));
                }
                assert_eq!(db.reads(), 1);
                // It carries the tags of its function.
                cache.tag("rows").invalidate().await.unwrap();
                assert_eq!((row(&db, 1, &gate).await, db.reads()), (Ok(2), 2));
                // What that does not keep is not there.
                assert_eq!(write(&db, 1, 2_000, &gate).await, Ok(2_000));
                assert_eq!((row(&db, 1, &gate).await, db.reads()), (Ok(2_000), 3));
            })
            .await;
    }
}

#[tokio::test]
async fn another_process_is_served_it_too() {
    let server = server().await;
    let [a, b] = [(); 2].map(|()| Cache::builder().url(server.url()).build().unwrap());
    let (db, gate) = (Db::default(), Gate::open());
    assert_eq!(b.scope(row(&db, 2, &gate)).await, Ok(0));
    assert_eq!(a.scope(write(&db, 2, 7, &gate)).await, Ok(7));
    let sees = async || b.scope(row(&db, 2, &gate)).await == Ok(7);
    until(LIMIT, sees).await;
    assert_eq!(db.reads(), 1);
}

#[tokio::test]
async fn an_error_or_a_drop_may_have_written_so_the_entry_goes() {
    let server = server().await;
    for cache in caches(&server) {
        let (db, gate, shut) = (Db::default(), Gate::open(), Gate::shut());
        cache
            .scope(async {
                row(&db, 3, &gate).await.unwrap();
                write(&db, 3, 13, &gate).await.unwrap_err();
                db.done.notified().await;
                assert_eq!((row(&db, 3, &gate).await, db.reads()), (Ok(13), 2));
                tokio::select! {
                    _ = write(&db, 3, 14, &shut) => unreachable!(),
                    () = db.done.notified() => {}
                }
                let settles = async || {
                    let reads = db.reads();
                    row(&db, 3, &gate).await == Ok(14) && db.reads() == reads
                };
                until(LIMIT, settles).await;
                // Unless its author says that an error wrote nothing.
                let reads = db.reads();
                try_write(&db, 3, 13).await.unwrap_err();
                assert_eq!((row(&db, 3, &gate).await, db.reads()), (Ok(14), reads));
                assert_eq!(try_write(&db, 3, 15).await, Ok(15));
                assert_eq!((row(&db, 3, &gate).await, db.reads()), (Ok(15), reads));
            })
            .await;
    }
}

/// Which of the two the database took last the cache can't know.
#[tokio::test]
async fn of_two_writes_that_overlap_neither_is_kept() {
    let server = server().await;
    for first_ends_first in [true, false] {
        for cache in caches(&server) {
            overlap(&cache, &cache, first_ends_first).await;
        }
        let [a, b] = [(); 2].map(|()| Cache::builder().url(server.url()).build().unwrap());
        overlap(&a, &b, first_ends_first).await;
    }
}

async fn overlap(a: &Cache, b: &Cache, first_ends_first: bool) {
    let (db, open) = (Db::default(), Gate::open());
    let (first, second) = (Gate::shut(), Gate::shut());
    a.scope(row(&db, 4, &open)).await.unwrap();
    let one = async {
        let wrote = a.scope(write(&db, 4, 1, &first)).await;
        second.let_go();
        wrote
    };
    let two = async {
        db.done.notified().await;
        let (wrote, ()) = tokio::join!(b.scope(write(&db, 4, 2, &second)), async {
            db.done.notified().await;
            match first_ends_first {
                true => first.let_go(),
                false => second.let_go(),
            }
        });
        first.let_go();
        wrote
    };
    let (one, two) = tokio::join!(one, two);
    assert_eq!((one, two), (Ok(1), Ok(2)));
    // The database has taken the first of them after the second, for all that the cache knows.
    db.row.store(1, Ordering::SeqCst);
    for cache in [a, b] {
        let sees = async || cache.scope(row(&db, 4, &open)).await == Ok(1);
        until(LIMIT, sees).await;
    }
    for cache in [a, b] {
        cache.namespace("row").invalidate().await.unwrap();
    }
}

#[tokio::test]
async fn a_load_that_began_before_stores_nothing_over_it() {
    let server = server().await;
    for cache in caches(&server) {
        let (db, open, shut) = (Db::default(), Gate::open(), Gate::shut());
        let load = cache.scope(row(&db, 5, &shut));
        let written = async {
            until(LIMIT, async || db.reads() == 1).await;
            cache.scope(write(&db, 5, 9, &open)).await.unwrap();
            shut.let_go();
        };
        let (loaded, ()) = tokio::join!(load, written);
        assert_eq!(loaded, Ok(0));
        assert_eq!(cache.scope(row(&db, 5, &open)).await, Ok(9));
        assert_eq!(db.reads(), 1);
    }
}

#[tokio::test]
async fn the_value_may_tell_its_entry_and_a_pattern_too() {
    let server = server().await;
    for cache in caches(&server) {
        cache
            .scope(async {
                let names = Names(6);
                assert_eq!(names.insert("a").await, "6");
                assert_eq!(named(6).await, "6");
                assert_eq!(names.rename((6, "b")).await, "b 6");
                assert_eq!(named(6).await, "b 6");
                assert_eq!(names.replace(6).await, "6 of 6");
                assert_eq!(named(6).await, "6 of 6");
                assert_eq!(named(7).await, "loaded 7");
            })
            .await;
    }
}

#[tokio::test]
async fn without_a_cache_it_writes_and_with_reads_off_nothing_older_stays() {
    let server = server().await;
    for cache in caches(&server) {
        let (db, gate) = (Db::default(), Gate::open());
        cache
            .scope(async {
                row(&db, 8, &gate).await.unwrap();
                assert_eq!(bypass(write(&db, 8, 1, &gate)).await, Ok(1));
                assert_eq!((row(&db, 8, &gate).await, db.reads()), (Ok(1), 2));
            })
            .await;
    }
}

#[tokio::test]
async fn where_redis_is_away_it_writes_and_the_entry_is_owed() {
    let server = server().await;
    let cache = Cache::builder().url(server.url()).build().unwrap();
    let (db, gate) = (Db::default(), Gate::open());
    cache
        .scope(async {
            row(&db, 9, &gate).await.unwrap();
            server.pause().unwrap();
            assert_eq!(write(&db, 9, 1, &gate).await, Ok(1));
            // This process serves nothing of what is owed.
            assert_eq!(row(&db, 9, &gate).await, Ok(1));
            server.resume().unwrap();
            let again = Cache::builder().url(server.url()).build().unwrap();
            let sees = async || again.scope(row(&db, 9, &gate)).await == Ok(1);
            until(LIMIT, sees).await;
        })
        .await;
}

/// What it wrote may be what was invalidated.
#[tokio::test]
async fn what_is_invalidated_while_it_is_written_is_not_kept() {
    let server = server().await;
    for cache in caches(&server) {
        for step in 0..3 {
            let (db, open, shut) = (Db::default(), Gate::open(), Gate::shut());
            let write = cache.scope(write(&db, 11, 1, &shut));
            let invalidate = async {
                db.done.notified().await;
                db.row.store(2, Ordering::SeqCst);
                match step {
                    0 => cache.tag("rows").invalidate().await.unwrap(),
                    1 => cache.namespace("row").invalidate().await.unwrap(),
                    _ => cache
                        .scope(async { row_entry(11).invalidate().await })
                        .await
                        .unwrap(),
                }
                shut.let_go();
            };
            let (wrote, ()) = tokio::join!(write, invalidate);
            assert_eq!(wrote, Ok(1));
            assert_eq!(cache.scope(row(&db, 11, &open)).await, Ok(2), "{step}");
        }
    }
}

fn refuses(value: &u32) -> bool {
    assert!(*value != 66, "its author did not think of it");
    true
}

#[cached(ns = "picky", ttl = "1h", cache_if = refuses, skip(db))]
async fn picky(db: &Db, id: u32) -> Result<u32, String> {
    let _ = id;
    Ok(db.row.load(Ordering::SeqCst))
}

#[cache_put(entry = picky_entry(id), on = "ok")]
async fn commit(db: &Db, id: u32, value: u32) -> Result<u32, String> {
    let _ = id;
    db.row.store(value, Ordering::SeqCst);
    Ok(value)
}

/// `on = "ok"` is about errors: what ends after an `Ok` has written.
#[tokio::test]
async fn a_call_that_ends_while_it_stores_has_written_all_the_same() {
    let server = server().await;
    for cache in caches(&server) {
        let db = Arc::new(Db::default());
        let other = Arc::clone(&db);
        assert_eq!(cache.scope(picky(&db, 12)).await, Ok(0));
        let ends = cache.clone();
        let ends = tokio::spawn(async move { ends.scope(commit(&other, 12, 66)).await });
        assert!(ends.await.unwrap_err().is_panic());
        db.row.store(67, Ordering::SeqCst);
        let sees = async || cache.scope(picky(&db, 12)).await == Ok(67);
        until(LIMIT, sees).await;
    }
}

#[cached(ns = "counter", ttl = "1h", wait = "1h", skip(db))]
async fn count(db: &Db, id: u32) -> u32 {
    let _ = id;
    db.reads.fetch_add(1, Ordering::SeqCst);
    db.row.load(Ordering::SeqCst)
}

/// It reads what it writes, which is not there: it would wait for itself.
#[cache_put(entry = count_entry(id))]
async fn add(db: &Db, id: u32) -> u32 {
    let next = count(db, id).await + 1;
    db.row.store(next, Ordering::SeqCst);
    next
}

#[tokio::test]
async fn a_write_may_read_its_own_entry() {
    let server = server().await;
    for cache in caches(&server) {
        let db = Db::default();
        cache
            .scope(async {
                let added = tokio::time::timeout(LIMIT, add(&db, 13));
                assert_eq!(added.await, Ok(1));
                assert_eq!((count(&db, 13).await, db.reads()), (1, 1));
                assert_eq!((add(&db, 13).await, db.reads()), (2, 1));
                assert_eq!((count(&db, 13).await, db.reads()), (2, 1));
            })
            .await;
    }
}
