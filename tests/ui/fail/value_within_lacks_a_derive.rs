//! A type within the value that can be written and not read.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize)]
pub struct Role(pub u64);

#[derive(Clone, Serialize, Deserialize)]
pub struct User<R> {
    pub roles: Vec<R>,
}

#[cached(ttl = "5m", stale = "10m", refresh = "background")]
pub async fn user(id: u64) -> Result<Option<User<Role>>, String> {
    let _ = id;
    Ok(None)
}

fn main() {}
