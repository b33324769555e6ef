//! What the arguments of an annotation do, between two caches on one server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use serde::{Deserialize, Serialize};

use crate::alone;

/// Two members of a fleet, memory off.
async fn fleet() -> (Server, Cache, Cache) {
    let server = crate::server().await;
    let member = || {
        Cache::builder()
            .url(server.url())
            .memory_bytes(0)
            .build()
            .unwrap()
    };
    let (one, two) = (member(), member());
    (server, one, two)
}

#[derive(Default)]
struct Origin {
    runs: AtomicU32,
    pause: Duration,
}

impl Origin {
    fn slow(pause_ms: u64) -> Arc<Self> {
        Arc::new(Self {
            pause: Duration::from_millis(pause_ms),
            ..Self::default()
        })
    }

    async fn run(&self) -> u32 {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(self.pause).await;
        run
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

#[cached(ns = "fleet", ttl = "1m", skip(origin))]
async fn of_the_fleet(origin: &Origin, id: u32) -> u32 {
    id + origin.run().await
}

#[cached(ns = "process", ttl = "1m", skip(origin), lease = "process")]
async fn of_the_process(origin: &Origin, id: u32) -> u32 {
    id + origin.run().await
}

#[cached(ns = "impatient", ttl = "1m", skip(origin), wait = "50ms")]
async fn impatient(origin: &Origin, id: u32) -> u32 {
    id + origin.run().await
}

#[tokio::test]
async fn the_lease_is_the_fleets_or_the_processs() {
    let (_server, one, two) = fleet().await;
    let origin = Origin::slow(200);
    let calls = async {
        tokio::join!(
            one.scope(of_the_fleet(&origin, 1)),
            two.scope(of_the_fleet(&origin, 1))
        )
    };
    assert_eq!(calls.await, (2, 2));
    assert_eq!(origin.runs(), 1);

    let origin = Origin::slow(200);
    let calls = async {
        tokio::join!(
            one.scope(of_the_process(&origin, 1)),
            two.scope(of_the_process(&origin, 1))
        )
    };
    calls.await;
    assert_eq!(origin.runs(), 2, "neither waited");
    one.scope(of_the_process(&origin, 1)).await;
    assert_eq!(origin.runs(), 2, "one of them stored");
}

#[tokio::test]
async fn a_caller_waits_as_long_as_it_is_told_to() {
    let (_server, one, two) = fleet().await;
    let origin = Origin::slow(1_000);
    let start = Instant::now();
    let leader = one.scope(impatient(&origin, 1));
    let follower = async {
        crate::until(Duration::from_secs(5), || async { origin.runs() == 1 }).await;
        two.scope(impatient(&Origin::default(), 1)).await;
        assert!(
            start.elapsed() < Duration::from_millis(900),
            "it waited for the leader"
        );
    };
    tokio::join!(leader, follower);
}

#[cached(ns = "named", ttl = "1m", key = "user-{name}-{id}")]
async fn named(name: &str, id: u32) -> String {
    format!("{name} {id}")
}

#[tokio::test]
async fn a_readable_key_can_be_read_and_is_no_others() {
    let (server, one, two) = fleet().await;
    for (name, id) in [
        ("ada", 1),
        ("ada-1", 1),
        ("a{d}a", 1),
        ("ada 1", 1),
        ("", 1),
    ] {
        let expected = format!("{name} {id}");
        assert_eq!(one.scope(named(name, id)).await, expected);
        assert_eq!(two.scope(named(name, id)).await, expected);
        assert_eq!(
            two.scope(async { named_entry(name, id).get().await }).await,
            Some(expected)
        );
    }
    assert_eq!(two.stats().namespace("named").unwrap().loads, 0);
    let keys = server.keys().await.unwrap();
    assert!(
        keys.iter()
            .any(|key| key.starts_with("cache:e:named:{user-ada-1-")),
        "{keys:?}"
    );
}

#[cached(ns = "plain", ttl = "1m")]
async fn long(id: u32) -> String {
    format!("{id:0>10000}")
}

#[cached(ns = "lz4", ttl = "1m", compress)]
async fn long_lz4(id: u32) -> String {
    format!("{id:0>10000}")
}

#[cached(ns = "zstd", ttl = "1m", compress = "zstd")]
async fn long_zstd(id: u32) -> String {
    format!("{id:0>10000}")
}

#[cached(ns = "gzip", ttl = "1m", compress = "gzip")]
async fn long_gzip(id: u32) -> String {
    format!("{id:0>10000}")
}

#[tokio::test]
async fn what_is_compressed_is_smaller_and_reads_back() {
    let (_server, one, two) = fleet().await;
    let all = || async {
        [
            long(1).await,
            long_lz4(1).await,
            long_zstd(1).await,
            long_gzip(1).await,
        ]
    };
    let written = one.scope(all()).await;
    assert_eq!(two.scope(all()).await, written);
    let stats = one.stats();
    let bytes = |ns: &str| stats.namespace(ns).unwrap().stored_bytes;
    assert!(bytes("plain") > 10_000);
    for ns in ["lz4", "zstd", "gzip"] {
        assert!(bytes(ns) < 1_000, "{ns}: {}", bytes(ns));
        assert_eq!(two.stats().namespace(ns).unwrap().redis_hits, 1);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Circle { radius: f64 },
    Text { text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sparse {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    first: Option<u32>,
    second: u32,
}

#[cached(ns = "tagged", ttl = "1m")]
async fn tagged(id: u32) -> (Tagged, Sparse) {
    let shape = match id {
        0 => Tagged::Circle { radius: 1.5 },
        _ => Tagged::Text { text: "x".into() },
    };
    let first = (id == 0).then_some(7);
    (shape, Sparse { first, second: id })
}

#[tokio::test]
async fn types_that_a_positional_codec_can_not_read_are_stored_all_the_same() {
    let (_server, one, two) = fleet().await;
    for id in 0..3 {
        let written = one.scope(tagged(id)).await;
        assert_eq!(two.scope(tagged(id)).await, written);
    }
    assert_eq!(two.stats().namespace("tagged").unwrap().redis_hits, 3);
}

#[tokio::test]
async fn what_one_puts_or_refreshes_the_other_reads() {
    let (_server, one, two) = fleet().await;
    let origin = Origin::default();
    one.scope(async { of_the_fleet_entry(1).put(70).await })
        .await
        .unwrap();
    assert_eq!(two.scope(of_the_fleet(&origin, 1)).await, 70);
    let fresh = one.scope(async {
        of_the_fleet_entry(1)
            .refresh(of_the_fleet(&origin, 1))
            .await
    });
    assert_eq!(fresh.await, 2);
    assert_eq!(two.scope(of_the_fleet(&origin, 1)).await, 2);
    let inspection = two
        .scope(async { of_the_fleet_entry(1).inspect().await })
        .await;
    assert_eq!(inspection.unwrap().tier, cache_runtime::Tier::Redis);
    assert_eq!(origin.runs(), 1);
}

#[tokio::test]
async fn a_put_is_not_overwritten_by_a_load_that_began_before_it() {
    let (_server, one, two) = fleet().await;
    let origin = Origin::slow(200);
    let load = one.scope(of_the_fleet(&origin, 1));
    let put = async {
        crate::until(Duration::from_secs(5), || async { origin.runs() == 1 }).await;
        two.scope(async { of_the_fleet_entry(1).put(70).await })
            .await
            .unwrap();
    };
    let (_, ()) = tokio::join!(load, put);
    for cache in [&one, &two] {
        assert_eq!(cache.scope(of_the_fleet(&origin, 1)).await, 70);
    }
    assert_eq!(
        one.stats().namespace("fleet").unwrap().unstored.overtaken,
        1
    );
}

/// Where the older build's process finds Redis.
const OLDER: &str = "ARGUMENTS_OLDER_URL";

/// One function in two builds, each run by a process of its own: the older tags its entries, the newer
/// no longer does.
mod builds {
    use super::OLDER;

    pub(super) mod older {
        #[cache_runtime::cached(ns = "build", id = "build", ttl = "1m", tags = ["dropped"])]
        pub(in super::super) async fn of_build(id: u32) -> u32 {
            super::at_origin(id)
        }
    }

    pub(super) mod newer {
        #[cache_runtime::cached(ns = "build", id = "build", ttl = "1m")]
        pub(in super::super) async fn of_build(id: u32) -> u32 {
            super::at_origin(id)
        }
    }

    fn at_origin(id: u32) -> u32 {
        match std::env::var(OLDER) {
            Ok(_) => id,
            Err(_) => id + 1,
        }
    }
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn the_older_build_stores_under_its_tag() {
    let url = alone::variable(OLDER);
    let cache = Cache::builder().url(url).build().unwrap();
    assert_eq!(cache.scope(builds::older::of_build(1)).await, 1);
    assert_eq!(cache.stats().namespace("build").unwrap().loads, 1);
}

#[tokio::test]
async fn a_tag_that_only_the_entry_names_is_looked_at_too() {
    let server = crate::server().await;
    let url = server.url();
    alone::run(
        "arguments::the_older_build_stores_under_its_tag",
        &[(OLDER, &url)],
    );
    let newer = Cache::builder().url(server.url()).build().unwrap();
    for _ in 0..2 {
        assert_eq!(
            newer.scope(builds::newer::of_build(1)).await,
            1,
            "the older's entry"
        );
    }
    // In memory by now: its copy there rests on the tag as well.
    newer.tag("dropped").invalidate().await.unwrap();
    assert_eq!(newer.scope(builds::newer::of_build(1)).await, 2);
}
