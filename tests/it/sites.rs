//! `Cache::sites`: the annotated functions that are linked in, with what is known of each before it is called, and of
//! those that were called what a call has shown.

use std::collections::HashMap;
use std::time::Duration;

use cache_runtime::{
    Cache, CacheKey, Cacheable, Policy, SettingFrom, SharedWith, SiteInfo, cached,
};

#[cached(ns = "listed-site", ttl = "1h", jitter = 0.0)]
async fn called(tenant: u32, id: u64) -> u64 {
    id + u64::from(tenant)
}

#[cached(ns = "by-companion", ttl = "1h", key = (id, "x"))]
#[expect(dead_code, reason = "its companion is called")]
async fn named(id: u64) -> u64 {
    id
}

struct Shop;

impl Shop {
    #[cached(ns = "method-site", ttl = "1h", skip(self))]
    async fn find<T: CacheKey>(&self, key: T) -> bool {
        let _ = key;
        true
    }
}

/// Nothing here is ever called.
#[expect(dead_code, reason = "that is what is tried")]
mod never {
    use super::*;

    const HOT: Policy = Policy::new(Duration::from_secs(7));
    const TTL: Duration = Duration::from_secs(8);

    #[cached(ns = "never-called", ttl = "1h", stale = 60 * 2, compress, shape = "v2", tags = ["user:{id}", tag(id)])]
    async fn plain(id: &u64, tenant: u32) -> Option<u64> {
        Some(*id + u64::from(tenant))
    }

    fn tag(id: &u64) -> String {
        id.to_string()
    }

    #[cached(ns = "never-called", policy = HOT)]
    async fn shared(id: u64) -> u64 {
        id
    }

    #[cached(ns = "never-called", ttl = TTL)]
    async fn by_a_constant(id: u64) -> u64 {
        id
    }

    #[cached(ns = "never-called", ttl = "1h")]
    async fn generic<T: CacheKey + Cacheable>(of: T) -> Option<T> {
        Some(of)
    }

    #[cached(ns = "never-called", ttl = "1h", batch(id in ids))]
    async fn many(ids: &[u64]) -> HashMap<u64, u64> {
        ids.iter().map(|id| (*id, *id)).collect()
    }

    struct Of<T>(T);

    impl<T: CacheKey + 'static> Of<T> {
        const TTL: Duration = Duration::from_secs(9);

        #[cached(ns = "never-called", ttl = Self::TTL, key = (self.0, id))]
        async fn find(&self, id: u64) -> u64 {
            id
        }

        /// Nothing tells its types apart.
        #[cached(ns = "never-called", ttl = "1h")]
        async fn refused(id: u64) -> u64 {
            id
        }
    }

    trait Find {
        async fn get(&self, id: u64) -> u64;
    }

    impl Find for Shop {
        #[cached(ns = "never-called", ttl = "1h", skip(self), entry = false)]
        async fn get(&self, id: u64) -> u64 {
            id
        }
    }

    macro_rules! made {
        ($($name:ident)*) => {$(
            #[cached(ns = "never-called", ttl = "1h")]
            async fn $name(id: u64) -> u64 {
                id
            }
        )*};
    }

    made!(made one_more);

    fn outer() {
        #[cached(ns = "never-called", ttl = "1h")]
        async fn inner(id: u64) -> u64 {
            id
        }
    }
}

fn of<'a>(sites: &'a [SiteInfo], namespace: &str) -> Vec<&'a SiteInfo> {
    let of_namespace = |site: &&SiteInfo| site.namespace == namespace;
    sites.iter().filter(of_namespace).collect()
}

