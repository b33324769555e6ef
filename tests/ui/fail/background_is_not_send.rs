//! An argument that can't go into a task.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "10m", refresh = "background", skip(db))]
async fn user(db: std::rc::Rc<u64>, id: u64) -> u64 {
    *db + id
}

fn main() {}
