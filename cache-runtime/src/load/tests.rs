//! The stack that calls inside calls take, in a build without optimization: here, as this package's tests are
//! built so, and the generic parts of the algorithm with them.

use crate::{Cache, cached};

/// One more on each call: nobody boxes a body, so these stand in one another.
macro_rules! nested {
    ($($name:ident calls $next:ident)*) => {$(
        #[cached(ttl = "1m")]
        async fn $name(n: u32) -> u32 {
            $next(n).await + 1
        }
    )*};
}

async fn innermost(n: u32) -> u32 {
    tokio::task::yield_now().await;
    n
}

nested! {
    n01 calls innermost n02 calls n01 n03 calls n02 n04 calls n03 n05 calls n04 n06 calls n05
    n07 calls n06 n08 calls n07 n09 calls n08 n10 calls n09 n11 calls n10 n12 calls n11
}

#[cached(ttl = "1m")]
async fn deep(n: u32) -> u32 {
    match n {
        0 => 0,
        n => Box::pin(deep(n - 1)).await + 1,
    }
}

/// As on the main thread of a program, which has more, or a worker of tokio's, which has this.
fn on_two_mib(cache: Cache) {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(cache.scope(async {
            assert_eq!(n12(1).await, 13);
            assert_eq!(deep(200).await, 200);
        }));
    };
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn twelve_nested_and_two_hundred_recursive_calls_fit_a_stack_of_two_mib() {
    on_two_mib(Cache::memory());
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn they_do_on_redis_too() {
    let server = cache_tests::Server::start().await.unwrap();
    let linked = Cache::builder().url(server.url()).build().unwrap();
    let run = tokio::task::spawn_blocking(move || on_two_mib(linked));
    run.await.unwrap();
}
