//! Large values: their encoding, compressing and decoding hold up nobody on the runtime's threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const SMALL: usize = 1 << 10;
const LARGE: usize = 2 << 20;

/// Where texts of so many bytes were written or read, each to its end.
static WORKED: Mutex<Vec<(usize, ThreadId)>> = Mutex::new(Vec::new());

/// A text that notes the threads that work on it.
#[derive(Clone, Debug, PartialEq)]
struct Noted(String);

impl Noted {
    fn of(len: usize) -> Self {
        Self("x".repeat(len))
    }

    fn note(len: usize) {
        WORKED.lock().unwrap().push((len, thread::current().id()));
    }
}

impl Serialize for Noted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = serializer.serialize_str(&self.0)?;
        Self::note(self.0.len());
        Ok(written)
    }
}

impl<'de> Deserialize<'de> for Noted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::note(text.len());
        Ok(Self(text))
    }
}

#[cached(ns = "noted", ttl = "5m", compress = "gzip")]
async fn noted(len: usize) -> Noted {
    Noted::of(len)
}

#[tokio::test]
async fn a_large_value_is_worked_on_away_from_the_runtimes_threads_and_a_small_one_is_not() {
    let server = server().await;
    let cache = Cache::builder().url(server.url()).memory_bytes(0);
    let cache = cache.op_timeout(Duration::from_secs(5)).build().unwrap();
    let here = thread::current().id();
    // Where all other threads are kept busy by others, the caller does it.
    for attempt in 1.. {
        let worked = worked(&cache).await;
        let on = |len: usize| {
            worked
                .iter()
                .filter(move |(of, _)| *of == len)
                .map(|(_, on)| *on)
        };
        assert!(on(SMALL).count() >= 3 && on(SMALL).all(|on| on == here));
        assert!(on(LARGE).count() >= 3);
        if on(LARGE).all(|on| on != here) {
            return;
        }
        assert!(attempt < 10, "{here:?} did it: {worked:?}");
    }
}

/// Where two calls and a put of each size were worked on.
async fn worked(cache: &Cache) -> Vec<(usize, ThreadId)> {
    cache.namespace("noted").invalidate().await.unwrap();
    WORKED.lock().unwrap().clear();
    let before = cache
        .stats()
        .namespace("noted")
        .map_or((0, 0), |row| (row.stores, row.redis_hits));
    for len in [SMALL, LARGE] {
        for _ in 0..2 {
            assert_eq!(cache.scope(noted(len)).await, Noted::of(len));
        }
        cache
            .scope(async { noted_entry(len).put(Noted::of(len)).await })
            .await
            .unwrap();
    }
    let row = cache.stats().namespace("noted").unwrap().clone();
    assert_eq!(
        (row.stores, row.redis_hits),
        (before.0 + 4, before.1 + 2),
        "{row:?}"
    );
    WORKED.lock().unwrap().clone()
}

static VERSION: AtomicUsize = AtomicUsize::new(1);
static HELD_UP: AtomicBool = AtomicBool::new(false);
static DECODING: AtomicUsize = AtomicUsize::new(0);

/// A value whose decoding may be held up.
#[derive(Clone, Debug, Serialize)]
struct Slow {
    version: usize,
    filling: String,
}

impl<'de> Deserialize<'de> for Slow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (version, filling) = <(usize, String)>::deserialize(deserializer)?;
        if HELD_UP.load(Ordering::SeqCst) {
            DECODING.fetch_add(1, Ordering::SeqCst);
            while HELD_UP.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(Self { version, filling })
    }
}

#[cached(ns = "slow", ttl = "5m", tags = ["slow"])]
async fn slow() -> Slow {
    Slow {
        version: VERSION.load(Ordering::SeqCst),
        filling: "x".repeat(LARGE),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_is_invalidated_while_it_is_decoded_is_served_to_no_later_call() {
    let server = server().await;
    let on = || {
        Cache::builder()
            .url(server.url())
            .op_timeout(LIMIT)
            .build()
            .unwrap()
    };
    let (writer, reader) = (on(), on());
    assert_eq!(writer.scope(slow()).await.version, 1);
    HELD_UP.store(true, Ordering::SeqCst);
    let before = tokio::spawn({
        let reader = reader.clone();
        async move { reader.scope(slow()).await.version }
    });
    until(LIMIT, async || DECODING.load(Ordering::SeqCst) == 1).await;
    VERSION.store(2, Ordering::SeqCst);
    reader.tag("slow").invalidate().await.unwrap();
    assert_eq!(
        reader.scope(slow()).await.version,
        2,
        "it joins none that began before"
    );
    HELD_UP.store(false, Ordering::SeqCst);
    assert_eq!(before.await.unwrap(), 1, "it was asked before");
    for cache in [&reader, &writer] {
        assert_eq!(cache.scope(slow()).await.version, 2);
    }
}
