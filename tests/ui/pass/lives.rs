//! Lives that use lengthens, bodies that are given what they replace, and companions seen by others than their fns.

use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Policy, cached};

const LONGEST: Duration = Duration::from_secs(86_400);
const HOT: Policy = Policy::new(Duration::from_secs(300)).stale(Duration::from_secs(60));

pub mod sessions {
    use cache_runtime::cached;

    #[cached(ttl = "30m", sliding = super::LONGEST, entry_vis = "pub(super)")]
    pub async fn session(id: u64) -> Option<u64> {
        Some(id)
    }

    #[cached(ttl = "30m", sliding = "forever", early = 1.0, entry = named, entry_vis = "pub(in crate::pass::lives)")]
    async fn session_of(id: &str) -> String {
        id.to_owned()
    }

    pub async fn of(id: &str) -> String {
        session_of(id).await
    }
}

pub async fn entries() -> bool {
    let _ = sessions::named("a");
    sessions::session_entry(1).get().await.is_some()
}

#[cached(ttl = "5m", stale = "1h", older = previous)]
pub async fn page(url: &str) -> Result<Arc<String>, std::io::Error> {
    match previous {
        Some(page) if page.ends_with(url) => Ok(page),
        _ => Ok(Arc::new(url.to_owned())),
    }
}

#[cached(policy = HOT, older = previous)]
pub async fn token(id: u64) -> Option<u64> {
    previous.flatten().map(|token: u64| token + id)
}

pub struct Pages<T>(T);

impl<T: Clone + Send + Sync + 'static> Pages<T> {
    #[cached(
        ttl = "5m",
        stale = "1h",
        refresh = "background",
        older = r#type,
        load_timeout = "1s",
        key = (std::any::type_name::<T>(), id),
        skip(self)
    )]
    pub async fn of(self: Arc<Self>, id: u64) -> Result<u64, cache_runtime::LoadTimeout> {
        let _ = &self.0;
        Ok(r#type.unwrap_or(id))
    }
}

const MOST: usize = 1_000;
const PRICE: f64 = 0.002;

#[cached(ttl = "5m", max_entries = MOST, priority = "high", cost_per_load = PRICE)]
pub async fn bounded(id: u64) -> u64 {
    id
}

#[cached(
    ttl = "5m",
    max_entries = 100,
    priority = "normal",
    cost_per_load = 1.5
)]
pub async fn bounded_by_numbers(id: u64) -> u64 {
    id
}
