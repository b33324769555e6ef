//! Loads that gave what was there: compared by the bytes that the reader had in hand, for no command more.

use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, Codec, EncryptionKeys, NamespaceStats, Policy, cached};
use cache_tests::Server;

use crate::origin::Origin;
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);

#[cached(ns = "same", ttl = "1h", stale = "1h", tags = ["same:{id}"], skip(origin))]
async fn kept(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(ns = "same", ttl = "1h", stale = "1h", encrypt, compress, tags = ["same:{id}"], skip(origin))]
async fn packed(origin: &Origin, id: u32) -> Result<String, String> {
    let _ = id;
    let value = origin.read().await?;
    Ok(format!("{value} ").repeat(2_000))
}

#[cached(ns = "same", ttl = "1h", early = 1e12, tags = ["same:{id}"], skip(origin))]
async fn early(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    // What a load takes is measured in microseconds.
    tokio::time::sleep(Duration::from_millis(2)).await;
    origin.read().await
}

#[cached(ns = "same", ttl = "100ms", jitter = 0.0, skip(origin))]
async fn brief(origin: &Origin) -> Result<u32, String> {
    origin.read().await
}

#[cached(ns = "same", ttl = "1h", tags = ["same:{id}"], skip(origin))]
async fn windowless(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

fn patient(server: &Server) -> CacheBuilder {
    let builder = Cache::builder().url(server.url());
    builder.op_timeout(LIMIT).allowance(LIMIT)
}

fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("same").unwrap().clone()
}

/// How many loads were compared, and how many of them gave what was there.
fn compared(cache: &Cache) -> (u64, u64) {
    let row = row(cache);
    (row.compared, row.unchanged)
}

async fn connected(builder: CacheBuilder) -> Cache {
    let cache = builder.build().unwrap();
    cache.connect().await.unwrap();
    cache
}

#[tokio::test]
async fn a_refresh_tells_whether_the_value_is_another() {
    let server = server().await;
    for memory_bytes in [0, 1 << 20] {
        let cache = connected(patient(&server).memory_bytes(memory_bytes)).await;
        let origin = Origin::open();
        cache
            .scope(async {
                let id = u32::try_from(memory_bytes).unwrap();
                kept(&origin, id).await?;
                assert_eq!(compared(&cache), (0, 0), "nothing was there");
                cache.tag(format!("same:{id}")).expire().await.unwrap();
                kept(&origin, id).await?;
                assert_eq!(compared(&cache), (1, 1));
                origin.set(2);
                cache.tag(format!("same:{id}")).expire().await.unwrap();
                kept(&origin, id).await?;
                assert_eq!(compared(&cache), (2, 1));
                // It is loaded as it may have changed, which says nothing of its ttl.
                cache.tag(format!("same:{id}")).invalidate().await.unwrap();
                kept(&origin, id).await?;
                assert_eq!(compared(&cache), (2, 1));
                assert_eq!(origin.loads(), 4);
                Ok::<_, String>(())
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_is_compressed_and_encrypted_is_compared_as_it_was_before() {
    let server = server().await;
    let keys = EncryptionKeys::new(&[7; 32]);
    let cache = connected(patient(&server).encryption(keys)).await;
    let origin = Origin::open();
    cache
        .scope(async {
            for value in [1, 1, 2] {
                origin.set(value);
                cache.tag("same:1").expire().await.unwrap();
                packed(&origin, 1).await?;
            }
            assert_eq!(compared(&cache), (2, 1));
            Ok::<_, String>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_refresh_before_the_end_is_compared() {
    let server = server().await;
    let cache = connected(patient(&server)).await;
    let origin = Origin::open();
    cache
        .scope(async {
            for value in [1, 1, 2] {
                origin.set(value);
                early(&origin, 1).await?;
            }
            Ok::<_, String>(())
        })
        .await
        .unwrap();
    assert_eq!(compared(&cache), (2, 1));
}

#[tokio::test]
async fn what_redis_dropped_is_not_compared_and_what_is_left_there_is() {
    let server = server().await;
    let cache = connected(patient(&server)).await;
    let origin = Origin::open();
    let brief = async || drop(cache.scope(brief(&origin)).await);
    brief().await;
    // Past its ttl it is there for a moment yet, and would be compared.
    until(LIMIT, async || {
        let keys = server.keys().await.unwrap();
        !keys.iter().any(|key| key.contains(":e:"))
    })
    .await;
    until(LIMIT, async || {
        brief().await;
        origin.loads() == 2
    })
    .await;
    assert_eq!(compared(&cache), (0, 0));
    // Over by hand and without a window, and there until its key ends.
    for _ in 0..2 {
        cache.tag("same:1").expire().await.unwrap();
        cache.scope(windowless(&origin, 1)).await.unwrap();
    }
    assert_eq!(origin.loads(), 4);
    assert_eq!(compared(&cache), (1, 1));
}

/// All that Redis was asked since it was last asked this, but for heartbeats.
async fn commands(server: &Server) -> Vec<(String, u64)> {
    let info = server.command(&[b"INFO", b"commandstats"]).await.unwrap();
    let text: String = redis::from_redis_value(info).unwrap();
    server.command(&[b"CONFIG", b"RESETSTAT"]).await.unwrap();
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("cmdstat_"));
    let calls = lines.filter_map(|line| {
        let (name, rest) = line.split_once(":calls=")?;
        let is_ours = [
            "mget", "evalsha", "eval", "get", "strlen", "getrange", "exists",
        ];
        let count = rest.split(',').next()?.parse().ok()?;
        is_ours.contains(&name).then(|| (name.to_owned(), count))
    });
    calls.collect()
}

/// A refresh of what another codec wrote has nothing to compare, and asks Redis for as much.
#[tokio::test]
async fn it_costs_no_command() {
    let server = server().await;
    let cache = connected(patient(&server).memory_bytes(0)).await;
    let (json, bincode) = (policy(Codec::Json), policy(Codec::Bincode));
    let load = async |policy: &Policy| {
        cache.namespace("same").expire().await.unwrap();
        let _ = commands(&server).await;
        let load = async { Ok::<_, String>(1_u32) };
        cache.get_or_load("same", &1, policy, load).await.unwrap();
        (commands(&server).await, compared(&cache))
    };
    for policy in [&bincode, &json] {
        load(policy).await;
    }
    let (another, before) = load(&bincode).await;
    let (same, after) = load(&bincode).await;
    assert_eq!((before, after), ((0, 0), (1, 1)));
    assert_eq!(same, another);
}

fn policy(codec: Codec) -> Policy {
    let hour = Duration::from_secs(3_600);
    Policy::new(hour).stale(hour).codec(codec)
}
