//! An argument whose type is in no key.

use cache_runtime::{CacheKey, cached};

trait Plan: CacheKey + Send + Sync {
    fn price(&self, id: u64) -> u64;
}

#[cached(ttl = "5m")]
async fn price(id: u64, plan: &(dyn Plan + 'static)) -> u64 {
    plan.price(id)
}

// Said, or not part of the key.
#[cached(ttl = "5m", key = (id, plan))]
async fn said(id: u64, plan: &(dyn Plan + 'static)) -> u64 {
    plan.price(id)
}

#[cached(ttl = "5m", skip(plan))]
async fn skipped(id: u64, plan: &(dyn Plan + 'static)) -> u64 {
    plan.price(id)
}

fn main() {}
