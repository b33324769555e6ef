//! Annotations in other brackets, over several lines, with comments, with a comma at the end, under other names.

use cache_runtime::{cache_invalidate, cache_put, cached as memo};

#[rustfmt::skip]
#[memo{ttl = "5m"}]
pub async fn braces(id: u32) -> u32 {
    id
}

#[rustfmt::skip]
#[memo[ttl = "5m"]]
pub async fn brackets(id: u32) -> u32 {
    id
}

#[cache_runtime::cached(
    // How long.
    ttl = "5m", /* and what clears it */
    tags = [
        "user:{id}", // one
    ],
    skip(
        name,
    ),
)]
pub async fn commas(id: u32, name: &str) -> u32 {
    drop(name.to_owned());
    id
}

#[::cache_runtime::cached(skip(), tags = [], ttl = "5m")]
pub async fn lists_of_nothing(id: u32) -> u32 {
    id
}

#[cache_put(entry = braces_entry(id),)]
#[cache_invalidate(tags = ["user:{id}",], entries = [commas_entry(id),], before,)]
pub async fn write(id: u32) -> u32 {
    id
}

pub mod globs {
    use cache_runtime::*;

    #[cached(ttl = "5m", policy = HOT)]
    pub async fn find(id: u32) -> u32 {
        id
    }

    const HOT: Policy = Policy::new(std::time::Duration::from_secs(1));
}
