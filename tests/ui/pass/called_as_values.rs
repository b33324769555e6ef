//! Annotated fns as values: in variables, given to others, joined, spawned, by their paths.

use cache_runtime::{Entry, cached};

#[cached(ttl = "5m")]
pub async fn user(id: u32) -> u32 {
    id
}

#[cached(ttl = "5m", skip(read))]
pub async fn through<F, Fut>(read: F, id: u32) -> u32
where
    F: Fn(u32) -> Fut,
    Fut: Future<Output = u32>,
{
    read(id).await
}

pub struct Users;

impl Users {
    #[cached(ttl = "5m", skip(self))]
    pub async fn find(&self, id: u32) -> u32 {
        id
    }
}

pub async fn use_them() -> u32 {
    let by_name = user;
    let entry_of: fn(u32) -> Entry<u32> = user_entry;
    let futures: Vec<_> = [1, 2].into_iter().map(user).collect();
    let entries: Vec<_> = [1, 2].map(user_entry).into_iter().collect();
    let (first, second) = tokio::join!(by_name(1), Users::find(&Users, 2));
    let spawned = tokio::spawn(user(3)).await.unwrap_or_default();
    let boxed: Box<dyn Future<Output = u32> + Send> = Box::new(user(4));
    drop((entry_of(1), futures, entries, boxed));
    through(user, 5).await + first + second + spawned
}
