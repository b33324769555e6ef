//! Invalidations that nobody carries out.
#![deny(unused_must_use)]

use cache_runtime::{cache_invalidate, deferred};

#[cache_invalidate(tags = ["user:{id}"])]
async fn rename(id: u64) -> u64 {
    id
}

async fn transaction() {
    let _: u64 = rename(1).await;
    deferred(rename(2)).await;
}

fn main() {
    drop(transaction());
}
