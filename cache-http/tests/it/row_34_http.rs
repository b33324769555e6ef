//! Row 34: what a caller sees of a limit.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use cache_http::limit::{RateLimit, TrustedProxies, network, secret_header};
use cache_http::session::{SessionStore, login};
use cache_toolkit::{Limiter, OnOutage};
use http::request::Parts;
use http::{Request, StatusCode};
use tower_sessions::{Session, SessionManagerLayer};

use crate::browser::Browser;
use crate::server;

const MINUTE: Duration = Duration::from_secs(60);

fn app(limit: RateLimit) -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(limit)
}

fn header(name: &'static str) -> impl Fn(&Parts) -> Option<String> {
    move |parts| Some(parts.headers.get(name)?.to_str().ok()?.to_owned())
}

#[tokio::test]
async fn row_34_a_hundred_in_a_minute_by_user_and_the_next_is_told_when_to_come_again() {
    let (_server, cache) = server().await;
    let limiter = Limiter::fixed_window(&cache, "default", 100, MINUTE).unwrap();
    let limit = RateLimit::new(limiter).by_user();
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(limit)
        .route(
            "/login",
            post(async |session: Session| login(&session, "ada").await.unwrap()),
        )
        .layer(SessionManagerLayer::new(SessionStore::new(&cache)));
    let (mut ada, mut nobody) = (Browser::new(&app), Browser::new(&app));
    ada.post("/login").await;
    let mut allowed = 0;
    // A minute of the clock may end in between, but not twice.
    let refused = loop {
        let answer = ada.get("/").await;
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=100;w=60");
        if answer.status != StatusCode::OK {
            break answer;
        }
        assert_eq!(answer.text(), "hello");
        allowed += 1;
        assert!(allowed <= 200);
    };
    assert!(allowed >= 100);
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let again: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&again), "{again}");
    assert_eq!(
        refused.header("ratelimit"),
        format!("\"default\";r=0;t={again}")
    );
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("cache-control"), "no-store");
    let problem: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(
        problem["type"],
        "https://iana.org/assignments/http-problem-types#quota-exceeded"
    );
    assert_eq!(problem["violated-policies"][0], "default");
    assert_eq!(problem["status"], 429);
    let other = nobody.get("/").await;
    assert_eq!(
        other.status,
        StatusCode::OK,
        "who is not logged in is counted apart"
    );
}

