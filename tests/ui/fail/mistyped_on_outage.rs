//! Another argument that is mistyped.

use cache_runtime::cached;

#[cached(ttl = "5m", on_outrage = "serve")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
