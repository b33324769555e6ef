//! Which processes share what a function stores, and that it is said.

use std::time::Duration;

use cache_runtime::{Cache, SharedWith, cached};
use serde::{Deserialize, Serialize};

use crate::server;

/// Values whose type hides what it is: it is told by its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Guest { id: u32 },
}

/// One field is left out where it holds nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Gaps {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<String>,
    id: u32,
}

#[cached(ns = "plain", ttl = "5m")]
async fn plain(id: u32) -> u32 {
    id
}

#[cached(ns = "tagged", ttl = "5m")]
async fn tagged(id: u32) -> Tagged {
    Tagged::Guest { id }
}

#[cached(ns = "stated", ttl = "5m", shape = "v1")]
async fn stated(id: u32) -> Tagged {
    Tagged::Guest { id }
}

#[cached(ns = "gaps", ttl = "5m")]
async fn gaps(id: u32) -> Gaps {
    Gaps { note: None, id }
}

#[tokio::test]
async fn a_site_says_who_shares_its_entries_and_its_own_executable_always_does() {
    let server = server().await;
    let cache = || {
        let builder = Cache::builder().url(server.url());
        builder.op_timeout(Duration::from_secs(2)).build().unwrap()
    };
    let (writer, reader) = (cache(), cache());
    let call = async || (plain(1).await, tagged(1).await, gaps(1).await);
    // The executable is read here, as a debug build takes longer for it than Redis is waited for.
    Cache::memory().scope(call()).await;
    let written = writer.scope(call()).await;
    assert_eq!(reader.scope(call()).await, written);
    let stats = reader.stats();
    for namespace in ["plain", "tagged", "gaps"] {
        let row = stats.namespace(namespace).unwrap();
        assert_eq!((row.loads, row.redis_hits), (0, 1), "{namespace}");
    }
    let seen = async || {
        let plain = plain_entry(1).inspect().await.unwrap().shared_with;
        let tagged = tagged_entry(1).inspect().await.unwrap().shared_with;
        let gaps = gaps_entry(1).inspect().await.unwrap().shared_with;
        (plain, tagged, gaps)
    };
    // Whoever writes finds a value that leaves fields out.
    let (plain, tagged, gaps) = writer.scope(seen()).await;
    assert_eq!(plain, SharedWith::EveryBuild);
    assert!(
        matches!(tagged, SharedWith::SameExecutable { .. }),
        "{tagged:?}"
    );
    assert!(
        matches!(gaps, SharedWith::SameExecutable { .. }),
        "{gaps:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_seen_of_a_type_can_be_stated() {
    let server = server().await;
    let cache = Cache::builder().url(server.url()).build().unwrap();
    let seen = cache.scope(async {
        let value = stated(1).await;
        let entry = stated_entry(1);
        assert_eq!(entry.get().await, Some(value));
        entry.inspect().await.unwrap().shared_with
    });
    let seen = seen.await;
    assert!(matches!(seen, SharedWith::SameStatement { .. }), "{seen:?}");
}
