//! `encrypt`: what Redis has of a value is read with its cache's keys, under its own name, and by nobody else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{
    Cache, CacheBuilder, CacheError, EncryptionKeys, NamespaceStats, Policy, Tier, cache_put,
    cached,
};
use cache_tests::Server;
use redis::Value;

use crate::log::Log;
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const SECRET: &str = "what nobody is to read";
const OLD: [u8; 32] = [7; 32];
const NEW: [u8; 32] = [9; 32];

#[cached(ns = "vault", ttl = "1h", stale = "1h", encrypt, tags = ["vault"])]
async fn secret(id: u32) -> String {
    format!("{SECRET} {id}")
}

#[cached(ns = "vault", ttl = "1h", encrypt, compress)]
async fn packed(id: u32) -> String {
    format!("{SECRET} {id} ").repeat(200)
}

#[cached(ns = "vault", ttl = "1h", encrypt, batch(id in ids))]
async fn secrets(ids: &[u32]) -> HashMap<u32, String> {
    let one = |id: &u32| (*id, format!("{SECRET} {id}"));
    ids.iter().map(one).collect()
}

#[cache_put(entry = secret_entry(id))]
async fn tell(id: u32) -> String {
    format!("{SECRET}, told {id}")
}

#[cached(ns = "open", ttl = "1h")]
async fn open(id: u32) -> String {
    format!("{SECRET} {id}")
}

/// A cache that has all it serves from Redis.
fn builder(server: &Server) -> CacheBuilder {
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    builder.op_timeout(Duration::from_secs(2))
}

fn with_key(server: &Server) -> Cache {
    let keys = EncryptionKeys::new(&OLD);
    builder(server).encryption(keys).build().unwrap()
}

fn row(cache: &Cache, namespace: &str) -> NamespaceStats {
    cache.stats().namespace(namespace).unwrap().clone()
}

/// The causes of trouble, without their steps.
fn causes(cache: &Cache, namespace: &str) -> Vec<String> {
    let troubles = row(cache, namespace).counts.troubles.into_keys();
    let cause = |trouble: String| trouble.rsplit(' ').next().unwrap().to_owned();
    troubles.map(cause).collect()
}

async fn bytes(server: &Server, key: &str) -> Vec<u8> {
    match server.command(&[b"GET", key.as_bytes()]).await.unwrap() {
        Value::BulkString(bytes) => bytes,
        other => panic!("{key}: {other:?}"),
    }
}

/// The entries of a namespace that can be read without a key.
async fn in_plain(server: &Server, namespace: &str) -> Vec<bool> {
    let mut found = Vec::new();
    for key in server.keys().await.unwrap() {
        if key.contains(&format!(":e:{namespace}:")) && !key.ends_with(":lease") {
            let bytes = bytes(server, &key).await;
            let secret = SECRET.as_bytes();
            found.push(bytes.windows(secret.len()).any(|part| part == secret));
        }
    }
    found
}

#[tokio::test]
async fn redis_has_nothing_of_a_value_in_plain_and_others_with_the_key_hit_it() {
    let server = server().await;
    let (writer, reader) = (with_key(&server), with_key(&server));
    let policy = Policy::new(Duration::from_secs(60)).encrypt(true);
    let by_hand = async |cache: &Cache| {
        let load = async { Ok::<_, String>(format!("{SECRET} by hand")) };
        cache.get_or_load("vault", &1, &policy, load).await.unwrap()
    };
    let all = async |cache: &Cache| {
        let calls = async {
            let one = (secret(1).await, secret(2).await, packed(1).await);
            (one, secrets(&[1, 2]).await, open(1).await)
        };
        (cache.scope(calls).await, by_hand(cache).await)
    };
    let written = all(&writer).await;
    let put = async {
        secret_entry(2).put(format!("{SECRET}, put")).await.unwrap();
        tell(3).await
    };
    writer.scope(put).await;
    assert_eq!(in_plain(&server, "vault").await, [false; 7]);
    assert_eq!(in_plain(&server, "open").await, [true]);
    let mut read = all(&reader).await;
    assert_eq!(read.0.0.1, format!("{SECRET}, put"));
    read.0.0.1.clone_from(&written.0.0.1);
    assert_eq!(read, written);
    let told = reader.scope(secret(3)).await;
    assert_eq!(told, format!("{SECRET}, told 3"));
    assert_eq!(
        (
            row(&reader, "vault").loads,
            row(&reader, "vault").redis_hits
        ),
        (0, 7)
    );
}

