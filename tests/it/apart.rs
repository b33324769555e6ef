//! What the path of a function does not tell apart is told apart otherwise, or is not cached.

use cache_runtime::{Cache, CacheKey, KeyWriter, cached};

use crate::alone;

/// What the two first say of a call, in two rounds: the second would be served from the cache.
type Said = Vec<(&'static str, u64, u64)>;

trait Step: Send + Sync {
    const BY: u64;
    fn by(&self) -> u64 {
        Self::BY
    }
}

/// Two types that are one and the same in a key, and do different things.
macro_rules! steps {
    ($($name:ident = $by:literal),*) => {$(
        struct $name;
        impl Step for $name {
            const BY: u64 = $by;
        }
        impl CacheKey for $name {
            fn write(&self, writer: &mut KeyWriter) {
                writer.variant("Step", "Step", |_| {});
            }
        }
    )*};
}

steps!(One = 1, Hundred = 100);

/// One of two blocks, each with a function of one name and text.
async fn block(first: bool, id: u64) -> u64 {
    if first {
        const BY: u64 = 1;
        #[cached(ns = "blocks", ttl = "1m")]
        async fn inner(id: u64) -> u64 {
            id + BY
        }
        assert_eq!(inner_entry(id).get().await.unwrap_or(id + BY), id + BY);
        inner(id).await
    } else {
        const BY: u64 = 100;
        #[cached(ns = "blocks", ttl = "1m")]
        async fn inner(id: u64) -> u64 {
            id + BY
        }
        assert_eq!(inner_entry(id).get().await.unwrap_or(id + BY), id + BY);
        inner(id).await
    }
}

#[cached(ns = "closures", ttl = "1m", skip(f))]
async fn with<F: Fn(u64) -> u64>(id: u64, f: F) -> u64 {
    f(id)
}

#[cached(ns = "unnamed closures", ttl = "1m", skip(f))]
async fn with_unnamed(id: u64, f: impl Fn(u64) -> u64) -> u64 {
    f(id)
}

#[cached(ns = "types", ttl = "1m")]
async fn of_type<T: Step>(id: u64) -> u64 {
    id + T::BY
}

#[cached(ns = "unnamed", ttl = "1m")]
async fn of_unnamed(id: u64, step: impl Step + CacheKey) -> u64 {
    id + step.by()
}

#[cached(ns = "borrowed", ttl = "1m")]
async fn of_borrowed(id: u64, step: Option<&(impl Step + CacheKey)>) -> u64 {
    id + step.map_or(0, Step::by)
}

/// One of two blocks, each with a type of one name.
async fn local_type(first: bool, id: u64) -> u64 {
    if first {
        struct Local;
        impl Step for Local {
            const BY: u64 = 1;
        }
        of_type::<Local>(id).await
    } else {
        struct Local;
        impl Step for Local {
            const BY: u64 = 100;
        }
        of_type::<Local>(id).await
    }
}

mod copied {
    #[cache_runtime::cached(ns = "copied", id = "copied", ttl = "1m")]
    pub(super) async fn one(id: u64) -> u64 {
        id + 1
    }

    #[cache_runtime::cached(ns = "copied", id = "copied", ttl = "1m")]
    pub(super) async fn another(id: u64) -> u64 {
        id + 100
    }
}

/// Functions that only a macro can write: alike, at one place.
macro_rules! twins {
    ($($name:ident = $by:literal),*) => {$(
        mod $name {
            pub(super) const BY: u64 = $by;
        }
    )*
        async fn twins(id: u64) -> (u64, u64) {
            let mut said = Vec::new();
            $({
                use $name::BY;
                #[cached(ns = "twins", ttl = "1m")]
                async fn twin(id: u64) -> u64 {
                    id + BY
                }
                twin_entry(id).invalidate().await.unwrap();
                said.push(twin(id).await);
            })*
            (said[0], said[1])
        }
    };
}

twins!(first_twin = 1, second_twin = 100);

trait Constant {
    async fn constant(&self, id: u64) -> u64;
}

const _: () = {
    impl Constant for One {
        #[cached(ns = "constant", ttl = "1m", skip(self), entry = false)]
        async fn constant(&self, id: u64) -> u64 {
            in_constant(id).await
        }
    }

    #[cached(ns = "constant", ttl = "1m")]
    async fn in_constant(id: u64) -> u64 {
        id + 1
    }
};

async fn everything() -> Said {
    let (one, hundred) = (|id| id + 1, |id| id + 100);
    let twins = twins(0).await;
    vec![
        ("blocks", block(true, 0).await, block(false, 0).await),
        ("closures", with(0, one).await, with(0, hundred).await),
        (
            "unnamed closures",
            with_unnamed(0, one).await,
            with_unnamed(0, hundred).await,
        ),
        (
            "types",
            of_type::<One>(0).await,
            of_type::<Hundred>(0).await,
        ),
        (
            "local types",
            local_type(true, 0).await,
            local_type(false, 0).await,
        ),
        (
            "unnamed",
            of_unnamed(0, One).await,
            of_unnamed(0, Hundred).await,
        ),
        (
            "borrowed",
            of_borrowed(0, Some(&One)).await,
            of_borrowed(0, Some(&Hundred)).await,
        ),
        ("twins", twins.0, twins.1),
        ("copied", copied::one(0).await, copied::another(0).await),
    ]
}

async fn each_gets_its_own(cache: &Cache) {
    cache
        .scope(async {
            for _ in 0..3 {
                for (what, one, hundred) in everything().await {
                    assert_eq!((one, hundred), (1, 100), "{what}");
                }
                assert_eq!(One.constant(0).await, 1);
            }
        })
        .await;
    let stats = cache.stats();
    for namespace in [
        "blocks",
        "closures",
        "unnamed closures",
        "types",
        "unnamed",
        "borrowed",
        "constant",
    ] {
        let counted = stats.namespace(namespace).unwrap();
        assert!(counted.hits() > 0, "{namespace} is cached");
        assert!(counted.troubles.is_empty(), "{namespace}");
    }
    let copied = stats.namespace("copied").unwrap();
    let taken = |counted: &cache_runtime::NamespaceStats| {
        let troubles = &counted.troubles;
        troubles.get("name the entry: identity_taken").copied()
    };
    assert_eq!((copied.loads, copied.hits()), (1, 2), "the first is cached");
    assert_eq!(taken(copied), Some(3), "the second is not");
    assert!(taken(stats.namespace("twins").unwrap()).unwrap() > 3);
}

fn on(url: &str) -> Cache {
    Cache::builder().url(url).memory_bytes(0).build().unwrap()
}

#[tokio::test]
async fn what_a_path_does_not_tell_apart_is_never_served_for_another_from_memory() {
    each_gets_its_own(&Cache::memory()).await;
}

#[tokio::test]
async fn what_a_path_does_not_tell_apart_is_never_served_for_another_from_redis() {
    let server = crate::server().await;
    each_gets_its_own(&on(&server.url())).await;
}

const CHILD: &str = "APART_URL";

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn a_process_that_calls_the_others_of_one_name() {
    let cache = on(&alone::variable(CHILD));
    let called = cache.scope(async {
        let copied = (copied::another(7).await, copied::another(7).await);
        (copied, block(false, 7).await, local_type(false, 7).await)
    });
    assert_eq!(called.await, ((107, 107), 107, 107));
    let stats = cache.stats();
    let counted = stats.namespace("copied").unwrap();
    assert_eq!((counted.loads, counted.redis_hits), (1, 1));
}

#[tokio::test]
async fn what_a_path_does_not_tell_apart_is_told_apart_in_another_process() {
    let server = crate::server().await;
    let url = server.url();
    let cache = on(&url);
    let child = || {
        alone::run(
            "apart::a_process_that_calls_the_others_of_one_name",
            &[(CHILD, &url)],
        )
    };
    cache
        .scope(async {
            assert_eq!(copied::one(7).await, 8);
            assert_eq!((block(true, 7).await, local_type(true, 7).await), (8, 8));
            child();
            assert_eq!(copied::one(7).await, 8);
            child();
        })
        .await;
}
