//! What a call weighs: the memory it holds while it waits, and how much larger than its body it is.

use std::mem::size_of_val;
use std::pin::Pin;
use std::task::{Context, Waker};

use cache_runtime::{Cache, cached};
use tokio::task::unconstrained;

const KIB: usize = 1_024;

#[cached(ns = "never", ttl = "1m", tags = ["never:{id}"])]
async fn never(id: u32) -> u32 {
    std::future::pending::<()>().await;
    id
}

fn begin<F: Future>(call: F) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    let is_pending = call
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_pending();
    assert!(is_pending);
    call
}

#[tokio::test]
async fn a_waiting_caller_holds_little() {
    const CALLERS: usize = 1_000;
    let server = crate::server().await;
    let linked = Cache::builder().url(server.url()).build().unwrap();
    for cache in [Cache::memory(), linked] {
        cache
            .scope(async {
                let _leader = begin(never(1));
                let mut waiting = Vec::with_capacity(CALLERS);
                let counted = allocation_counter::measure(|| {
                    // Past some calls of one task the runtime's budget would let none go on.
                    waiting.extend((0..CALLERS).map(|_| begin(unconstrained(never(1)))));
                });
                let each = usize::try_from(counted.bytes_current).unwrap() / CALLERS;
                assert!(each < 2 * KIB, "{each} bytes");
            })
            .await;
    }
}

#[test]
fn a_cached_future_is_little_larger_than_its_body() {
    async fn plain(body: [u8; 4_096]) -> usize {
        tokio::task::yield_now().await;
        body.len()
    }
    #[cached(ttl = "1m")]
    async fn through(body: [u8; 4_096]) -> usize {
        tokio::task::yield_now().await;
        body.len()
    }
    let (bare, cached) = (
        size_of_val(&plain([0; 4_096])),
        size_of_val(&through([0; 4_096])),
    );
    // The argument stands in the call, and in the body once more.
    assert!(cached <= 2 * bare + KIB, "{cached} bytes, {bare} bare");
}
