//! Who refreshes, when, and how long a load may take.

use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{LoadTimeout, Policy, cached};

pub struct Db;

#[derive(Debug)]
pub struct DbError(pub LoadTimeout);

impl From<LoadTimeout> for DbError {
    fn from(timeout: LoadTimeout) -> Self {
        Self(timeout)
    }
}

pub type Outcome<T> = Result<T, DbError>;

pub struct Limits;

impl Limits {
    const EARLY: f64 = 1.5;
    const LIMIT: Duration = Duration::from_secs(2);

    #[cached(ttl = "5m", early = Self::EARLY, jitter = 0.2, load_timeout = Self::LIMIT, skip(self))]
    pub async fn of(&self, id: u64) -> Result<u64, DbError> {
        Ok(id)
    }

    #[cached(ttl = "5m", early = 1.0, refresh = "background", skip(self))]
    pub async fn shared(self: Arc<Self>, id: u64) -> u64 {
        id
    }
}

#[cached(
    ttl = "5m",
    stale = "10m",
    refresh = "background",
    load_timeout = 2,
    skip(db)
)]
pub async fn user(db: Arc<Db>, name: String, keys: &'static str) -> Result<String, DbError> {
    let _ = db;
    Ok(name + keys)
}

#[cached(ttl = "5m", load_timeout = "500ms", fallible)]
pub async fn under_another_name(id: u64) -> Outcome<u64> {
    Ok(id)
}

#[cached(ttl = "5m", stale = "10m", refresh = "background", skip(find))]
pub async fn by<F: Fn(u64) -> u64 + Send + 'static>(find: F, id: u64) -> u64 {
    find(id)
}

#[cached(ttl = "5m", stale = "10m", load_timeout = "2s", skip(db))]
pub async fn borrowed(db: &Db, name: &str) -> Result<String, Box<dyn std::error::Error>>
where
    Db: Sized,
{
    let _ = db;
    Ok(name.to_owned())
}

pub static BY_HAND: Policy = Policy::new(Duration::from_secs(300)).jitter(0.0).early(1.0);

fn is_send<F: Future + Send>(future: F) -> F {
    future
}

#[test]
fn what_a_task_runs_is_send() {
    drop(is_send(user(Arc::new(Db), String::new(), "keys")));
    drop(is_send(borrowed(&Db, "name")));
    drop(is_send(Arc::new(Limits).shared(1)));
    drop(by(|n| n, 1));
}
