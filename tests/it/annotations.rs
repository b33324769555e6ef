//! What the expressions and type parameters of an annotation do, beyond that they compile.

use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, cached};

use crate::log::Log;

static TAGS_MADE: AtomicU32 = AtomicU32::new(0);

fn counted(id: u32) -> String {
    TAGS_MADE.fetch_add(1, Ordering::SeqCst);
    format!("counted:{id}")
}

#[cached(ttl = "1m", tags = [counted(id)])]
async fn tagged(id: u32) -> u32 {
    id
}

#[tokio::test]
async fn a_tag_expression_runs_once_a_call() {
    let cache = Cache::memory();
    for calls in 1..=3 {
        assert_eq!(cache.scope(tagged(1)).await, 1);
        assert_eq!(TAGS_MADE.load(Ordering::SeqCst), calls);
    }
}

/// What a database gives to query it by: a pool, a connection, a transaction.
trait Executor<'e> {
    fn fetch(self, id: u32) -> String;
}

#[derive(Clone, Copy)]
struct Pool;
struct Connection(u32);

impl Executor<'_> for &Pool {
    fn fetch(self, id: u32) -> String {
        format!("pool {id}")
    }
}

impl<'e> Executor<'e> for &'e mut Connection {
    fn fetch(self, id: u32) -> String {
        self.0 += 1;
        format!("connection {} {id}", self.0)
    }
}

#[cached(ttl = "1m", skip(ex))]
async fn get<'e, E: Executor<'e>>(ex: E, id: u32) -> String {
    ex.fetch(id)
}

#[tokio::test]
async fn the_type_of_a_skipped_argument_is_skipped_with_it() {
    let cache = Cache::memory();
    let reads = async {
        assert_eq!(get(&Pool, 1).await, "pool 1");
        assert_eq!(get(&mut Connection(0), 1).await, "pool 1", "one entry");
        get_entry(1).invalidate().await.unwrap();
        assert_eq!(get(&mut Connection(0), 1).await, "connection 1 1");
        assert_eq!(get(&Pool, 1).await, "connection 1 1");
    };
    cache.scope(reads).await;
}

struct Table<T>(std::marker::PhantomData<T>);

trait Row {
    const NAME: &'static str;
    fn name(&self) -> &'static str {
        Self::NAME
    }
}

impl Row for u8 {
    const NAME: &'static str = "u8";
}

impl Row for u16 {
    const NAME: &'static str = "u16";
}

#[cached(ttl = "1m", skip(_table))]
async fn of_table<T: Row>(_table: &Table<T>, id: u32) -> String {
    format!("{} {id}", T::NAME)
}

#[cached(ttl = "1m", skip(row), tags = [T::NAME])]
async fn tagged_by_type<T: Row>(row: T, id: u32) -> String {
    format!("{} {id}", row.name())
}

#[cached(ttl = "1m", skip(f))]
async fn called<F>(f: F, id: u32) -> u32
where
    F: Fn(u32) -> u32,
{
    f(id)
}

#[tokio::test]
async fn a_type_that_says_more_than_its_skipped_argument_stays_in_the_key() {
    let cache = Cache::memory();
    let reads = async {
        let (small, large) = (
            Table::<u8>(Default::default()),
            Table::<u16>(Default::default()),
        );
        assert_eq!(of_table(&small, 1).await, "u8 1");
        assert_eq!(of_table(&large, 1).await, "u16 1", "the table's type");
        of_table_entry::<u8>(1).invalidate().await.unwrap();

        assert_eq!(tagged_by_type(1_u8, 1).await, "u8 1");
        assert_eq!(
            tagged_by_type(1_u16, 1).await,
            "u16 1",
            "a type that a tag names"
        );

        fn once(x: u32) -> u32 {
            x
        }
        fn twice(x: u32) -> u32 {
            x * 2
        }
        assert_eq!(called(once, 1).await, 1);
        assert_eq!(called(twice, 1).await, 2, "two functions are two");
    };
    cache.scope(reads).await;
}

struct Of<T>(std::marker::PhantomData<T>);

impl<T: Row> Of<T> {
    #[cached(ttl = "1m", entry = false)]
    async fn hidden(id: u32) -> String {
        format!("{} {id}", T::NAME)
    }

    #[cached(ttl = "1m", key = (std::any::type_name::<Self>(), id), entry = false)]
    async fn named(id: u32) -> String {
        format!("{} {id}", T::NAME)
    }
}

#[tokio::test]
async fn a_fn_that_hides_its_type_is_not_cached_and_the_log_says_what_to_do() {
    let log = Log::default();
    let writer = log.clone();
    let _guard = tracing::subscriber::set_default(
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(writer)
            .finish(),
    );
    let cache = Cache::memory();
    let reads = async {
        for _ in 0..3 {
            assert_eq!(Of::<u8>::hidden(1).await, "u8 1");
            assert_eq!(Of::<u16>::hidden(1).await, "u16 1");
            assert_eq!(Of::<u8>::named(1).await, "u8 1");
            assert_eq!(Of::<u16>::named(1).await, "u16 1");
        }
    };
    cache.scope(reads).await;
    let told = log.text();
    let advice = "key = (std::any::type_name::<Self>(), id)";
    assert_eq!(told.matches(advice).count(), 1, "{told}");
    assert!(told.contains("hidden"), "{told}");
}
