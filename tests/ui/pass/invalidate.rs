//! `#[cache_invalidate]`: tags, entries, namespaces, before, on success only, borrowed returns.

use cache_runtime::{Cache, cache_invalidate, cached};

pub struct Users {
    cache: Cache,
    name: String,
}

#[cached(ttl = "5m")]
pub async fn user(id: u64) -> u64 {
    id
}

#[cache_invalidate(tags = ["user:{id}"], entries = [user_entry(id)], before, on = "ok")]
pub async fn rename(id: u64, name: &str) -> Result<(), std::num::ParseIntError> {
    let _: u64 = name.parse()?;
    Ok(())
}

impl Users {
    #[cache_invalidate(namespaces = ["user", format!("user-{kind}")], cache = self.cache)]
    pub async fn set<'a>(&'a mut self, kind: u8, name: String) -> &'a str {
        self.name = format!("{kind}{name}");
        &self.name
    }

    #[cache_invalidate(tags = ["all"])]
    pub async fn clear((a, _): (u8, u8)) {
        let _ = a;
    }
}
