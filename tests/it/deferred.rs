//! A transaction: what is invalidated inside it is invalidated after its commit, and what is read inside it stays
//! there.

use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use cache_runtime::{
    Cache, CacheError, Invalidations, Policy, cache_invalidate, cache_put, cached, deferred,
    inherit,
};
use cache_tests::Server;
use tokio::sync::{Notify, Semaphore};

use crate::until;

const LIMIT: Duration = Duration::from_secs(10);

/// A database of one row, in which every id has the same value.
struct Db {
    committed: AtomicU32,
    /// What a transaction has written, zero for nothing.
    written: AtomicU32,
    reads: AtomicU32,
    /// Lets a read go on past what it has read.
    leave: Semaphore,
}

impl Db {
    fn new() -> Self {
        Self {
            committed: AtomicU32::new(1),
            written: AtomicU32::new(0),
            reads: AtomicU32::new(0),
            leave: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }

    fn commit(&self) {
        let written = self.written.swap(0, Ordering::SeqCst);
        self.committed.store(written, Ordering::SeqCst);
    }

    fn roll_back(&self) {
        self.written.store(0, Ordering::SeqCst);
    }

    fn reads(&self) -> u32 {
        self.reads.load(Ordering::SeqCst)
    }
}

/// What a query runs on.
#[derive(Clone, Copy)]
enum On<'a> {
    Pool(&'a Db),
    Transaction(&'a Db),
}
use On::{Pool, Transaction};

impl On<'_> {
    async fn read(self) -> u32 {
        let (Pool(db) | Transaction(db)) = self;
        let committed = db.committed.load(Ordering::SeqCst);
        let value = match (self, db.written.load(Ordering::SeqCst)) {
            (Pool(_), _) | (_, 0) => committed,
            (_, written) => written,
        };
        db.reads.fetch_add(1, Ordering::SeqCst);
        db.leave.acquire().await.unwrap().forget();
        value
    }

    fn write(self, value: u32) {
        match self {
            Pool(db) => db.committed.store(value, Ordering::SeqCst),
            Transaction(db) => db.written.store(value, Ordering::SeqCst),
        }
    }
}

#[cached(ns = "tx", ttl = "1h", stale = "1h", tags = ["tx:{id}"], skip(on))]
async fn row(on: On<'_>, id: u32) -> u32 {
    let _ = id;
    on.read().await
}

/// Its tags are known from its value alone.
#[cached(ns = "tx::of", ttl = "1h", tags_from = |_| ["tx:1"], skip(on))]
async fn of_the_value(on: On<'_>, id: u32) -> u32 {
    let _ = id;
    on.read().await
}

#[cached(ns = "tx::strong", ttl = "1h", tags = ["tx:{id}"], consistency = "strong", skip(on))]
async fn strong(on: On<'_>, id: u32) -> u32 {
    let _ = id;
    on.read().await
}

#[cached(batch(id in ids), batch_of = row_entry(*id))]
async fn rows(on: On<'_>, ids: &[u32]) -> Vec<Option<u32>> {
    let value = on.read().await;
    ids.iter().map(|_| Some(value)).collect()
}

#[cache_invalidate(tags = ["tx:{id}"])]
async fn set(on: On<'_>, id: u32, to: u32) -> Result<u32, String> {
    let _ = id;
    on.write(to);
    match to {
        13 => Err("13".to_owned()),
        _ => Ok(to),
    }
}

#[cache_invalidate(entries = [row_entry(id)], on = "ok")]
async fn try_set(on: On<'_>, id: u32, to: u32) -> Result<u32, String> {
    let _ = id;
    match to {
        13 => Err("13".to_owned()),
        _ => {
            on.write(to);
            Ok(to)
        }
    }
}

#[cache_invalidate(namespaces = ["tx"], expire)]
async fn age(on: On<'_>, to: u32) {
    on.write(to);
}

#[cache_put(entry = row_entry(id))]
async fn write(on: On<'_>, id: u32, to: u32) -> u32 {
    let _ = id;
    on.write(to);
    to
}

#[cache_invalidate(tags = ["tx:{id}"])]
async fn set_and_hang(on: On<'_>, id: u32, to: u32) {
    let _ = id;
    on.write(to);
    Notify::new().notified().await;
}

fn patient(server: &Server) -> Cache {
    let builder = Cache::builder().url(server.url());
    builder.op_timeout(Duration::from_secs(5)).build().unwrap()
}

/// Memory alone; Redis and memory; Redis alone.
fn caches(server: &Server) -> [Cache; 3] {
    let bare = Cache::builder().url(server.url()).prefix("bare");
    let bare = bare.memory_bytes(0).op_timeout(Duration::from_secs(5));
    [Cache::memory(), patient(server), bare.build().unwrap()]
}

async fn value(cache: &Cache, db: &Db) -> u32 {
    cache.scope(row(Pool(db), 1)).await
}

/// Runs a transaction, which has begun to change the row.
async fn begun<F: Future>(cache: &Cache, work: F) -> Invalidations {
    cache.scope(deferred(work)).await.1
}

#[tokio::test]
async fn what_is_deferred_is_invalidated_after_the_commit_in_every_process() {
    let server = crate::server().await;
    let (a, b) = (patient(&server), patient(&server));
    let db = Db::new();
    for cache in [&a, &b] {
        assert_eq!(value(cache, &db).await, 1);
    }
    let reads = db.reads();
    let invalidations = begun(&a, set(Transaction(&db), 1, 2)).await;
    db.commit();
    for cache in [&a, &b] {
        assert_eq!(value(cache, &db).await, 1, "still a hit");
    }
    assert_eq!(db.reads(), reads);
    invalidations.after_commit().await.unwrap();
    assert_eq!(value(&a, &db).await, 2, "at once");
    until(LIMIT, async || value(&b, &db).await == 2).await;
}

#[tokio::test]
async fn what_is_rolled_back_invalidates_nothing_and_outside_each_call_does() {
    let server = crate::server().await;
    for cache in caches(&server) {
        let db = Db::new();
        assert_eq!(value(&cache, &db).await, 1);
        drop(begun(&cache, set(Transaction(&db), 1, 2)).await);
        db.roll_back();
        // The whole of it is dropped half-way.
        let hangs = begun(&cache, set_and_hang(Transaction(&db), 1, 2));
        let dropped = tokio::time::timeout(Duration::from_millis(1), hangs).await;
        assert!(dropped.is_err());
        db.roll_back();
        assert_eq!((value(&cache, &db).await, db.reads()), (1, 1));
        cache.scope(set(Pool(&db), 1, 3)).await.unwrap();
        assert_eq!(value(&cache, &db).await, 3);
    }
}

#[tokio::test]
async fn however_a_function_inside_ends_what_it_names_is_handed_over() {
    let server = crate::server().await;
    for cache in caches(&server) {
        let db = Db::new();
        let clears = async |work: std::pin::Pin<Box<dyn Future<Output = ()> + '_>>| {
            value(&cache, &db).await;
            let reads = db.reads();
            let invalidations = begun(&cache, work).await;
            assert_eq!(value(&cache, &db).await, 1);
            assert_eq!(db.reads(), reads, "not before the commit");
            db.roll_back();
            invalidations.after_commit().await.unwrap();
            value(&cache, &db).await;
            db.reads() > reads
        };
        let transaction = Transaction(&db);
        let fails = Box::pin(async move { drop(set(transaction, 1, 13).await) });
        assert!(clears(fails).await);
        let ok = Box::pin(async move { drop(try_set(transaction, 1, 2).await) });
        assert!(clears(ok).await);
        let nothing = Box::pin(async move { drop(try_set(transaction, 1, 13).await) });
        assert!(!clears(nothing).await, "on = \"ok\"");
        let half_way = Box::pin(async move {
            let hangs = set_and_hang(transaction, 1, 2);
            let limit = Duration::from_millis(1);
            assert!(tokio::time::timeout(limit, hangs).await.is_err());
        });
        assert!(clears(half_way).await);
    }
}

