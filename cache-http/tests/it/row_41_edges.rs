//! Row 41: what a browser and a CDN are told comes of the annotations; an invalidation reaches the CDN; assets for one year,
//! HTML at the CDN for five minutes.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cache_http::ResponseCache;
use cache_http::assets::StaticAssets;
use cache_http::hints::Hints;
use cache_http::purge::{Purge, Purged, Purger, Webhook};
use cache_runtime::{Cache, cached};
use http::Request;
use parking_lot::Mutex;
use tokio::net::TcpListener;

use crate::browser::{Answer, Browser};
use crate::children::{Process, variable};
use crate::{connected, server, wait_until};

/// What is true; a test has prices of its own.
static PRICES: [AtomicU32; 100] = [const { AtomicU32::new(0) }; 100];

#[cached(ns = "edges", key = "price:{id}", ttl = "60s", jitter = 0.0, tags = ["price:{id}"], cache = cache, skip(cache))]
async fn price(cache: &Cache, id: usize) -> Option<u32> {
    PRICES.get(id).map(|price| price.load(Ordering::SeqCst))
}

#[cached(ns = "edges", key = "rate", ttl = "10s", jitter = 0.0, tags = ["rate"], cache = cache, skip(cache))]
async fn rate(cache: &Cache) -> u32 {
    2
}

#[cached(ns = "edges", key = "fails", ttl = "10s", cache = cache, skip(cache))]
async fn fails(cache: &Cache) -> Result<u32, String> {
    Err("no".to_owned())
}

