//! Names and texts outside of ASCII.

use cache_runtime::{CacheError, CacheKey, CacheTag, cache_invalidate, cached};

#[derive(Clone, Debug, CacheKey, CacheTag)]
pub struct Größe {
    pub höhe: u32,
}

#[cached(
    ns = "größe",
    ttl = "5m",
    tags = ["höhe:{größe.höhe}", "名:{名}", größe],
    key = "{größe.höhe}×{名}",
)]
pub async fn größe_von(größe: Größe, 名: &str) -> String {
    format!("{}{名}", größe.höhe)
}

#[cache_invalidate(tags = ["höhe:{größe.höhe}", größe], namespaces = ["größe"])]
pub async fn ändere(größe: Größe) -> u32 {
    größe.höhe
}

pub async fn leere() -> Result<(), CacheError> {
    größe_von_entry(Größe { höhe: 7 }, "名").invalidate().await
}