#[tokio::test]
async fn an_entry_opens_under_its_own_name_alone() {
    let server = server().await;
    let cache = |prefix: &str| {
        let builder = builder(&server).prefix(prefix);
        builder
            .encryption(EncryptionKeys::new(&OLD))
            .build()
            .unwrap()
    };
    let (here, there) = (cache("here"), cache("there"));
    let both = async || (secret(1).await, open(1).await);
    here.scope(both()).await;
    // Each name under the other prefix, with the stamps that the entries rest on.
    for key in server.keys().await.unwrap() {
        if let Some(rest) = key.strip_prefix("here:") {
            server
                .run(&["COPY", &key, &format!("there:{rest}")])
                .await
                .unwrap();
        }
    }
    there.scope(both()).await;
    assert_eq!(
        row(&there, "open").redis_hits,
        1,
        "it is all that was to be copied"
    );
    let vault = row(&there, "vault");
    assert_eq!(
        (vault.redis_hits, vault.loads, vault.misses.unreadable),
        (0, 1, 1)
    );
    assert_eq!(causes(&there, "vault"), ["not_authentic"]);
    there.scope(secret(1)).await;
    assert_eq!(row(&there, "vault").redis_hits, 1, "it was overwritten");
}

#[tokio::test]
async fn keys_are_replaced_without_a_miss() {
    let server = server().await;
    let cache = |keys| builder(&server).encryption(keys).build().unwrap();
    let old = cache(EncryptionKeys::new(&OLD).and_earlier(&NEW));
    let new = cache(EncryptionKeys::new(&NEW).and_earlier(&OLD));
    let after = cache(EncryptionKeys::new(&NEW));
    old.scope(secret(1)).await;
    new.scope(secret(1)).await;
    assert_eq!(row(&new, "vault").redis_hits, 1);
    new.scope(secret(2)).await;
    for cache in [&old, &after] {
        cache.scope(secret(2)).await;
        assert_eq!(row(cache, "vault").redis_hits, 1);
    }
    // What only the old key reads is loaded anew by who has it no more.
    let value = after.scope(secret(1)).await;
    assert_eq!(value, format!("{SECRET} 1"));
    let misses = row(&after, "vault").counts.misses;
    assert_eq!((misses.unreadable, misses.total()), (1, 1));
    assert_eq!(causes(&after, "vault"), ["no_key"]);
    old.scope(secret(1)).await;
    assert_eq!(
        row(&old, "vault").misses.total(),
        1,
        "by the new key, which it has"
    );
}

#[tokio::test]
async fn a_changed_entry_is_a_miss() {
    let server = server().await;
    let cache = with_key(&server);
    let name = cache
        .scope(async {
            packed(1).await;
            packed_entry(1).key().to_owned()
        })
        .await;
    let whole = bytes(&server, &name).await;
    for at in [5, 6, 30, 90, whole.len() / 2, whole.len() - 9] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        server
            .command(&[b"SET", name.as_bytes(), &changed])
            .await
            .unwrap();
        let before = row(&cache, "vault").misses.unreadable;
        let value = cache.scope(packed(1)).await;
        assert!(value.starts_with(SECRET));
        assert_eq!(
            row(&cache, "vault").misses.unreadable,
            before + 1,
            "byte {at}"
        );
    }
}

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "keyless", ttl = "1h", encrypt, tags = ["keyless:{id}"])]
async fn keyless(id: u32) -> String {
    RUNS.fetch_add(1, Ordering::SeqCst);
    format!("{SECRET} {id}")
}

#[cache_put(entry = keyless_entry(id))]
async fn tell_keyless(id: u32) -> String {
    format!("{SECRET}, told {id}")
}