/// Says a price, and how often it was asked.
async fn show(State(cache): State<Cache>, Path(id): Path<usize>) -> Response {
    match price(&cache, id).await {
        Some(price) => price.to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn routes(cache: &Cache) -> Router {
    Router::new()
        .route("/price/{id}", get(show).post(show))
        .route(
            "/both/{id}",
            get(async |State(cache): State<Cache>, Path(id): Path<usize>| {
                let price = price(&cache, id).await.unwrap_or_default();
                (price * rate(&cache).await).to_string()
            }),
        )
        .route(
            "/says/{id}",
            get(async |State(cache): State<Cache>, Path(id): Path<usize>| {
                price(&cache, id).await;
                ([("cache-control", "max-age=7")], "its own")
            }),
        )
        .route(
            "/sets/{id}",
            get(async |State(cache): State<Cache>, Path(id): Path<usize>| {
                price(&cache, id).await;
                ([("set-cookie", "a=b")], "a cookie")
            }),
        )
        .route(
            "/fails",
            get(async |State(cache): State<Cache>| {
                fails(&cache).await.unwrap_or_default().to_string()
            }),
        )
        .route("/plain", get(async || "nothing is called"))
        .with_state(cache.clone())
}

/// What is said of how long, where what has passed meanwhile is not counted: of 60 s and of 10 s.
fn control(answer: &Answer) -> String {
    let said = answer.header("cache-control");
    let Some((before, seconds)) = said.split_once("s-maxage=") else {
        return said.to_owned();
    };
    let seconds = match seconds.parse().unwrap() {
        50..=60 => 60,
        1..=10 => 10,
        other => other,
    };
    format!("{before}s-maxage={seconds}")
}

async fn asked(app: &Router, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    Browser::new(app).ask(request).await
}

#[tokio::test]
async fn row_41_browsers_and_cdns_are_told_what_the_annotations_say() {
    let cache = Cache::memory();
    let app = routes(&cache).layer(Hints::new().tell_tags(true));
    let said =
        async |path: &str, fields: &[(&str, &str)]| control(&asked(&app, path, fields).await);
    let one = asked(&app, "/price/1", &[]).await;
    assert_eq!(control(&one), "max-age=0, s-maxage=60");
    assert_eq!(one.header("surrogate-key"), "price:1");
    assert_eq!(one.header("cache-tag"), "price:1");
    assert_eq!(one.header("cache-groups"), "\"price:1\"");
    let both = asked(&app, "/both/1", &[]).await;
    // The shortest, and all tags.
    assert_eq!(control(&both), "max-age=0, s-maxage=10");
    assert_eq!(both.header("surrogate-key"), "price:1 rate");
    // One that is not there is a value, too.
    assert_eq!(said("/price/1000", &[]).await, "max-age=0, s-maxage=60");
    assert_eq!(said("/says/1", &[]).await, "max-age=7");
    assert_eq!(said("/plain", &[]).await, "");
    assert_eq!(said("/fails", &[]).await, "no-cache");
    // Never across users.
    for field in [("cookie", "id=1"), ("authorization", "Basic eA==")] {
        assert_eq!(said("/price/1", &[field]).await, "private, no-cache");
    }
    assert_eq!(said("/sets/1", &[]).await, "private, no-cache");
    let posted = Browser::new(&app).post("/price/1").await;
    assert_eq!(control(&posted), "");
    let app = routes(&cache).layer(Hints::new().browser(Duration::from_secs(5)));
    let answer = asked(&app, "/price/1", &[]).await;
    assert_eq!(control(&answer), "max-age=5, s-maxage=60");
    assert_eq!(answer.header("surrogate-key"), "");
    let answer = asked(&app, "/price/1", &[("cookie", "id=1")]).await;
    assert_eq!(control(&answer), "private, max-age=5");
}

#[tokio::test]
async fn row_41_a_response_ends_with_the_tags_and_the_time_of_what_it_is_made_of() {
    let (server, one) = server().await;
    let other = connected(&server.url()).await;
    let app = |cache: &Cache| {
        routes(cache)
            .layer(Hints::new())
            .layer(ResponseCache::new(cache))
    };
    let (here, there) = (app(&one), app(&other));
    for round in 1..=50 {
        PRICES[2].store(round, Ordering::SeqCst);
        let new = (round * 2).to_string();
        let mine = match round % 2 {
            0 => (&one, &here, &there),
            _ => (&other, &there, &here),
        };
        mine.0.tag("price:2").invalidate().await.unwrap();
        // At once where it was invalidated, and elsewhere once that is heard of.
        for from in ["MISS", "HIT"] {
            let answer = asked(mine.1, "/both/2", &[]).await;
            assert_eq!((answer.text(), answer.header("x-cache")), (&*new, from));
        }
        let is_new = async || asked(mine.2, "/both/2", &[]).await.text() == new;
        wait_until("the new price", is_new).await;
    }
    let answer = asked(&here, "/both/2", &[]).await;
    let ttl = answer.header("cache-status").rsplit_once("ttl=").unwrap().1;
    assert!((5..=10).contains(&ttl.parse().unwrap()), "{ttl}");
    // By its own validator a browser learns that nothing has changed.
    let etag = answer.header("etag").to_owned();
    let same = asked(&here, "/both/2", &[("if-none-match", &etag)]).await;
    assert_eq!(
        (same.status, same.header("x-cache")),
        (StatusCode::NOT_MODIFIED, "HIT")
    );
    // Of one user nothing is kept for others.
    for _ in 0..2 {
        let answer = asked(&here, "/both/2", &[("authorization", "Basic eA==")]).await;
        assert_ne!(answer.header("x-cache"), "HIT");
    }
}

#[tokio::test]
async fn row_41_what_is_of_one_user_is_kept_for_them_alone() {
    let cache = Cache::memory();
    let by_user = ResponseCache::new(&cache).private_by(|request| {
        let cookie = request.headers.get("cookie")?;
        cookie.to_str().ok().map(str::to_owned)
    });
    let app = routes(&cache).layer(Hints::new()).layer(by_user);
    let from = async |cookie: &str| {
        let answer = asked(&app, "/price/3", &[("cookie", cookie)]).await;
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        answer.header("x-cache").to_owned()
    };
    assert_eq!(
        [from("ada").await, from("bob").await, from("ada").await],
        ["MISS", "MISS", "HIT"]
    );
    cache.tag("price:3").invalidate().await.unwrap();
    assert_eq!([from("ada").await, from("bob").await], ["MISS", "MISS"]);
}

#[tokio::test]
async fn row_41_assets_are_kept_for_a_year_and_html_at_the_cdn_for_five_minutes() {
    let files = Router::new()
        .route("/app.3f9a1c22.js", get(async || "alert(1)"))
        .route("/logo.svg", get(async || "a picture"))
        .route("/", get(async || Html("a page")))
        .route(
            "/login",
            get(async || ([("set-cookie", "a=b")], Html("a page"))),
        )
        .route(
            "/own",
            get(async || ([("cache-control", "no-store")], "its own")),
        )
        .route("/gone", get(async || StatusCode::NOT_FOUND));
    let app = files.clone().layer(StaticAssets::new());
    let said = async |path: &str, fields: &[(&str, &str)]| {
        let answer = asked(&app, path, fields).await;
        let all = answer.header("cache-control").to_owned();
        (all, answer.header("cdn-cache-control").to_owned())
    };
    let of = |all: &str, cdn: &str| (all.to_owned(), cdn.to_owned());
    let year = "public, max-age=31536000, immutable";
    assert_eq!(said("/app.3f9a1c22.js", &[]).await, of(year, ""));
    assert_eq!(said("/logo.svg", &[]).await, of("no-cache", ""));
    assert_eq!(said("/", &[]).await, of("no-cache", "max-age=300"));
    assert_eq!(said("/login", &[]).await, of("", ""));
    assert_eq!(said("/own", &[]).await, of("no-store", ""));
    assert_eq!(said("/gone", &[]).await, of("", ""));
    let cookie = [("cookie", "id=1")];
    assert_eq!(said("/", &cookie).await, of("private, no-cache", ""));
    let year = "private, max-age=31536000, immutable";
    assert_eq!(said("/app.3f9a1c22.js", &cookie).await, of(year, ""));
    let own = StaticAssets::new()
        .immutable(|path| path == "/logo.svg")
        .html(Duration::ZERO);
    let app = files.layer(own);
    let logo = asked(&app, "/logo.svg", &[]).await;
    assert!(logo.header("cache-control").contains("immutable"));
    let page = asked(&app, "/", &[]).await;
    assert_eq!(page.header("cdn-cache-control"), "");
}

/// A CDN's own service, which notes what it is to purge, and fails as often as it is told.
#[derive(Clone, Default)]
struct Cdn {
    purged: Arc<Mutex<Vec<String>>>,
    failures: Arc<AtomicUsize>,
}

impl Cdn {
    /// It, and the URL where it is asked.
    async fn serve() -> (Self, String) {
        let cdn = Self::default();
        let app = Router::new()
            .route("/purge", post(purge))
            .with_state(cdn.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/purge", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (cdn, url)
    }

    fn count(&self, tag: &str) -> usize {
        self.purged
            .lock()
            .iter()
            .filter(|purged| *purged == tag)
            .count()
    }

    async fn until_purged(&self, tag: &str, times: usize) {
        wait_until(tag, async || self.count(tag) >= times).await;
    }
}

async fn purge(
    State(cdn): State<Cdn>,
    headers: HeaderMap,
    Json(body): Json<serde_json::Value>,
) -> StatusCode {
    if headers
        .get("authorization")
        .is_none_or(|token| token != "Bearer secret")
    {
        return StatusCode::FORBIDDEN;
    }
    let fewer = |left: usize| left.checked_sub(1);
    if cdn
        .failures
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer)
        .is_ok()
    {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let mut purged = cdn.purged.lock();
    if body["purge_everything"] == true {
        purged.push("everything".to_owned());
    }
    let tags = body["tags"].as_array().into_iter().flatten();
    purged.extend(tags.filter_map(|tag| Some(tag.as_str()?.to_owned())));
    StatusCode::OK
}

fn webhook(url: &str) -> Webhook {
    let webhook = Webhook::new(url).unwrap();
    webhook.header("authorization", "Bearer secret").unwrap()
}

async fn purger(cache: &Cache, url: &str) -> Purger {
    let purger = Purger::builder(cache, "cdn", webhook(url))
        .back_off(Duration::from_millis(20), Duration::from_millis(100))
        .again_after(Duration::from_millis(50));
    purger.start().await.unwrap()
}

#[tokio::test]
async fn row_41_an_invalidation_purges_the_cdn_until_it_is_through_and_once_more() {
    let (_server, on_redis) = server().await;
    for cache in [Cache::memory(), on_redis] {
        let (cdn, url) = Cdn::serve().await;
        cdn.failures.store(3, Ordering::SeqCst);
        let purger = purger(&cache, &url).await;
        cache.tag("price:4").invalidate().await.unwrap();
        cdn.until_purged("price:4", 2).await;
        assert_eq!(cdn.failures.load(Ordering::SeqCst), 0);
        cache.invalidate_all().await.unwrap();
        cdn.until_purged("everything", 2).await;
        wait_until("all is done", async || {
            purger.stats().await.unwrap().queued == 0
        })
        .await;
        let stats = purger.stats().await.unwrap();
        assert_eq!(
            (stats.purged, stats.failed, stats.dead, stats.unqueued),
            (4, 3, 0, 0)
        );
        purger.stop().await;
    }
}

/// A process of the service, which invalidates what it is told, and dies before the CDN is up.
#[tokio::test]
#[ignore = "a process that another test starts"]
async fn a_process_that_invalidates() {
    let cache = connected(&variable("SERVER")).await;
    let purger = purger(&cache, &variable("CDN")).await;
    for n in 0..200 {
        cache.tag(format!("killed:{n}")).invalidate().await.unwrap();
    }
    purger.flush().await;
    let mut out = std::io::stdout();
    writeln!(out, "INVALIDATED").unwrap();
    out.flush().unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_41_what_a_killed_process_has_invalidated_another_purges() {
    let (server, cache) = server().await;
    let (cdn, url) = Cdn::serve().await;
    // It is down for as long as the process lives.
    cdn.failures.store(usize::MAX, Ordering::SeqCst);
    let name = "row_41_edges::a_process_that_invalidates";
    let variables = [("SERVER", &*server.url()), ("CDN", &*url)];
    let mut process = Process::start(name, &variables);
    process.says("INVALIDATED");
    // By SIGKILL.
    drop(process);
    assert!(cdn.purged.lock().is_empty());
    cdn.failures.store(0, Ordering::SeqCst);
    let purger = purger(&cache, &url).await;
    for n in 0..200 {
        cdn.until_purged(&format!("killed:{n}"), 1).await;
    }
    purger.stop().await;
}

/// A CDN that keeps by the rules of a shared cache, purged by tag.
struct Edge(Cache);

impl Purge for Edge {
    type Error = cache_runtime::CacheError;

    async fn purge(&self, what: &Purged) -> Result<(), Self::Error> {
        match what {
            Purged::Tags(tags) => {
                for tag in tags {
                    self.0.tag(tag).invalidate().await?;
                }
                Ok(())
            }
            _ => self.0.invalidate_all().await,
        }
    }
}

#[tokio::test]
async fn row_41_a_cdn_serves_the_new_answer_once_it_is_purged() {
    let (_server, cache) = server().await;
    let at_edge = Cache::memory();
    let origin = routes(&cache).layer(Hints::new().tell_tags(true));
    let edge = origin.layer(ResponseCache::new(&at_edge));
    let purger = Purger::builder(&cache, "edge", Edge(at_edge))
        .start()
        .await
        .unwrap();
    for round in 1..=20 {
        PRICES[5].store(round, Ordering::SeqCst);
        cache.tag("price:5").invalidate().await.unwrap();
        wait_until("the new price", async || {
            let answer = asked(&edge, "/price/5", &[]).await;
            (answer.text(), answer.header("x-cache")) == (&*round.to_string(), "HIT")
        })
        .await;
    }
    purger.stop().await;
}

#[tokio::test]
async fn what_is_used_wrongly_says_what_to_do() {
    for url in [
        "",
        "cdn.example",
        "ftp://cdn.example/",
        "https://",
        "/purge",
        "http:// x",
    ] {
        let error = Webhook::new(url).unwrap_err().to_string();
        assert!(
            error.contains("https://cdn.example/purge"),
            "{url}: {error}"
        );
    }
    let hook = Webhook::new("http://127.0.0.1:9/purge").unwrap();
    let error = hook.clone().header("a b", "x").unwrap_err().to_string();
    assert!(
        error.contains("`a b`") && error.contains("letters"),
        "{error}"
    );
    let error = hook
        .clone()
        .header("token", "secret\n")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line break") && !error.contains("secret"),
        "{error}"
    );
    // Nobody is there, and the error tells nothing that is nobody's business.
    let hook = hook.header("authorization", "secret").unwrap();
    assert!(!format!("{hook:?}").contains("secret"));
    let error = hook
        .purge(&Purged::Everything)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("not answered") && !error.contains("secret"),
        "{error}"
    );
    let cache = Cache::memory();
    let error = Purger::builder(&cache, "", hook.clone())
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("name of a purger"), "{error}");
    let slow = Duration::from_secs(2);
    let error = Purger::builder(&cache, "a", hook.clone())
        .back_off(slow, Duration::ZERO)
        .start()
        .await;
    assert!(error.unwrap_err().to_string().contains("`back_off`"));
    cache.close().await.unwrap();
    let closed = Purger::builder(&cache, "a", hook).start().await;
    assert!(closed.unwrap_err().to_string().contains("off or closed"));
}
