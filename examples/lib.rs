//! Programs to run and to learn from: `cargo run --example quickstart`, then `catalog`, `dashboard` and `leaderboard`; and `cargo run --bin gateway`.
