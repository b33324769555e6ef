//! Attributes stay on the fn, inner ones too; its `cfg`s go on the companion.

use cache_runtime::cached;

#[cached(ttl = "5m")]
#[cfg(any())]
pub async fn never() -> NoSuchType {}

#[cached(ttl = "5m")]
#[cfg(test)]
#[tracing::instrument]
#[allow(clippy::unused_async, reason = "checks that it is passed on")]
pub async fn always(id: u32) -> u32 {
    #![expect(non_snake_case, reason = "checks that it is passed on")]
    let Id = id;
    Id
}
