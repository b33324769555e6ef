//! A tag that shows what the key hides: a call is never served an entry under another call's tags.

use std::fmt;

use cache_runtime::key::KeyWriter;
use cache_runtime::{Cache, CacheKey, cached};

#[derive(Clone, CacheKey)]
struct Request {
    country: &'static str,
    #[cache_key(skip)]
    request: u32,
    #[cache_key(round = 1)]
    amount: f64,
}

fn request(request: u32, amount: f64) -> Request {
    Request {
        country: "de",
        request,
        amount,
    }
}

#[cached(ns = "skipped", ttl = "1m", tags = ["req:{r.request}"])]
async fn skipped(r: Request) -> u32 {
    r.request
}

#[cached(ns = "rounded", ttl = "1m", tags = ["req:{r.amount}"])]
async fn rounded(r: Request) -> f64 {
    r.amount
}

#[cached(ns = "zero", ttl = "1m", tags = ["req:{x}"])]
async fn zero(x: f64) -> String {
    x.to_string()
}

/// Names that compare without their case.
struct Folded(&'static str);

impl CacheKey for Folded {
    fn write(&self, writer: &mut KeyWriter) {
        writer.str(&self.0.to_lowercase());
    }
}

impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cached(ns = "by_hand", ttl = "1m", tags = ["req:{name}"])]
async fn by_hand(name: &Folded) -> String {
    name.to_string()
}

#[cached(ns = "of_part", ttl = "1m", key = (name.0.to_lowercase()), tags = ["req:{name.0}"])]
async fn of_part(name: &Folded) -> String {
    name.0.to_owned()
}

/// Both of a pair with one key get their own, and the tag of the second clears the second.
macro_rules! each_under_its_own_tag {
    ($test:ident: $call:ident($first:expr, $second:expr) tag $tag:literal) => {
        #[tokio::test]
        async fn $test() {
            let server = crate::server().await;
            let shared = || Cache::builder().url(server.url()).build().unwrap();
            let (one, other) = (shared(), shared());
            for cache in [Cache::memory(), one.clone()] {
                let (first, second) = cache
                    .scope(async { ($call($first).await, $call($second).await) })
                    .await;
                assert_ne!(first, second, "the second is not served the first");
                cache
                    .scope(async {
                        assert_eq!($call($second).await, second);
                        let stats = || cache.stats().namespace(stringify!($call)).unwrap().loads;
                        let before = stats();
                        cache.tag($tag).invalidate().await.unwrap();
                        assert_eq!($call($second).await, second);
                        assert_eq!(stats(), before + 1, "its tag clears it");
                    })
                    .await;
            }
            let (first, second) = other
                .scope(async { ($call($first).await, $call($second).await) })
                .await;
            assert_ne!(
                first, second,
                "another process is not served the first either"
            );
        }
    };
}

each_under_its_own_tag!(a_tag_of_a_skipped_field_tells_calls_apart: skipped(request(1, 1.0), request(2, 1.0)) tag "req:2");
each_under_its_own_tag!(a_tag_of_a_rounded_field_tells_calls_apart: rounded(request(1, 1.01), request(1, 1.02)) tag "req:1.02");
each_under_its_own_tag!(a_tag_of_a_negative_zero_tells_calls_apart: zero(0.0, -0.0) tag "req:-0");
each_under_its_own_tag!(a_tag_of_a_key_written_by_hand_tells_calls_apart: by_hand(&Folded("Ann"), &Folded("ANN")) tag "req:ANN");
each_under_its_own_tag!(a_tag_of_an_argument_that_the_key_folds_tells_calls_apart: of_part(&Folded("Ann"), &Folded("ANN")) tag "req:ANN");
