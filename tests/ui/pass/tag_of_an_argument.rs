//! A tag that is an argument, or a field of one, leaves it to the body.

use std::sync::Arc;

use cache_runtime::{CacheKey, Tag, cache_invalidate, cached};

#[derive(Clone, CacheKey)]
pub struct User {
    pub name: String,
    pub org: Arc<str>,
}

pub struct Tenant {
    tag: Tag,
}

#[cached(ttl = "5m", tags = [name, user.org, user.name, text, whole])]
pub async fn find(name: String, user: User, text: &str, whole: &String) -> String {
    let User { name: other, .. } = user;
    name + &other + text + whole
}

#[cached(ttl = "5m", tags = [name], skip(name))]
pub async fn skipped(name: String) -> String {
    name
}

impl Tenant {
    #[cached(ttl = "5m", skip(self), tags = [self.tag])]
    pub async fn size(&self, id: u32) -> u32 {
        id
    }

    #[cache_invalidate(tags = [self.tag, name])]
    pub async fn rename(&self, name: String) -> String {
        name
    }
}
