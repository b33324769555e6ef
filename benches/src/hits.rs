//! A hit in memory as a program has it: from an annotated function with two arguments, a ttl and a
//! bound, in one thread and in two, beside what people would use in its place.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use cache_runtime::{Cache, Policy, cached};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::rounds::{Contender, alternate, figure};

const CALLS: u64 = 1_000_000;
const KEYS: u64 = 64;
const REGION: &str = "eu-west";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    mail: String,
    city: String,
    age: u32,
    score: f64,
    admin: bool,
    seen: Option<u64>,
}

fn user(id: u64) -> User {
    User {
        id,
        name: format!("user {id}"),
        mail: format!("user.{id}@example.org"),
        city: "Lisbon".to_owned(),
        age: 40,
        score: 0.5,
        admin: false,
        seen: Some(id),
    }
}

async fn plain(id: u64, region: &str) -> Arc<User> {
    thread_local! {
        static USER: Arc<User> = Arc::new(user(1));
    }
    black_box((id, region));
    USER.with(Arc::clone)
}

#[cached(ns = "hits", ttl = "1h")]
async fn shared(id: u64, region: &str) -> Arc<User> {
    let _ = region;
    Arc::new(user(id))
}

#[cached(ns = "hits", ttl = "1h", tags = ["user:{id}", "all"])]
async fn tagged(id: u64, region: &str) -> Arc<User> {
    let _ = region;
    Arc::new(user(id))
}

#[cached(ns = "hits", ttl = "1h")]
async fn owned(id: u64, region: &str) -> User {
    let _ = region;
    user(id)
}

#[cached(ns = "hits", ttl = "1h", skip(_kind))]
async fn generic<K>(id: u64, region: &str, _kind: K) -> Arc<User> {
    let _ = region;
    Arc::new(user(id))
}

async fn by_hand(cache: &Cache, policy: &Policy, id: u64) -> Arc<User> {
    let load = async { Ok::<_, std::convert::Infallible>(Arc::new(user(id))) };
    match cache.get_or_load("hits", &(id, REGION), policy, load).await {
        Ok(user) => user,
        Err(never) => match never {},
    }
}

#[cfg(feature = "peers")]
mod peers {
    use std::sync::Arc;

    use cached::macros::concurrent_cached;

    use super::{User, user};

    #[concurrent_cached(
        max_size = 10_000,
        ttl_secs = 3600,
        key = "(u64, String)",
        convert = r#"{ (id, region.to_owned()) }"#
    )]
    pub(super) async fn cached_shared(id: u64, region: &str) -> Arc<User> {
        let _ = region;
        Arc::new(user(id))
    }

    #[concurrent_cached(
        max_size = 10_000,
        ttl_secs = 3600,
        key = "(u64, String)",
        convert = r#"{ (id, region.to_owned()) }"#
    )]
    pub(super) async fn cached_owned(id: u64, region: &str) -> User {
        let _ = region;
        user(id)
    }

    pub(super) type Moka = moka::future::Cache<(u64, String), Arc<User>>;

    pub(super) async fn by_moka(cache: &Moka, id: u64, region: &str) -> Arc<User> {
        let load = async { Arc::new(user(id)) };
        cache.get_with((id, region.to_owned()), load).await
    }
}

pub(crate) fn run() {
    let cache = Cache::memory();
    // As most programs have it.
    cache.install().expect("no other suite installs one");
    let policy = Policy::new(std::time::Duration::from_secs(3600));
    #[cfg(feature = "peers")]
    let moka = moka::future::Cache::builder()
        .max_capacity(10_000)
        .time_to_live(std::time::Duration::from_secs(3600))
        .build();
    #[cfg_attr(
        not(feature = "peers"),
        expect(unused_mut, reason = "without peers it is all")
    )]
    let mut rows: Vec<Contender<'_>> = vec![
        row("plain_fn", || each(1, |id| plain(id, REGION))),
        row("shared", || each(1, |id| shared(id, REGION))),
        row("shared_2_threads", || each(2, |id| shared(id, REGION))),
        row("two_tags", || each(1, |id| tagged(id, REGION))),
        row("owned", || each(1, |id| owned(id, REGION))),
        row("generic_first", || each(1, |id| generic(id, REGION, ()))),
        row("generic_second", || {
            each(1, |id| generic(id, REGION, String::new()))
        }),
        row("get_or_load", || each(1, |id| by_hand(&cache, &policy, id))),
    ];
    #[cfg(feature = "peers")]
    rows.extend([
        row("cached_shared", || {
            each(1, |id| peers::cached_shared(id, REGION))
        }),
        row("cached_shared_2_threads", || {
            each(2, |id| peers::cached_shared(id, REGION))
        }),
        row("cached_owned", || {
            each(1, |id| peers::cached_owned(id, REGION))
        }),
        row("moka_shared", || {
            each(1, |id| peers::by_moka(&moka, id, REGION))
        }),
        row("moka_shared_2_threads", || {
            each(2, |id| peers::by_moka(&moka, id, REGION))
        }),
    ]);
    let names: Vec<String> = rows.iter().map(|row| row.name.to_owned()).collect();
    let medians = alternate("hits", "ns", rows);
    let of = |name: &str| {
        let at = names.iter().position(|known| known == name);
        at.map(|at| medians[at])
    };
    for (over, under) in [
        ("two_tags", "shared"),
        ("generic_second", "generic_first"),
        ("get_or_load", "shared"),
        ("shared", "cached_shared"),
        ("shared_2_threads", "cached_shared_2_threads"),
        ("owned", "cached_owned"),
    ] {
        if let (Some(one), Some(other)) = (of(over), of(under)) {
            figure(&format!("hits.{over}_over_{under}"), one / other, "ratio");
        }
    }
}

fn row<'a>(name: &'a str, round: impl FnMut() -> f64 + 'a) -> Contender<'a> {
    let round = Box::new(round);
    Contender { name, round }
}

/// Nanoseconds a call, of so many threads at once, each in a runtime of its own.
fn each<F: Future>(threads: u64, call: impl Fn(u64) -> F + Sync) -> f64 {
    let one = || {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            for id in (0..KEYS).chain(0..KEYS) {
                black_box(call(id).await);
            }
            let start = Instant::now();
            for n in 0..CALLS {
                black_box(call(black_box(n % KEYS)).await);
            }
            start.elapsed().as_nanos() as f64 / CALLS as f64
        })
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let figures = running.into_iter().map(|one| one.join().expect("a round"));
        figures.sum::<f64>() / threads as f64
    })
}
