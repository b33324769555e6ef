//! Every mistake is reported at once.

use cache_runtime::cached;

#[cached(tll = "5m", ns = "", version = 0, tags = ["{nobody}"], skip(nothing))]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