#[tokio::test]
async fn without_a_key_nothing_goes_to_redis_and_memory_has_it_for_a_while() {
    let (log, server) = (Log::default(), server().await);
    let _guard = log.listen();
    let cache = || {
        let builder = Cache::builder().url(server.url());
        builder.lag(Duration::from_secs(60)).build().unwrap()
    };
    let (here, there) = (cache(), cache());
    // What is kept before there is a connection is checked once there is one.
    here.connect().await.unwrap();
    let calls = async {
        assert_eq!(keyless(1).await, format!("{SECRET} 1"));
        assert_eq!(keyless(1).await, format!("{SECRET} 1"));
        assert_eq!(RUNS.load(Ordering::SeqCst), 1);
        let put = keyless_entry(1).put(SECRET.to_owned()).await;
        assert_eq!(put, Err(CacheError::NoKey));
        assert_eq!(
            keyless(1).await,
            format!("{SECRET} 1"),
            "a put that fails leaves nothing"
        );
        assert_eq!(tell_keyless(1).await, format!("{SECRET}, told 1"));
        here.tag("keyless:1").invalidate().await.unwrap();
        assert_eq!(keyless(1).await, format!("{SECRET} 1"));
        assert_eq!(RUNS.load(Ordering::SeqCst), 3);
    };
    here.scope(calls).await;
    there.scope(keyless(1)).await;
    assert_eq!(RUNS.load(Ordering::SeqCst), 4);
    assert_eq!(in_plain(&server, "keyless").await, [false; 0]);
    let row = row(&here, "keyless");
    assert_eq!(
        (row.memory_hits, row.stores, row.unstored.no_key),
        (1, 0, 5)
    );
    let said = log.lines("the cache has no key");
    assert_eq!(said.len(), 2, "once for each cache: {said:#?}");
    assert!(said[0].contains("CACHE_ENCRYPTION_KEYS"), "{said:#?}");
    // Where there is no Redis nothing is to be encrypted.
    let memory = Cache::memory();
    memory
        .scope(async { (keyless(2).await, keyless(2).await) })
        .await;
    let row = crate::encryption::row(&memory, "keyless");
    assert_eq!(
        (row.memory_hits, row.stores, row.unstored.total()),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn what_is_not_encrypted_is_a_miss_to_who_wants_it_so_and_not_the_other_way_round() {
    let server = server().await;
    let (keys, none) = (with_key(&server), builder(&server).build().unwrap());
    let plain = Policy::new(Duration::from_secs(60));
    let call = async |cache: &Cache, policy: Policy| {
        let load = async { Ok::<_, String>(SECRET.to_owned()) };
        let value = cache.get_or_load("either", &1, &policy, load).await;
        assert_eq!(value.as_deref(), Ok(SECRET));
        let row = row(cache, "either");
        (row.loads, row.redis_hits)
    };
    assert_eq!(call(&none, plain).await, (1, 0));
    assert_eq!(call(&keys, plain.encrypt(true)).await, (1, 0));
    assert_eq!(causes(&keys, "either"), ["not_encrypted"]);
    assert_eq!(in_plain(&server, "either").await, [false]);
    assert_eq!(call(&keys, plain).await, (1, 1), "who has the key reads it");
    assert_eq!(call(&none, plain).await, (2, 0));
    assert_eq!(causes(&none, "either"), ["no_key"]);
}

#[cached(ns = "aged", ttl = "1h", stale = "1h", refresh = "background", encrypt)]
async fn aged(id: u32) -> String {
    let run = RUNS_OF_AGED.fetch_add(1, Ordering::SeqCst);
    format!("{SECRET} {id}, run {run}")
}

static RUNS_OF_AGED: AtomicU32 = AtomicU32::new(0);

#[tokio::test]
async fn an_entry_that_is_expired_by_hand_still_opens_and_is_refreshed_by_a_task() {
    let server = server().await;
    // One without the key shortens its times all the same.
    let (cache, none) = (with_key(&server), builder(&server).build().unwrap());
    cache.scope(aged(1)).await;
    none.scope(async { aged_entry(1).expire().await })
        .await
        .unwrap();
    cache
        .scope(async {
            let seen = aged_entry(1).inspect().await.unwrap();
            // The node's clock is known to within a round trip, so that some of that may seem to be left of an hour.
            assert!(seen.tier == Tier::Redis && seen.fresh_for < Duration::from_secs(1));
            assert!(seen.stale_for > Duration::from_secs(3_000));
            assert_eq!(aged(1).await, format!("{SECRET} 1, run 0"));
            until(LIMIT, async || aged(1).await.ends_with("run 1")).await;
        })
        .await;
    assert_eq!(in_plain(&server, "aged").await, [false]);
}

#[tokio::test]
async fn no_key_is_told() {
    let (log, server) = (Log::default(), server().await);
    let _guard = log.listen();
    let hex = "5ec2e7".repeat(11)[..64].to_owned();
    let builder = builder(&server).encryption(EncryptionKeys::from_hex(&hex).unwrap());
    let mut told = format!("{builder:?}");
    let cache = builder.build().unwrap();
    cache.scope(secret(1)).await;
    with_key(&server).scope(secret(1)).await;
    told += &format!(
        "{cache:?} {:?} {:?} {}",
        cache.health(),
        cache.stats(),
        log.text()
    );
    assert!(told.contains("EncryptionKeys(..)"), "{told}");
    // As digits, and as a list of bytes.
    for part in ["5ec2e7", "94, 194, 231"] {
        assert!(!told.contains(part), "{told}");
    }
}
