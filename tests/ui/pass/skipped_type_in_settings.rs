//! A skipped type parameter that the settings name is a parameter of the companion.

use std::time::Duration;

use cache_runtime::{CacheError, cached};

pub trait Kind {
    const TTL: Duration;
    fn tag() -> String;
}

pub struct Row;

impl Kind for Row {
    const TTL: Duration = Duration::from_secs(60);
    fn tag() -> String {
        "row".to_owned()
    }
}

#[cached(ttl = T::TTL, skip(T))]
pub async fn lasting<T: Kind>(id: u32) -> u32 {
    id
}

#[cached(ttl = "5m", tags = [T::tag()], skip(kind, T))]
pub async fn tagged<T: Kind>(kind: &T, id: u32) -> u32 {
    let _ = kind;
    id
}

pub async fn use_them() -> Result<(), CacheError> {
    lasting::<Row>(1).await;
    tagged(&Row, 1).await;
    lasting_entry::<Row>(1).invalidate().await?;
    tagged_entry::<Row>(1).invalidate().await
}
