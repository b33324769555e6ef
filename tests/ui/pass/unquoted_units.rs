//! Durations without quotes, and a key that all calls share because it says so.

#![deny(warnings)]

use cache_runtime::{LoadTimeout, cached};

#[derive(Clone)]
struct Slow;

impl From<LoadTimeout> for Slow {
    fn from(_: LoadTimeout) -> Self {
        Self
    }
}

#[cached(ttl = 300ms, stale = 5m, wait = 1h, load_timeout = 2s)]
async fn user(id: u64) -> Result<u64, Slow> {
    Ok(id)
}

#[cached(ttl = 300u64, key = ())]
async fn one_for_all(_id: u64) -> u64 {
    7
}

#[cached(ttl = 1d, skip(names))]
async fn fills(id: u64, names: &mut Vec<String>) -> u64 {
    names.push(id.to_string());
    id
}

#[test]
fn they_are_called_like_any() {
    drop((user(1), one_for_all(2), fills(3, &mut Vec::new())));
}
