//! A companion that its author shows to its own module alone.

use cache_runtime::cached;

mod users {
    #[super::cached(ttl = "5m", entry_vis = "")]
    pub async fn user(id: u64) -> u64 {
        id
    }
}

async fn clear() -> Result<(), cache_runtime::CacheError> {
    users::user_entry(7).invalidate().await
}

fn main() {}
