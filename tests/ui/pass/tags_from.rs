//! Tags from the loaded value: closures and paths, on every kind of fn.

use std::io;

use cache_runtime::{CacheError, Tag, cached};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    pub org: u64,
    pub groups: Vec<String>,
}

impl User {
    fn found(org: u64) -> Self {
        Self {
            org,
            groups: vec!["staff".to_owned()],
        }
    }

    fn tags(&self) -> impl Iterator<Item = Tag> {
        self.groups.iter().map(Tag::from)
    }
}

fn org(user: &User) -> [String; 1] {
    [format!("org:{}", user.org)]
}

// Of a `Result`, the closure sees the value of `Ok`.
#[cached(ttl = "5m", tags = ["user:{id}"], tags_from = |user| [format!("org:{}", user.org)])]
pub async fn made(id: u64) -> Result<User, io::Error> {
    Ok(User::found(id))
}

#[cached(ttl = "5m", tags_from = |user| &user.groups)]
pub async fn borrowed(id: u64) -> User {
    User::found(id)
}

#[cached(ttl = "5m", tags_from = |user: &Option<User>| user.iter().map(|user| user.groups[0].as_str()))]
pub async fn typed(id: u64) -> Option<User> {
    Some(User::found(id))
}

#[cached(ttl = "5m", tags_from = org)]
pub async fn by_fn(id: u64) -> User {
    User::found(id)
}

// An argument's name inside the closure is the closure's own, or no variable at all.
#[cached(ttl = "5m", tags_from = |id| [Tag::from(id.to_string())])]
pub async fn shadowed(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", tags_from = |user| {
    let org = org(user);
    org.into_iter().chain(vec![format!("{groups}", groups = user.groups.iter().map(|id| id.as_str()).collect::<String>())])
})]
pub async fn elsewhere(id: u64, groups: u64) -> User {
    User::found(id + groups)
}

pub trait Tagged {
    fn tag(&self) -> String;
}

#[cached(ttl = "5m", skip(_source, S), tags_from = |found| found.iter().map(Tagged::tag))]
pub async fn generic<T, S, const N: usize>(part: [T; N], _source: &S) -> Vec<T>
where
    T: Tagged
        + cache_runtime::CacheKey
        + Clone
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static,
    S: Sync,
{
    part.to_vec()
}

pub struct Users;

impl Users {
    const PREFIX: &'static str = "org";

    fn org(user: &User) -> Option<Tag> {
        Some(Tag::from(format!("{}:{}", Self::PREFIX, user.org)))
    }

    #[cached(ttl = "5m", skip(self), tags_from = User::tags)]
    pub async fn method(&self, id: u64) -> User {
        User::found(id)
    }

    #[cached(ttl = "5m", tags_from = Self::org)]
    pub async fn associated(id: u64) -> User {
        User::found(id)
    }
}

pub trait Find {
    fn find(&self, id: u64) -> impl Future<Output = Result<User, io::Error>>;
}

impl Find for Users {
    #[cached(ttl = "5m", skip(self), entry = false, tags_from = |user| vec![Self::PREFIX, &user.groups[0]])]
    async fn find(&self, id: u64) -> Result<User, io::Error> {
        Ok(User::found(id))
    }
}

#[async_trait::async_trait]
pub trait Boxed {
    async fn find(&self, id: u64) -> Result<User, io::Error>;
}

#[async_trait::async_trait]
impl Boxed for Users {
    #[cached(ttl = "5m", skip(self), tags_from = org)]
    async fn find(&self, id: u64) -> Result<User, io::Error> {
        Ok(User::found(id))
    }
}

macro_rules! tagged {
    ($name:ident, $tags:expr) => {
        #[cached(ttl = "5m", tags_from = $tags)]
        pub async fn $name(id: u64) -> User {
            User::found(id)
        }
    };
}

tagged!(from_a_macro, |user| user.tags());

pub async fn use_them() -> Result<(), CacheError> {
    let user = User::found(7);
    made_entry(1).put(user.clone()).await?;
    borrowed_entry(1).put(user.clone()).await?;
    typed_entry(1).put(Some(user.clone())).await?;
    by_fn_entry(1).put(user.clone()).await?;
    shadowed_entry(1).put(1).await?;
    from_a_macro_entry(1).put(user.clone()).await?;
    Users::method_entry(1).put(user.clone()).await?;
    Users::associated_entry(1).put(user).await
}