#[tokio::test]
async fn a_load_under_way_during_the_transaction_serves_nobody_after_it() {
    let server = crate::server().await;
    let memory = Cache::memory();
    let one = patient(&server);
    let bare = || {
        let bare = Cache::builder().url(server.url()).prefix("bare");
        let bare = bare.memory_bytes(0).op_timeout(Duration::from_secs(5));
        bare.build().unwrap()
    };
    for (commits, loads) in [
        (memory.clone(), memory),
        (one.clone(), one),
        (bare(), bare()),
    ] {
        let db = Db {
            leave: Semaphore::new(0),
            ..Db::new()
        };
        let invalidations = begun(&commits, set(Transaction(&db), 1, 2)).await;
        let mut older = std::pin::pin!(value(&loads, &db));
        let has_read = until(LIMIT, async || db.reads() == 1);
        tokio::select! {
            value = &mut older => panic!("it waits for leave, and gave {value}"),
            () = has_read => {}
        }
        db.commit();
        invalidations.after_commit().await.unwrap();
        db.leave.add_permits(100);
        assert_eq!(tokio::join!(older, value(&loads, &db)), (1, 2));
        for cache in [&loads, &commits] {
            assert_eq!(value(cache, &db).await, 2);
        }
    }
}

#[tokio::test]
async fn what_is_read_inside_is_the_transactions_and_stays_there() {
    let server = crate::server().await;
    for cache in caches(&server) {
        let (db, tx) = (Db::new(), |db| Transaction(db));
        let policy = Policy::new(Duration::from_secs(60));
        let by_hand = |on: On<'_>| {
            let (on, cache, policy) = (unbound(&db, on), cache.clone(), policy);
            async move {
                let load = async { Ok::<_, String>(on.read().await) };
                cache.get_or_load("tx", &1, &policy, load).await.unwrap()
            }
        };
        cache
            .scope(async {
                // All of them hits from here on.
                row(Pool(&db), 1).await;
                of_the_value(Pool(&db), 1).await;
                strong(Pool(&db), 1).await;
                by_hand(Pool(&db)).await;
                let reads = db.reads();
                let ((), invalidations) = deferred(async {
                    let all = async || {
                        [
                            row(tx(&db), 1).await,
                            of_the_value(tx(&db), 1).await,
                            strong(tx(&db), 1).await,
                            by_hand(tx(&db)).await,
                        ]
                    };
                    assert_eq!((all().await, db.reads()), ([1; 4], reads), "hits");
                    set(tx(&db), 1, 2).await.unwrap();
                    age(tx(&db), 2).await;
                    assert_eq!((all().await, db.reads()), ([2; 4], reads + 4));
                    assert_eq!(rows(tx(&db), &[1, 7]).await, [Some(2), Some(2)]);
                    assert_eq!(row_entry(1).refresh(row(tx(&db), 1)).await, 2);
                    assert_eq!(row_entry(1).get().await, None);
                    // Of what is not changed a miss is loaded, and not kept.
                    strong(tx(&db), 5).await;
                })
                .await;
                // Nobody else has seen any of it.
                drop(invalidations);
                db.roll_back();
                let reads = db.reads();
                assert_eq!(row(Pool(&db), 1).await, 1);
                assert_eq!(of_the_value(Pool(&db), 1).await, 1);
                assert_eq!(strong(Pool(&db), 1).await, 1);
                assert_eq!(by_hand(Pool(&db)).await, 1);
                assert_eq!(db.reads(), reads, "hits as before");
                strong(Pool(&db), 5).await;
                row(Pool(&db), 7).await;
                assert_eq!(db.reads(), reads + 2, "nothing was kept");
            })
            .await;
    }
}

