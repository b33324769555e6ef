//! Programs to run and to learn from: `cargo run --example quickstart`, then `catalog` and `dashboard`.
