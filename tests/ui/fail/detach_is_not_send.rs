//! A body that no task can have.

use std::rc::Rc;

use cache_runtime::cached;

#[cached(ttl = "5m", detach)]
async fn user(id: u64) -> u64 {
    let local = Rc::new(id);
    tokio::task::yield_now().await;
    *local
}

fn main() {}
