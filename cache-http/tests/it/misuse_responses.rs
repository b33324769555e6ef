//! The layer of responses used wrongly: each request is answered, and what is not kept says so.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use axum::routing::get;
use cache_http::ResponseCache;
use cache_http::hints::Hints;
use cache_runtime::Cache;
use futures_util::stream;
use http::Request;
use http_body_util::BodyExt as _;
use tower_service::Service as _;

use crate::browser::Browser;
use crate::handler::App;
use crate::server;

const MINUTE: Duration = Duration::from_secs(60);

fn layer() -> ResponseCache {
    ResponseCache::new(&Cache::memory()).ttl(MINUTE)
}

/// What two requests are answered.
async fn twice(layer: ResponseCache, fields: &[(&str, &str)]) -> [String; 2] {
    let app = App::saying(layer, fields);
    let mut from = [String::new(), String::new()];
    for from in &mut from {
        let said = app.get("/").await;
        assert_eq!(said.status, StatusCode::OK);
        *from = format!("{} {}", said.from(), said.field("cache-status"));
    }
    from
}

#[tokio::test]
async fn what_is_never_kept_is_told_as_a_miss_that_is_not_stored() {
    let silent = ResponseCache::new(&Cache::memory());
    let never = [
        (silent, vec![]),
        (layer().ttl(Duration::ZERO), vec![]),
        (layer().max_body(0), vec![]),
        (layer(), vec![("set-cookie", "a=b")]),
        (layer(), vec![("vary", "*")]),
        (layer(), vec![("cache-control", "private, max-age=60")]),
        (layer(), vec![("content-type", "text/event-stream")]),
    ];
    for (layer, fields) in never {
        for said in twice(layer, &fields).await {
            assert_eq!(said, "MISS cache-runtime; fwd=miss", "{fields:?}");
        }
    }
}

#[tokio::test]
async fn tags_that_can_not_be_cost_the_entry_and_not_the_answer() {
    let long = "x".repeat(100_000);
    let many: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    for tags in [vec![String::new()], vec![long], many] {
        let layer = layer().tags(move |_| tags.clone());
        let app = App::saying(layer, &[]);
        for call in 1..=2 {
            let said = app.get("/").await;
            assert!(said.body == format!("answer {call}") || said.from() == "HIT");
        }
    }
}

#[tokio::test]
async fn a_layer_inside_a_layer_of_the_same_cache_waits_for_nobody() {
    let cache = Cache::memory();
    let layer = || ResponseCache::new(&cache).ttl(MINUTE);
    let app = Router::new()
        .route("/", get(async || "hello"))
        .layer(layer())
        .layer(Hints::new())
        .layer(layer());
    let asked = async {
        let first = Browser::new(&app).get("/").await;
        let second = Browser::new(&app).get("/").await;
        [first, second].map(|answer| answer.header("x-cache").to_owned())
    };
    let from = tokio::time::timeout(Duration::from_secs(10), asked).await;
    assert_eq!(from.expect("an answer"), ["MISS", "HIT"]);
    // Another cache's is a cache of its own.
    let app = Router::new()
        .route("/", get(async || "hello"))
        .layer(ResponseCache::new(&Cache::memory()).ttl(MINUTE))
        .layer(layer());
    assert_eq!(Browser::new(&app).get("/").await.text(), "hello");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_kept_by_nobody() {
    let broken = || {
        let parts = [Ok("half "), Err(std::io::Error::other("gone"))];
        Body::from_stream(stream::iter(parts))
    };
    let mut app = Router::new()
        .route("/", get(async move || broken()))
        .layer(layer());
    for _ in 0..2 {
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = app.call(request).await.unwrap();
        assert_ne!(response.headers()["x-cache"], "HIT");
        assert!(response.into_body().collect().await.is_err());
    }
}

#[tokio::test]
async fn a_handler_that_panics_takes_nobody_else_with_it() {
    let app = Router::new()
        .route("/", get(async || -> &'static str { panic!("of its own") }))
        .route("/other", get(async || "fine"))
        .layer(layer());
    let ask = |path: &'static str| {
        let app = app.clone();
        tokio::spawn(async move { Browser::new(&app).get(path).await.status })
    };
    let (first, second) = tokio::join!(ask("/"), ask("/"));
    assert!(first.is_err_and(|error| error.is_panic()));
    assert!(second.is_err_and(|error| error.is_panic()));
    assert_eq!(ask("/other").await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn who_says_nothing_of_whose_it_is_shares_with_nobody_who_is_named() {
    let layer = layer().private_by(|request| {
        let name = request.headers.get("x-user")?;
        name.to_str().ok().map(str::to_owned)
    });
    let app = App::saying(layer, &[]);
    let from = async |fields: &[(&str, &str)]| {
        let said = app.ask(Method::GET, "/", fields).await;
        said.from().to_owned()
    };
    // An empty name is a name.
    for fields in [&[][..], &[("x-user", "")], &[("x-user", "ada")]] {
        assert_eq!(from(fields).await, "MISS");
        assert_eq!(from(fields).await, "HIT");
    }
}

#[tokio::test]
async fn a_cache_that_is_off_or_closed_lets_all_through() {
    let off = Cache::builder()
        .url("memory:")
        .enabled(false)
        .build()
        .unwrap();
    let closed = Cache::memory();
    closed.close().await.unwrap();
    let (mut server, away) = server().await;
    server.kill9().unwrap();
    for cache in [off, closed] {
        let app = App::saying(ResponseCache::new(&cache).ttl(MINUTE), &[]);
        for call in 1..=2 {
            assert_eq!(app.get("/").await.body, format!("answer {call}"));
        }
    }
    let app = App::saying(ResponseCache::new(&away).ttl(MINUTE), &[]);
    assert_eq!(app.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn odd_requests_are_answered_as_without_it() {
    let app = App::saying(layer(), &[]);
    let long = format!("/{}", "x".repeat(60_000));
    for path in ["/?", "/?a&a=&=", "/%00%ff", "//", "/*", &*long] {
        assert_eq!(app.get(path).await.status, StatusCode::OK, "{path:.20}");
    }
    let odd = [
        (
            "cache-control",
            "max-age=99999999999999999999, max-age=-1, ,,=\"",
        ),
        ("if-none-match", "W/\"\", \""),
        ("if-modified-since", "yesterday"),
        ("range", "bytes=9-1"),
    ];
    for field in odd {
        let said = app.ask(Method::GET, "/odd", &[field]).await;
        assert!(said.status.is_success(), "{field:?}: {}", said.status);
    }
    let mut own = Router::new()
        .route("/", get(async || Bytes::from_static(b"x")))
        .layer(layer());
    let method = Method::from_bytes(b"PURGE").unwrap();
    let request = Request::builder()
        .method(method)
        .uri("/")
        .body(Body::empty());
    let answer: Result<_, Infallible> = own.call(request.unwrap()).await;
    assert_eq!(answer.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}
