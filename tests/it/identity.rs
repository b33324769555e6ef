//! Two functions never serve one another's values, wherever they stand.

use std::future::Future;
use std::pin::Pin;

use cache_runtime::{Cache, cached};
use serde::{Deserialize, Serialize};

mod left {
    #[cache_runtime::cached(ttl = "1m")]
    pub(super) async fn same(id: u32) -> String {
        format!("left {id}")
    }
}

mod right {
    #[cache_runtime::cached(ttl = "1m")]
    pub(super) async fn same(id: u32) -> String {
        format!("right {id}")
    }
}

struct A;
struct B;
struct Of<T>(T);

impl A {
    #[cached(ns = "shared", ttl = "1m", skip(self))]
    async fn get(&self, id: u32) -> String {
        format!("A {id}")
    }
}

impl B {
    #[cached(ns = "shared", ttl = "1m", skip(self))]
    async fn get(&self, id: u32) -> String {
        format!("B {id}")
    }
}

trait Get {
    async fn fetch(&self, id: u32) -> String;
    fn boxed(&self, id: u32) -> Pin<Box<dyn Future<Output = String> + Send + '_>>;
}

impl Get for A {
    #[cached(ns = "shared", ttl = "1m", skip(self), entry = false)]
    async fn fetch(&self, id: u32) -> String {
        format!("A as Get {id}")
    }

    #[cached(ns = "shared", ttl = "1m", skip(self), entry = false)]
    fn boxed(&self, id: u32) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
        Box::pin(async move { format!("A boxed {id}") })
    }
}

impl Get for B {
    #[cached(ns = "shared", ttl = "1m", skip(self), entry = false)]
    async fn fetch(&self, id: u32) -> String {
        format!("B as Get {id}")
    }

    #[cached(ns = "shared", ttl = "1m", skip(self), entry = false)]
    fn boxed(&self, id: u32) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
        Box::pin(async move { format!("B boxed {id}") })
    }
}

trait Named: Send + Sync {
    const NAME: &'static str;
}

impl Named for u8 {
    const NAME: &'static str = "u8";
}

impl Named for u16 {
    const NAME: &'static str = "u16";
}

impl<T: Named> Of<T> {
    #[cached(ns = "shared", ttl = "1m", skip(self))]
    async fn get(&self, id: u32) -> String {
        format!("Of<{}> {id}", T::NAME)
    }

    // No receiver and no `Self` in sight: nothing tells `Of<u8>` from `Of<u16>`.
    #[cached(ns = "indistinct", ttl = "1m", entry = false)]
    async fn indistinct(id: u32) -> String {
        format!("Of<{}> {id}", T::NAME)
    }
}

#[cached(ns = "shared", ttl = "1m")]
async fn of_type<T: Named>(id: u32) -> String {
    format!("{} {id}", T::NAME)
}

#[cached(ns = "shared", ttl = "1m")]
async fn sized<const N: usize>(id: u32) -> String {
    format!("{N} {id}")
}

async fn first_outer() -> String {
    #[cached(ns = "shared", ttl = "1m")]
    async fn inner(id: u32) -> String {
        format!("first inner {id}")
    }
    inner(1).await
}

async fn second_outer() -> String {
    #[cached(ns = "shared", ttl = "1m")]
    async fn inner(id: u32) -> String {
        format!("second inner {id}")
    }
    inner(1).await
}

mod namespaces {
    #[cache_runtime::cached(ns = "one", ttl = "1m", id = "pinned")]
    pub(super) async fn one(id: u32) -> String {
        format!("one {id}")
    }

    #[cache_runtime::cached(ns = "two", ttl = "1m", id = "pinned")]
    pub(super) async fn two(id: u32) -> String {
        format!("two {id}")
    }
}

/// Two builds of one struct, the second with its fields swapped.
mod builds {
    use super::{Deserialize, Serialize};

    pub(super) mod older {
        use super::{Deserialize, Serialize};

        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(in super::super) struct Size {
            pub width: u32,
            pub height: u32,
        }

        #[cache_runtime::cached(ns = "size", id = "size", ttl = "1m")]
        pub(in super::super) async fn size(id: u32) -> Size {
            Size {
                width: id,
                height: 9,
            }
        }
    }

