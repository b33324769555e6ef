//! A test of a hit that looks at an argument which can't be cloned.

use cache_runtime::cached;

struct Model {
    version: u64,
}

#[cached(ttl = "5m", valid_if = |value| *value == model.version, skip(model))]
async fn predict(model: Model, id: u64) -> u64 {
    id + model.version
}

fn main() {}
