//! A hit in memory as a program has it: from an annotated function with two arguments, a ttl and a
//! bound, in one thread and in two, beside what people would use in its place.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, Policy, cached};
use tokio::runtime::Builder;

#[cfg(feature = "peers")]
use crate::peers;
use crate::report::figure;
use crate::rounds::{Contender, alternate};
use crate::user::{User, shared_user, user};

const CALLS: u64 = 1_000_000;
const KEYS: u64 = 64;
const REGION: &str = "eu-west";

/// How many threads call at once.
const ROWS: [(u64, &str); 2] = [(1, "arc_1_thread"), (2, "arc_2_threads")];

async fn plain(id: u64, region: &str) -> Arc<User> {
    thread_local! {
        static USER: Arc<User> = shared_user(1);
    }
    black_box((id, region));
    USER.with(Arc::clone)
}

#[cached(ns = "hits", ttl = "1h")]
async fn arc(id: u64, region: &str) -> Arc<User> {
    let _ = region;
    shared_user(id)
}

#[cached(ns = "hits", ttl = "1h", tags = ["user:{id}", "all"])]
async fn tagged(id: u64, region: &str) -> Arc<User> {
    let _ = region;
    shared_user(id)
}

#[cached(ns = "hits", ttl = "1h")]
async fn owned(id: u64, region: &str) -> User {
    let _ = region;
    user(id)
}

#[cached(ns = "hits", ttl = "1h", skip(_kind))]
async fn generic<K>(id: u64, region: &str, _kind: K) -> Arc<User> {
    let _ = region;
    shared_user(id)
}

async fn by_hand(cache: &Cache, policy: &Policy, id: u64) -> Arc<User> {
    let load = async { Ok::<_, std::convert::Infallible>(shared_user(id)) };
    match cache.get_or_load("hits", &(id, REGION), policy, load).await {
        Ok(user) => user,
        Err(never) => match never {},
    }
}

pub(crate) fn run() {
    let cache = Cache::memory();
    // As most programs have it.
    cache.install().expect("no other suite installs one");
    let policy = Policy::new(Duration::from_secs(3_600));
    one_by_one(&cache, &policy);
    beside();
}

/// What an annotation's arguments add to a hit.
fn one_by_one(cache: &Cache, policy: &Policy) {
    let names = [
        "plain_fn",
        "untagged",
        "two_tags",
        "generic_first",
        "generic_second",
        "get_or_load",
    ];
    let rows = vec![
        Contender::new(names[0], || each(1, |id| plain(id, REGION))),
        Contender::new(names[1], || each(1, |id| arc(id, REGION))),
        Contender::new(names[2], || each(1, |id| tagged(id, REGION))),
        Contender::new(names[3], || each(1, |id| generic(id, REGION, ()))),
        Contender::new(names[4], || {
            each(1, |id| generic(id, REGION, String::new()))
        }),
        Contender::new(names[5], || each(1, |id| by_hand(cache, policy, id))),
    ];
    let medians = alternate("hits", "ns", rows);
    for (over, under) in [(2, 1), (4, 3), (5, 1)] {
        let name = format!("hits.{}_over_{}", names[over], names[under]);
        figure(&name, medians[over] / medians[under], "ratio");
    }
}

/// The rows that other libraries have too, and the bare store under the cache.
fn beside() {
    let bare = quick_cache::sync::Cache::<(u64, &str), Arc<User>>::new(10_000);
    (0..KEYS).for_each(|id| bare.insert((id, REGION), shared_user(id)));
    let bare_get = |id| {
        let user = bare.get(&(id, REGION));
        async { user.expect("a hit") }
    };
    for (threads, row) in ROWS {
        #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
        let mut rows = vec![
            Contender::new(format!("{row}.ours"), || {
                each(threads, |id| arc(id, REGION))
            }),
            Contender::new(format!("{row}.quick_cache"), || each(threads, bare_get)),
        ];
        #[cfg(feature = "peers")]
        rows.extend(peers_with_arcs(threads, row));
        alternate("hits", "ns", rows);
    }
    #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
    let mut rows = vec![Contender::new("owned.ours", || {
        each(1, |id| owned(id, REGION))
    })];
    #[cfg(feature = "peers")]
    rows.extend(peers_with_values());
    alternate("hits", "ns", rows);
}

#[cfg(feature = "peers")]
fn peers_with_arcs(threads: u64, row: &str) -> [Contender<'static>; 3] {
    let (moka, foyer) = (peers::moka::memory(), peers::foyer::memory());
    let name = |contender| format!("{row}.{contender}");
    [
        Contender::new(name("cached"), move || {
            each(threads, |id| peers::cached::arc(id, REGION))
        }),
        Contender::new(name("moka"), move || {
            each(threads, |id| peers::moka::arc(&moka, id, REGION))
        }),
        Contender::new(name("foyer"), move || {
            each(threads, |id| peers::foyer::arc(&foyer, id, REGION))
        }),
    ]
}

#[cfg(feature = "peers")]
fn peers_with_values() -> [Contender<'static>; 2] {
    let hitbox = peers::hitbox::memory();
    [
        Contender::new("owned.cached", || {
            each(1, |id| peers::cached::owned(id, REGION))
        }),
        // Its memory keeps bytes, so that it has no row of an Arc.
        Contender::new("owned.hitbox", move || {
            let call = |id| peers::hitbox::owned(id, REGION.to_owned()).cache(&hitbox);
            each(1, |id| call(id).into_future())
        }),
    ]
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
