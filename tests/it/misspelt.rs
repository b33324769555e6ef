//! What nobody would notice by its effect: an invalidation of a name that no function uses, and a
//! cache that no call uses. It is said once, and not where there may be a reason.

use cache_runtime::{Cache, cache_invalidate, cached};

use crate::alone;
use crate::log::Log;

const WARNED: &str = "spelt otherwise";
const TOLD: &str = "no function called here so far uses";

#[cached(ns = "accounts", ttl = "1h", tags = ["user:{id}", "everyone"], tags_from = |_| ["region:eu"])]
async fn account(id: u32) -> u32 {
    id
}

#[cache_invalidate(tags = ["usre:{id}"])]
async fn misspelt(id: u32) {}

#[tokio::test]
async fn a_tag_or_namespace_that_is_a_slip_away_from_a_known_one_is_warned_of_once() {
    let log = Log::default();
    let _guard = log.listen();
    let cache = Cache::memory();
    cache.scope(account(1)).await;
    for id in 1..4 {
        cache.tag(format!("usr:{id}")).invalidate().await.unwrap();
        cache.tag("regoin:eu").expire().await.unwrap();
        cache.namespace("acounts").invalidate().await.unwrap();
        cache.scope(misspelt(id)).await;
    }
    let warned = log.lines(WARNED);
    for (name, meant) in [
        ("usr", "user"),
        ("usre", "user"),
        ("regoin", "region"),
        ("acounts", "accounts"),
    ] {
        let said = format!("name=\"{name}\" meant=\"{meant}\"");
        let said: Vec<_> = warned.iter().filter(|line| line.contains(&said)).collect();
        assert_eq!(said.len(), 1, "{name}: {warned:?}");
        assert!(said[0].contains("WARN"), "{}", said[0]);
    }
    assert_eq!(warned.len(), 4, "{warned:?}");
}

#[tokio::test]
async fn what_others_may_use_is_no_more_than_a_detail() {
    let log = Log::default();
    let _guard = log.listen();
    let cache = Cache::memory();
    let invalidate = async || {
        for tag in ["user:1", "users", "order:7", "region:us", "everyone"] {
            cache.tag(tag).invalidate().await.unwrap();
        }
        cache.namespace("accounts").invalidate().await.unwrap();
        cache.namespace("orders").invalidate().await.unwrap();
    };
    // This process only invalidates so far.
    invalidate().await;
    assert_eq!(log.lines(TOLD), Vec::<String>::new());
    cache.scope(account(1)).await;
    invalidate().await;
    invalidate().await;
    assert_eq!(log.lines(WARNED), Vec::<String>::new());
    let told = log.lines(TOLD);
    assert_eq!(told.len(), 3, "users, order, orders: {told:?}");
    assert!(told.iter().all(|line| line.contains("DEBUG")), "{told:?}");
}

const UNUSED: &str = "was built and never used";
const MADE: &str = "none was installed";

/// What is said once a process is looked for in a process of the test's own.
#[test]
fn a_cache_that_was_not_installed_is_told_of_when_a_call_makes_another() {
    alone::run("misspelt::forgets_to_install", &[]);
}

#[test]
fn a_cache_that_is_used_is_not_told_of() {
    alone::run("misspelt::uses_what_it_builds", &[]);
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn forgets_to_install() {
    let log = Log::default();
    let _guard = log.listen();
    let forgotten = Cache::builder().prefix("shop").build().unwrap();
    account(1).await;
    account(2).await;
    let said = log.lines(MADE);
    assert_eq!(said.len(), 1, "{}", log.text());
    assert!(said[0].contains("WARN"), "{}", said[0]);
    assert_eq!(log.lines(UNUSED), Vec::<String>::new());
    drop(forgotten);
    assert_eq!(log.lines(UNUSED).len(), 1);
    drop(Cache::memory());
    assert_eq!(log.lines(UNUSED).len(), 1, "once a process");
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn uses_what_it_builds() {
    let log = Log::default();
    let _guard = log.listen();
    let used = Cache::memory();
    used.scope(account(1)).await;
    let invalidating = Cache::memory();
    invalidating.tag("user:1").invalidate().await.unwrap();
    // Nothing is built that is not used, so that the default is made without another is no mistake.
    account(1).await;
    let said = log.lines(MADE);
    assert!(said.len() == 1 && said[0].contains("DEBUG"), "{said:?}");
    drop((used, invalidating));
    assert_eq!(log.lines(UNUSED), Vec::<String>::new());
}
