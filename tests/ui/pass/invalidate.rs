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

pub struct Tenant {
    pub name: String,
}

/// What is named of an argument is not taken from it.
#[cache_invalidate(namespaces = [tenant.name], tags = [tenant.name])]
pub async fn of_a_tenant(tenant: Tenant) -> Tenant {
    tenant
}

#[derive(Debug, cache_runtime::CacheTag)]
pub struct UserTag(pub u64);

/// Any number of tags and entries, before the body has the ids, and what it returned.
#[cache_invalidate(
    tags = ids.iter().map(|id| UserTag(*id)),
    entries = ids.iter().map(|id| counted_entry(*id)),
    tags_from = |found: &Vec<u64>| found.iter().map(|id| UserTag(*id)).collect::<Vec<_>>(),
)]
pub async fn of_many(ids: Vec<u64>) -> Result<Vec<u64>, String> {
    Ok(ids)
}

/// Stale in place of invalid.
#[cache_invalidate(
    tags = ["user:{id}"],
    entries = [user_entry(id)],
    namespaces = ["user"],
    tags_from = |found| [UserTag(*found)],
    expire,
    on = "ok"
)]
pub async fn soften(id: u64) -> Result<u64, String> {
    Ok(id)
}

/// Its future is `Send` in a transaction, too.
pub fn in_a_transaction() -> impl Future<Output = Result<(), cache_runtime::CacheError>> + Send {
    async {
        let (_, invalidations) = cache_runtime::deferred(soften(1)).await;
        invalidations.after_commit().await
    }
}

#[cached(ttl = "5m")]
pub async fn counted(id: u64) -> u64 {
    id
}
