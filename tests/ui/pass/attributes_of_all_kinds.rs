//! Attributes of all kinds beside the annotation: lints, hints, `cfg_attr`, and the annotation inside one.

use cache_runtime::{cache_invalidate, cached};

#[cached(ttl = "5m")]
#[deprecated(note = "ask `user`", since = "1.0.0")]
pub async fn old(id: u64) -> u64 {
    id
}

#[expect(deprecated, reason = "its callers may still say so")]
pub async fn of_old() -> u64 {
    old(1).await
}

#[must_use = "it was costly"]
#[inline]
#[cached(ttl = "5m")]
pub async fn hinted(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m")]
#[inline(always)]
#[cold]
pub async fn cold(id: u64) -> u64 {
    id
}

#[track_caller]
#[cached(ttl = "5m")]
pub fn tracked(id: u64) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { id })
}

#[cfg_attr(test, cached(ttl = "5m"))]
#[cfg_attr(any(), no_such_attribute)]
#[cfg_attr(all(), must_use)]
pub async fn cached_in_tests(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m")]
#[cfg_attr(all(), cfg(test))]
pub async fn under_conditions(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m")]
#[expect(unused_variables, reason = "checks that it stays on the fn")]
pub async fn expected(id: u64) -> u64 {
    let unused = 1;
    id
}

#[cache_invalidate(tags = ["user:{id}"])]
#[deny(unused_mut, unused_variables)]
#[must_use]
pub async fn written(mut id: u64) -> u64 {
    id += 1;
    #[cfg(any())]
    let id = no_such_thing;
    #[expect(unused_variables, reason = "an attribute inside")]
    let unused = id;
    id
}

#[test]
fn the_companions_are_there() {
    drop((hinted_entry(1), cold_entry(1), tracked_entry(1)));
    drop((cached_in_tests_entry(1), under_conditions_entry(1)));
}
