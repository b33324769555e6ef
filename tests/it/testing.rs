//! `Cache::testing()`: a cache for one test, its clock, and the runs of bodies by function.

use std::collections::HashMap;
use std::time::Duration;

use cache_runtime::{Cache, bypass, cached, inherit};

#[cached(ttl = "5m")]
async fn price(id: u32) -> u32 {
    id
}

#[cached(ttl = "5m")]
async fn never_called(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(ttl = "5m")]
async fn generic<T>(id: T) -> Result<T, String>
where
    T: cache_runtime::CacheKey + cache_runtime::Cacheable,
{
    Ok(id)
}

#[cached(ttl = "5m", batch = ids)]
async fn many(ids: &[u32]) -> HashMap<u32, u32> {
    ids.iter().map(|id| (*id, *id)).collect()
}

struct Shop<T>(T);

impl<T: cache_runtime::CacheKey + 'static> Shop<T> {
    #[cached(ttl = "5m", key = (self.0, id))]
    async fn price(&self, id: u32) -> u32 {
        id
    }
}

#[tokio::test]
async fn runs_are_counted_by_function_and_for_this_test_alone() {
    let (test, other) = (Cache::testing(), Cache::testing());
    test.run(async {
        for id in [1, 2, 1] {
            price(id).await;
            generic(id).await.unwrap();
            Shop("a").price(id).await;
        }
        generic("text".to_owned()).await.unwrap();
        Shop(7_u8).price(1).await;
        many(&[1, 2, 3]).await;
        many(&[3, 4]).await;
        bypass(price(1)).await;
        tokio::spawn(inherit(price(3))).await.unwrap();
    })
    .await;
    other.run(price(1)).await;
    assert_eq!((test.loads(&price), other.loads(&price)), (3, 1));
    assert_eq!(test.loads(&generic::<u32>), 3, "at all its types");
    assert_eq!(test.loads(&Shop::<u8>::price), 3);
    assert_eq!(test.loads(&many), 4, "for each id");
    assert_eq!(test.loads(&never_called), 0);
}

#[tokio::test]
async fn entries_end_by_the_tests_clock() {
    let test = Cache::testing();
    test.run(async {
        price(1).await;
        test.advance(Duration::from_secs(299));
        price(1).await;
        assert_eq!(test.loads(&price), 1);
        test.advance(Duration::from_secs(1));
        price(1).await;
        assert_eq!(test.loads(&price), 2);
        test.cache()
            .namespace(concat!(module_path!(), "::price"))
            .invalidate()
            .await
            .unwrap();
        price(1).await;
        assert_eq!(test.loads(&price), 3);
    })
    .await;
}