    pub(super) mod newer {
        use super::{Deserialize, Serialize};

        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(in super::super) struct Size {
            pub height: u32,
            pub width: u32,
        }

        #[cache_runtime::cached(ns = "size", id = "size", ttl = "1m")]
        pub(in super::super) async fn size(id: u32) -> Size {
            Size {
                height: 9,
                width: id,
            }
        }
    }
}

/// Every place once, in whatever order: what each returned.
async fn everywhere() -> Vec<String> {
    vec![
        left::same(1).await,
        right::same(1).await,
        A.get(1).await,
        B.get(1).await,
        A.fetch(1).await,
        B.fetch(1).await,
        A.boxed(1).await,
        B.boxed(1).await,
        Of(1_u8).get(1).await,
        Of(1_u16).get(1).await,
        Of::<u8>::indistinct(1).await,
        Of::<u16>::indistinct(1).await,
        of_type::<u8>(1).await,
        of_type::<u16>(1).await,
        sized::<1>(1).await,
        sized::<2>(1).await,
        first_outer().await,
        second_outer().await,
        namespaces::one(1).await,
        namespaces::two(1).await,
    ]
}

const EXPECTED: [&str; 20] = [
    "left 1",
    "right 1",
    "A 1",
    "B 1",
    "A as Get 1",
    "B as Get 1",
    "A boxed 1",
    "B boxed 1",
    "Of<u8> 1",
    "Of<u16> 1",
    "Of<u8> 1",
    "Of<u16> 1",
    "u8 1",
    "u16 1",
    "1 1",
    "2 1",
    "first inner 1",
    "second inner 1",
    "one 1",
    "two 1",
];

async fn each_gets_its_own(cache: Cache) {
    cache
        .scope(async {
            for _ in 0..2 {
                assert_eq!(everywhere().await, EXPECTED);
            }
            let older = builds::older::size(7).await;
            let newer = builds::newer::size(7).await;
            assert_eq!((older.width, older.height), (7, 9));
            assert_eq!((newer.width, newer.height), (7, 9));
            assert_eq!(builds::newer::size(7).await, newer);
        })
        .await;
    let stats = cache.stats();
    let shared = stats.namespace("shared").unwrap();
    assert_eq!(shared.hits(), shared.loads, "the second round was all hits");
    assert_eq!(
        stats.namespace("size").unwrap().loads,
        2,
        "neither build read the other's bytes"
    );
    let indistinct = stats.namespace("indistinct").unwrap();
    assert_eq!((indistinct.loads, indistinct.hits()), (0, 0));
    let cause = "name the entry: generic_impl_without_self";
    assert_eq!(indistinct.troubles.get(cause), Some(&4));
}

#[tokio::test]
async fn no_place_is_served_anothers_value_from_memory() {
    each_gets_its_own(Cache::memory()).await;
}

#[tokio::test]
async fn no_place_is_served_anothers_value_from_redis() {
    let server = crate::server().await;
    let cache = Cache::builder()
        .url(server.url())
        .memory_bytes(0)
        .build()
        .unwrap();
    each_gets_its_own(cache).await;
}

#[tokio::test]
async fn a_companion_names_the_entry_of_its_function() {
    let cache = Cache::memory();
    cache
        .scope(async {
            left::same(1).await;
            assert_eq!(left::same_entry(1).get().await.as_deref(), Some("left 1"));
            assert_eq!(right::same_entry(1).get().await, None);
            A.get(1).await;
            assert_eq!(A::get_entry(1).get().await.as_deref(), Some("A 1"));
            of_type::<u8>(1).await;
            assert_eq!(of_type_entry::<u8>(1).get().await.as_deref(), Some("u8 1"));
            assert_eq!(of_type_entry::<u16>(1).get().await, None);
            Of(1_u8).get(1).await;
            assert_eq!(
                Of::<u8>::get_entry(1).get().await.as_deref(),
                Some("Of<u8> 1")
            );
            assert_eq!(Of::<u16>::get_entry(1).get().await, None);
        })
        .await;
}
