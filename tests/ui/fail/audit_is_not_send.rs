//! A task can't have what is no `Send`.

use std::rc::Rc;

use cache_runtime::cached;

#[cached(ttl = "5m", audit = 0.001)]
async fn user(id: u64) -> u64 {
    let id = Rc::new(id);
    tokio::task::yield_now().await;
    *id
}

fn main() {}
