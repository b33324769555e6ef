//! `Cache::sites`: the annotated functions that were called, with where they stand and what they are stored with.

use cache_runtime::{Cache, SharedWith, SiteInfo, cached};

#[cached(ns = "listed-site", ttl = "1h", jitter = 0.0)]
async fn called(tenant: u32, id: u64) -> u64 {
    id + u64::from(tenant)
}

#[cached(ns = "by-companion", ttl = "1h", key = (id, "x"))]
#[expect(dead_code, reason = "its companion is called")]
async fn named(id: u64) -> u64 {
    id
}

#[cached(ns = "never", ttl = "1h")]
#[expect(dead_code, reason = "that is what is tried")]
async fn never(id: u64) -> u64 {
    id
}

struct Shop;

impl Shop {
    #[cached(ns = "method-site", ttl = "1h", skip(self))]
    async fn find<T: cache_runtime::CacheKey>(&self, key: T) -> bool {
        let _ = key;
        true
    }
}

#[tokio::test]
async fn what_was_called_is_told_of_and_nothing_else() {
    let cache = Cache::memory();
    cache
        .scope(async {
            called(1, 2).await;
            called(1, 3).await;
            named_entry(1).invalidate().await.unwrap();
            Shop.find(1_u8).await;
            Shop.find("text").await;
        })
        .await;
    let sites = cache.sites();
    let of = |namespace: &str| -> Vec<&SiteInfo> {
        sites
            .iter()
            .filter(|site| site.namespace == namespace)
            .collect()
    };
    let [one] = of("listed-site")[..] else {
        panic!("{sites:?}")
    };
    assert_eq!(
        (one.function, one.key),
        ("it::sites::called", ["tenant", "id"].as_slice())
    );
    assert!(one.place.contains("sites.rs:5:"), "{}", one.place);
    assert_eq!(
        (one.shared_with.clone(), one.is_refused),
        (SharedWith::EveryBuild, false)
    );
    assert_eq!(one.settings[0].to_string(), "ttl = 3600000ms (annotation)");
    assert_eq!(of("by-companion").len(), 1);
    assert_eq!(of("never"), Vec::<&SiteInfo>::new());
    let methods: Vec<_> = of("method-site").iter().map(|site| site.function).collect();
    assert_eq!(methods, ["it::sites::Shop::find"; 2]);
}