#[tokio::test]
async fn who_leaves_out_his_name_is_counted_with_all_who_do() {
    let (_server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 2, MINUTE).unwrap();
    let app = app(RateLimit::new(limiter)
        .by(header("x-user"))
        .by(secret_header("x-api-key")));
    let mut browser = Browser::new(&app);
    let mut ask = async |name: &str, value: &str| {
        let request = Request::get("/").header(name, value);
        browser.ask(request).await.status
    };
    for _ in 0..2 {
        assert_eq!(ask("x-none", "1").await, StatusCode::OK);
    }
    assert_eq!(ask("x-none", "2").await, StatusCode::TOO_MANY_REQUESTS);
    // The name of a user and the same text as a key are two names.
    for name in ["x-user", "x-api-key"] {
        for _ in 0..2 {
            assert_eq!(ask(name, "nobody").await, StatusCode::OK);
        }
        assert_eq!(ask(name, "nobody").await, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn no_key_in_redis_tells_an_api_key() {
    let (server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 2, MINUTE).unwrap();
    let mut browser = Browser::new(&app(RateLimit::new(limiter).by(secret_header("x-api-key"))));
    let request = Request::get("/").header("x-api-key", "s3cret");
    assert_eq!(browser.ask(request).await.status, StatusCode::OK);
    let keys = server.keys().await.unwrap();
    assert!(keys.iter().any(|key| key.contains("rate-gcra")), "{keys:?}");
    assert!(keys.iter().all(|key| !key.contains("s3cret")), "{keys:?}");
}

#[tokio::test]
async fn an_address_is_believed_of_trusted_proxies_alone() {
    let (_server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 1, MINUTE).unwrap();
    let proxies = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
    let by_address = move |parts: &Parts| {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(network(proxies.client(peer.ip(), &parts.headers)))
    };
    let mut browser = Browser::new(&app(RateLimit::new(limiter).by(by_address)));
    let mut ask = async |peer: &str, forwarded: &str| {
        let peer: IpAddr = peer.parse().unwrap();
        let request = Request::get("/")
            .extension(ConnectInfo(SocketAddr::from((peer, 1))))
            .header("x-forwarded-for", forwarded);
        browser.ask(request).await.status
    };
    assert_eq!(ask("192.0.2.1", "1.1.1.1").await, StatusCode::OK);
    assert_eq!(
        ask("192.0.2.1", "2.2.2.2").await,
        StatusCode::TOO_MANY_REQUESTS,
        "it is his own word"
    );
    assert_eq!(ask("10.0.0.1", "3.3.3.3, 192.0.2.2").await, StatusCode::OK);
    assert_eq!(
        ask("10.0.0.2", "4.4.4.4, 192.0.2.2").await,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(ask("2001:db8::1", "").await, StatusCode::OK);
    assert_eq!(
        ask("2001:db8::ffff", "").await,
        StatusCode::TOO_MANY_REQUESTS,
        "one household"
    );
}

#[tokio::test]
async fn requests_weigh_what_they_are_said_to_and_what_is_exempt_weighs_nothing() {
    let (_server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 10, MINUTE).unwrap();
    let weight = |parts: &Parts| parts.headers["x-weight"].to_str().unwrap().parse().unwrap();
    let is_exempt = |parts: &Parts| parts.headers.contains_key("x-health");
    let limit = RateLimit::new(limiter).weight(weight).exempt(is_exempt);
    let mut browser = Browser::new(&app(limit));
    let mut ask = async |weight: &str, health: bool| {
        let mut request = Request::get("/").header("x-weight", weight);
        if health {
            request = request.header("x-health", "1");
        }
        browser.ask(request).await
    };
    assert!(ask("8", false).await.header("ratelimit").contains(";r=2;"));
    assert_eq!(ask("3", false).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask("2", false).await.status, StatusCode::OK);
    for (weight, health) in [("0", false), ("5", true)] {
        let answer = ask(weight, health).await;
        assert_eq!(
            (answer.status, answer.header("ratelimit")),
            (StatusCode::OK, "")
        );
    }
    let never = ask("11", false).await;
    assert_eq!(never.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(never.header("retry-after"), "", "it never passes");
    assert!(never.text().contains("never passes"));
}

#[tokio::test]
async fn of_layers_around_each_other_each_tells_its_item() {
    let (_server, cache) = server().await;
    let user =
        RateLimit::new(Limiter::gcra(&cache, "user", 100, MINUTE).unwrap()).by(header("x-user"));
    let all = RateLimit::new(Limiter::gcra(&cache, "all", 3, MINUTE).unwrap()).policy("every\"one");
    let mut browser = Browser::new(&app(user).layer(all));
    let answer = browser.get("/").await;
    assert_eq!(answer.headers.get_all("ratelimit").iter().count(), 1);
    let policies = "\"user\";q=100;w=60, \"every\\\"one\";q=3;w=60";
    assert_eq!(answer.header("ratelimit-policy"), policies);
    assert!(
        answer
            .header("ratelimit")
            .starts_with("\"user\";r=99;t=1, \"every\\\"one\";r=2;t=")
    );
    browser.get("/").await;
    browser.get("/").await;
    let refused = browser.get("/").await;
    assert!(
        refused
            .header("ratelimit")
            .starts_with("\"every\\\"one\";r=0;t=")
    );
    let problem: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(problem["violated-policies"][0], "every\"one");
}

#[tokio::test]
async fn while_redis_is_away_it_is_as_the_limiter_says() {
    let (mut server, cache) = server().await;
    let [mut open, mut closed, mut error] = [OnOutage::Open, OnOutage::Closed, OnOutage::Error]
        .map(|on_outage| {
            let limiter = Limiter::gcra(&cache, "api", 2, MINUTE).unwrap();
            Browser::new(&app(RateLimit::new(limiter.on_outage(on_outage))))
        });
    server.kill9().unwrap();
    for _ in 0..3 {
        let answer = open.get("/").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("ratelimit"), "", "nobody has counted");
        assert_eq!(answer.header("ratelimit-policy"), "\"api\";q=2;w=60");
    }
    assert_eq!(closed.get("/").await.status, StatusCode::TOO_MANY_REQUESTS);
    let answer = error.get("/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    server.restart().await.unwrap();
    cache.connect().await.unwrap();
    assert!(open.get("/").await.header("ratelimit").contains("r=1"));
}

#[tokio::test]
async fn what_can_not_be_counted_is_refused_and_not_let_through() {
    let (server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 2, MINUTE).unwrap();
    let mut browser = Browser::new(&app(RateLimit::new(limiter)));
    let key = "cache:k:rate-gcra:{3:api:nobody}";
    server.run(&["LPUSH", key, "1"]).await.unwrap();
    assert_eq!(
        browser.get("/").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    server.run(&["DEL", key]).await.unwrap();
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}
