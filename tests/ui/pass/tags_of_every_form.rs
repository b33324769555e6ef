//! Tags in every form: templates with formats and paths, constants, calls, macros, conditions, clones.

use std::borrow::Cow;
use std::sync::Arc;

use cache_runtime::{CacheTag, Tag, cache_invalidate, cached};

pub const ALL: &str = "all";

pub struct User {
    pub id: u64,
    pub org: Org,
    pub pair: (u32, u32),
}

pub struct Org {
    pub name: String,
}

#[derive(Clone, Debug, CacheTag)]
pub enum Shown {
    Page(u64),
    Everything,
}

fn tag_of(user: &User) -> Tag {
    Tag::from(&user.org.name)
}

#[cached(
    ttl = "5m",
    key = user.id,
    tags = [
        "plain",
        r"raw:{user.id}",
        r#"raw:"{user.org.name}""#,
        "format:{user.id:08x}:{user.org.name:>10}",
        "tuple:{user.pair.0}:{user.pair.1}",
        "größe:{user.id}",
        ALL,
        tag_of(user),
        Shown::Page(user.id),
        Shown::Everything,
        user.org.name,
        user.org.name.clone(),
        user.org.name.as_str(),
        &user.org.name,
        format!("made:{}", user.id),
        concat!("con", "cat"),
        Cow::Borrowed("cow"),
        if user.id > 7 { "many" } else { "few" },
        match user.pair { (0, _) => "zero", _ => "more" },
        { let id = user.id; Tag::from(format!("block:{id}")) },
    ],
)]
pub async fn all(user: &User) -> u64 {
    user.id
}

#[cached(ttl = "5m", tags = [])]
pub async fn none(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", tags = [shared, borrowed, cow, shown], skip(shown))]
pub async fn arguments(
    shared: Arc<str>,
    borrowed: &String,
    cow: Cow<'_, str>,
    shown: Shown,
) -> usize {
    drop(shown);
    shared.len() + borrowed.len() + cow.len()
}

#[cache_invalidate(
    tags = [ALL, "format:{user.id:08x}:{user.org.name:>10}", tag_of(&user), user.org.name, Shown::Page(user.id)],
    namespaces = [ALL, "users", format!("made-{}", user.id), user.org.name.as_str()],
)]
pub async fn clears(user: User) -> User {
    user
}
