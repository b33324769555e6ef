//! Times in every form: each unit, several of them, constants of every type, and none at all.

use std::time::Duration;

use cache_runtime::{LoadTimeout, cached};

const SECONDS: u64 = 60;
const FEW: u32 = 5;
const TIME: Duration = Duration::from_millis(1_500);

mod times {
    pub(super) const LONG: std::time::Duration = std::time::Duration::from_secs(3_600);
    pub(super) const fn of(minutes: u64) -> std::time::Duration {
        std::time::Duration::from_secs(minutes * 60)
    }
}

#[cached(ttl = "1w2d3h4m5s6ms", stale = "1w", wait = "1s", load_timeout = "1m")]
pub async fn units(id: u64) -> Result<u64, LoadTimeout> {
    Ok(id)
}

#[cached(ttl = SECONDS, stale = SECONDS * 10, wait = TIME, none_ttl = TIME)]
pub async fn constants(id: u64) -> Option<u64> {
    Some(id)
}

#[cached(ttl = times::LONG, stale = times::of(7), error_ttl = times::of(1))]
pub async fn paths(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(ttl = Duration::from_secs(60), wait = Duration::from_millis(50), stale = Duration::ZERO)]
pub async fn calls(id: u64) -> u64 {
    id
}

#[cached(ttl = FEW as u64 * 60, wait = 2 + 3)]
pub async fn expressions(id: u64) -> u64 {
    id
}

#[cached(ttl = "forever", stale = 1_000, wait = 0x10)]
pub async fn numbers(id: u64) -> u64 {
    id
}

#[cached(ttl = "60s", stale = "1h30m", wait = r"5s")]
pub async fn texts(id: u64) -> u64 {
    id
}

pub struct Repo<const TTL: u64>;

impl<const TTL: u64> Repo<TTL> {
    #[cached(ttl = TTL, key = (TTL, id))]
    pub async fn of_a_parameter(id: u64) -> u64 {
        id
    }
}