/// The same, of this database.
fn unbound<'a>(db: &'a Db, on: On<'_>) -> On<'a> {
    match on {
        Pool(_) => Pool(db),
        Transaction(_) => Transaction(db),
    }
}

#[tokio::test]
async fn a_load_inside_is_shared_with_nobody_outside() {
    for cache in [Cache::memory(), patient(&crate::server().await)] {
        let db = Db {
            leave: Semaphore::new(0),
            ..Db::new()
        };
        Transaction(&db).write(2);
        let mut inside = std::pin::pin!(begun(&cache, async {
            assert_eq!(row(Transaction(&db), 1).await, 2);
        }));
        let has_read = until(LIMIT, async || db.reads() == 1);
        tokio::select! {
            _ = &mut inside => panic!("it waits for leave"),
            () = has_read => {}
        }
        db.leave.add_permits(100);
        let outside = value(&cache, &db);
        let (value, _) = tokio::join!(outside, inside);
        assert_eq!((value, db.reads()), (1, 2));
    }
}

#[tokio::test]
async fn a_put_inside_stores_nothing_and_its_entry_is_invalidated_after_the_commit() {
    let server = crate::server().await;
    for cache in caches(&server) {
        let db = Db::new();
        assert_eq!(value(&cache, &db).await, 1);
        let invalidations = begun(&cache, async {
            assert_eq!(write(Transaction(&db), 1, 2).await, 2);
            assert_eq!(row(Transaction(&db), 1).await, 2);
        })
        .await;
        assert_eq!(value(&cache, &db).await, 1, "not before the commit");
        db.commit();
        invalidations.after_commit().await.unwrap();
        assert_eq!(value(&cache, &db).await, 2);
    }
}

