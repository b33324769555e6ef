//! `older`: the body is given the value that it replaces, and may return it again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache_runtime::{Cache, CacheKey, Cacheable, bypass, cached};
use serde::{Deserialize, Serialize};

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Page {
    etag: u32,
    text: String,
}

/// A server that sends a page only to who has another.
#[derive(Debug, Default)]
struct Site {
    etag: Mutex<u32>,
    /// What each request had.
    seen: Mutex<Vec<Option<u32>>>,
    is_down: Mutex<bool>,
}

impl Site {
    fn get(&self, known: Option<u32>) -> Result<Option<Page>, String> {
        self.seen.lock().unwrap().push(known);
        if *self.is_down.lock().unwrap() {
            return Err("down".to_owned());
        }
        let etag = *self.etag.lock().unwrap();
        let text = format!("page {etag}");
        Ok((known != Some(etag)).then_some(Page { etag, text }))
    }

    fn seen(&self) -> Vec<Option<u32>> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

#[cached(ns = "p", ttl = "1m", stale = "1h", jitter = 0.0, older = previous, skip(site, reload), fresh = reload)]
async fn page(site: &Site, id: u32, reload: bool) -> Result<Page, String> {
    let _ = (id, reload);
    let etag = previous.as_ref().map(|page: &Page| page.etag);
    match site.get(etag)? {
        Some(page) => Ok(page),
        // Not modified.
        None => previous.ok_or_else(|| "nothing to keep".to_owned()),
    }
}

#[cached(
    ns = "b",
    ttl = "40ms",
    stale = "1h",
    refresh = "background",
    older = previous,
    skip(site)
)]
async fn in_background(site: Arc<Site>, id: u32) -> Page {
    let _ = id;
    let page = site.get(previous.as_ref().map(|page| page.etag));
    page.ok().flatten().or(previous).unwrap()
}

struct Repo<'a>(&'a Site);

impl Repo<'_> {
    #[cached(ttl = "1m", stale = "1h", jitter = 0.0, key = id, skip(self), older = before)]
    async fn latest<T: CacheKey + Cacheable + Default>(&self, id: T) -> Option<(T, u32)> {
        let etag = before.flatten().map(|(_, etag)| etag);
        let found = self.0.get(etag).ok()?;
        found
            .map(|page| (id, page.etag))
            .or(Some((T::default(), 99)))
    }
}

#[tokio::test]
async fn the_body_is_given_what_it_replaces_and_may_keep_it() {
    let ((cache, clock), site) = (on_a_clock(), Site::default());
    let get = async || cache.scope(page(&site, 1, false)).await;
    let first = get().await.unwrap();
    clock.advance(MINUTE);
    assert_eq!(get().await.unwrap(), first);
    assert_eq!(site.seen(), [None, Some(0)]);
    clock.advance(MINUTE - Duration::from_millis(1));
    get().await.unwrap();
    assert_eq!(site.seen(), [], "not modified is as good as loaded");
    *site.etag.lock().unwrap() = 7;
    clock.advance(MINUTE);
    assert_eq!(get().await.unwrap().etag, 7);
    assert_eq!(site.seen(), [Some(0)]);
    assert_eq!(cache.scope(page(&site, 1, true)).await.unwrap().etag, 7);
    assert_eq!(site.seen(), [Some(7)], "a reload has it too");
}

#[tokio::test]
async fn what_was_invalidated_or_is_too_old_is_not_given_to_anyone() {
    let ((cache, clock), site) = (on_a_clock(), Site::default());
    let get = async || cache.scope(page(&site, 1, false)).await.unwrap();
    get().await;
    cache
        .scope(async { page_entry(1).invalidate().await })
        .await
        .unwrap();
    get().await;
    cache.scope(bypass(page(&site, 1, false))).await.unwrap();
    clock.advance(61 * MINUTE);
    get().await;
    assert_eq!(site.seen(), [None; 4]);
    cache
        .scope(async { page_entry(1).expire().await })
        .await
        .unwrap();
    get().await;
    assert_eq!(site.seen(), [Some(0)], "expired by hand is old, and valid");
}

#[tokio::test]
async fn where_the_load_fails_the_older_value_is_served_as_ever() {
    let ((cache, clock), site) = (on_a_clock(), Site::default());
    let get = async || cache.scope(page(&site, 1, false)).await;
    let first = get().await;
    clock.advance(MINUTE);
    *site.is_down.lock().unwrap() = true;
    assert_eq!(get().await, first);
    clock.advance(MINUTE);
    *site.is_down.lock().unwrap() = false;
    assert_eq!(get().await, first);
    assert_eq!(site.seen(), [None, Some(0), Some(0)]);
}

#[tokio::test]
async fn a_task_is_given_what_another_process_stored() {
    let (server, site) = (server().await, Arc::new(Site::default()));
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let (here, there) = (cache(), cache());
    here.scope(in_background(Arc::clone(&site), 1)).await;
    *site.etag.lock().unwrap() = 5;
    until(LIMIT, async || {
        let site = Arc::clone(&site);
        there.scope(in_background(site, 1)).await.etag == 5
    })
    .await;
    let seen = site.seen();
    assert_eq!(seen[..2], [None, Some(0)], "{seen:?}");
}

#[tokio::test]
async fn a_reload_is_given_what_redis_has_and_is_valid() {
    let (server, site) = (server().await, Site::default());
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let (here, there) = (cache(), cache());
    here.scope(page(&site, 1, false)).await.unwrap();
    *site.etag.lock().unwrap() = 3;
    assert_eq!(there.scope(page(&site, 1, true)).await.unwrap().etag, 3);
    assert_eq!(there.scope(page(&site, 1, true)).await.unwrap().etag, 3);
    assert_eq!(site.seen(), [None, Some(0), Some(3)]);
    // One that was not told of it yet, either.
    here.scope(page(&site, 1, false)).await.unwrap();
    site.seen();
    there
        .scope(async { page_entry(1).invalidate().await })
        .await
        .unwrap();
    here.scope(page(&site, 1, true)).await.unwrap();
    assert_eq!(site.seen(), [None]);
}

#[tokio::test]
async fn a_generic_method_has_it_by_its_own_type() {
    let ((cache, clock), site) = (on_a_clock(), Site::default());
    let get = async || cache.scope(Repo(&site).latest(7_u8)).await;
    assert_eq!(get().await, Some((7, 0)));
    clock.advance(MINUTE);
    assert_eq!(get().await, Some((0, 99)));
    assert_eq!(site.seen(), [None, Some(0)]);
}