fn settings(site: &SiteInfo) -> Vec<String> {
    site.settings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn what_was_called_is_told_of_at_each_of_its_types() {
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
    let [one] = of(&sites, "listed-site")[..] else {
        panic!("{sites:?}")
    };
    assert_eq!(
        (one.function.as_str(), one.key),
        ("it::sites::called", ["tenant", "id"].as_slice())
    );
    assert!(one.place.contains("sites.rs:11:"), "{}", one.place);
    assert_eq!(
        (one.was_called, one.shared_with.clone(), one.is_refused),
        (true, Some(SharedWith::EveryBuild), false)
    );
    assert_eq!(settings(one)[0], "ttl = 3600000ms (annotation)");
    let [companion] = of(&sites, "by-companion")[..] else {
        panic!("{sites:?}")
    };
    assert!(companion.was_called);
    assert_eq!(
        companion.annotation,
        r#"ns = "by-companion", ttl = "1h", key = (id, "x")"#
    );
    let methods = of(&sites, "method-site");
    let methods: Vec<_> = methods.iter().map(|site| site.function.as_str()).collect();
    assert_eq!(methods, ["it::sites::Shop::find"; 2]);
}

#[test]
fn what_was_never_called_is_listed_once() {
    let sites = Cache::memory().sites();
    let never = of(&sites, "never-called");
    let told = |site: &SiteInfo| (site.was_called, site.shared_with.clone());
    assert!(
        never.iter().all(|site| told(site) == (false, None)),
        "{never:?}"
    );
    let names = never.iter().map(|site| {
        let name = site.function.strip_prefix("it::sites::").unwrap();
        (name, site.is_generic, site.is_refused)
    });
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            ("Shop::get", false, false),
            ("never::Of::find", true, false),
            ("never::Of::refused", true, true),
            ("never::by_a_constant", false, false),
            ("never::generic", true, false),
            ("never::made", false, false),
            ("never::many", false, false),
            ("never::one_more", false, false),
            ("never::outer::inner", false, false),
            ("never::plain", false, false),
            ("never::shared", false, false),
        ]
    );
}

#[test]
fn what_was_never_called_is_told_of_as_it_is_annotated() {
    let sites = Cache::memory().sites();
    let never = of(&sites, "never-called");
    let named = |name: &str| {
        let mut found = never.iter().filter(|site| site.function.ends_with(name));
        *found.next().unwrap()
    };
    let plain = named("never::plain");
    assert_eq!(plain.key, ["id", "tenant"]);
    assert_eq!(plain.tags, ["user:{id}", "tag(id)"]);
    assert_eq!(plain.shape, Some("v2"));
    assert!(plain.place.contains("sites.rs:"), "{}", plain.place);
    assert!(
        plain
            .annotation
            .starts_with(r#"ns = "never-called", ttl = "1h", stale = 60 * 2, compress"#)
    );
    assert_eq!(
        settings(plain)[..4],
        [
            "ttl = 3600000ms (annotation)",
            "stale = 120000ms (annotation)",
            "sliding = 0ms (annotation)",
            "compress = lz4 (annotation)",
        ]
    );
    assert_eq!(
        settings(named("never::shared"))[0],
        "ttl = 7000ms (annotation)"
    );
    for name in ["never::by_a_constant", "never::Of::find"] {
        assert_eq!(settings(named(name)), [""; 0]);
        assert!(
            named(name).annotation.contains("TTL"),
            "{}",
            named(name).annotation
        );
    }
}

#[test]
fn what_a_settings_file_replaces_is_told_of_before_a_call() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[namespace.never-called]\nttl = \"2h\"\n").unwrap();
    let cache = Cache::builder().url("memory:").config(file.path());
    let sites = cache.build().unwrap().sites();
    let never = of(&sites, "never-called");
    assert_eq!(never.len(), 11);
    for site in never {
        let ttl = &site.settings[0];
        assert_eq!(
            (ttl.name, ttl.value.as_str(), ttl.from),
            ("ttl", "7200000ms", SettingFrom::NamespaceTable),
            "{}",
            site.function
        );
    }
}

#[test]
fn functions_of_other_crates_are_listed() {
    let sites = Cache::memory().sites();
    let [hot] = of(&sites, "faults-hot")[..] else {
        panic!("{sites:?}")
    };
    assert_eq!(hot.function, "cache_tests::faults::sites::hot");
}