#[tokio::test]
async fn a_scope_in_a_scope_is_a_savepoint() {
    let cache = Cache::memory();
    let db = Db::new();
    let read = async |id| cache.scope(row(Pool(&db), id)).await;
    for id in [1, 2, 3] {
        assert_eq!(read(id).await, 1);
    }
    let invalidations = begun(&cache, async {
        let tx = Transaction(&db);
        let (_, released) = deferred(set(tx, 1, 2)).await;
        released.after_commit().await.unwrap();
        let (_, rolled_back) = deferred(set(tx, 2, 2)).await;
        drop(rolled_back);
        set(tx, 3, 2).await.unwrap();
        assert_eq!(row(tx, 1).await, 2, "changed inside the inner one");
        let (seen, _) = deferred(row(tx, 3)).await;
        assert_eq!(seen, 2, "changed outside the inner one");
    })
    .await;
    db.commit();
    assert_eq!([read(1).await, read(2).await, read(3).await], [1; 3]);
    invalidations.after_commit().await.unwrap();
    assert_eq!([read(1).await, read(2).await, read(3).await], [2, 1, 2]);
}

#[tokio::test]
async fn a_task_of_its_own_is_outside_unless_it_inherits() {
    static DB: std::sync::LazyLock<Db> = std::sync::LazyLock::new(Db::new);
    let (db, cache) = (&*DB, Cache::memory());
    let set_in = async |inherits: bool| {
        let work = set(Pool(db), 1, db.committed.load(Ordering::SeqCst) + 1);
        match inherits {
            true => tokio::spawn(inherit(work)).await,
            false => {
                let cache = cache.clone();
                tokio::spawn(async move { cache.scope(work).await }).await
            }
        }
        .unwrap()
        .unwrap();
    };
    let first = value(&cache, db).await;
    let deferring = begun(&cache, set_in(true)).await;
    assert_eq!(value(&cache, db).await, first, "handed over");
    deferring.after_commit().await.unwrap();
    assert_eq!(value(&cache, db).await, first + 1);
    let nothing = begun(&cache, set_in(false)).await;
    assert_eq!(value(&cache, db).await, first + 2, "at once");
    drop(nothing);
    // One that outlives the transaction has nobody to hand over to.
    let (leave, left) = tokio::sync::oneshot::channel::<()>();
    let mut task = None;
    let ended = begun(&cache, async {
        task = Some(tokio::spawn(inherit(async {
            left.await.unwrap();
            set(Pool(db), 1, 9).await
        })));
    });
    drop(ended.await);
    leave.send(()).unwrap();
    task.unwrap().await.unwrap().unwrap();
    assert_eq!(value(&cache, db).await, 9);
}

#[tokio::test]
async fn what_redis_does_not_acknowledge_after_the_commit_is_owed() {
    let mut server = crate::server().await;
    let builder = Cache::builder().url(server.url());
    let builder = builder.op_timeout(Duration::from_millis(200));
    let cache = builder.build().unwrap();
    let db = Db::new();
    assert_eq!(value(&cache, &db).await, 1);
    let invalidations = begun(&cache, set(Transaction(&db), 1, 2)).await;
    db.commit();
    server.kill9().unwrap();
    let error = invalidations.after_commit().await.unwrap_err();
    assert!(matches!(error, CacheError::Unavailable { .. }), "{error}");
    assert_eq!(cache.health().owed, ["tag tx:1"]);
    assert_eq!(value(&cache, &db).await, 2, "nothing older is served");
    server.restart().await.unwrap();
    until(LIMIT, async || cache.health().owed_invalidations == 0).await;
}

#[tokio::test]
async fn once_polled_it_is_carried_out_after_the_commit() {
    let server = crate::server().await;
    let (a, b) = (patient(&server), patient(&server));
    let db = Db::new();
    for cache in [&a, &b] {
        assert_eq!(value(cache, &db).await, 1);
    }
    let invalidations = begun(&a, set(Transaction(&db), 1, 2)).await;
    db.commit();
    server.pause().unwrap();
    {
        let mut dropped = std::pin::pin!(invalidations.after_commit());
        let mut context = Context::from_waker(Waker::noop());
        assert!(dropped.as_mut().poll(&mut context).is_pending());
    }
    server.resume().unwrap();
    until(LIMIT, async || value(&b, &db).await == 2).await;
}

#[tokio::test]
async fn what_is_expired_inside_is_stale_after_the_commit() {
    let server = crate::server().await;
    for cache in caches(&server) {
        let db = Db::new();
        assert_eq!(value(&cache, &db).await, 1);
        let invalidations = begun(&cache, age(Transaction(&db), 2)).await;
        db.commit();
        assert_eq!((value(&cache, &db).await, db.reads()), (1, 1), "a hit");
        invalidations.after_commit().await.unwrap();
        let seen = cache.scope(async { row_entry(1).inspect().await }).await;
        let seen = seen.expect("it is there still");
        assert_eq!(seen.fresh_for, Duration::ZERO);
        assert_eq!(value(&cache, &db).await, 2, "refreshed");
    }
}
