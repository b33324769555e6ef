//! Sessions and limits that are used wrongly say what to do, and tell no secret.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use cache_http::limit::{RateLimit, TrustedProxies, secret_header};
use cache_http::session::{SessionError, SessionHandle, SessionStore, login, logout, user};
use cache_runtime::Cache;
use cache_tests::Server;
use cache_toolkit::{Limiter, OnOutage};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower_sessions::session::Error;
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore as _};

use crate::browser::Browser;
use crate::log::Log;
use crate::row_33_sessions::{each, logged_in, session, whose};
use crate::{connected, server};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// It fails, and its error says this.
#[track_caller]
fn says<T, E: ToString>(result: Result<T, E>, word: &str) {
    let Err(error) = result else {
        panic!("it worked, and should have said {word:?}");
    };
    let error = error.to_string();
    assert!(error.contains(word), "{error:?} does not say {word:?}");
}

#[tokio::test]
async fn a_ttl_that_is_none_and_too_many_sessions_of_a_user_are_refused() {
    each(async |store| {
        for ttl in [
            Duration::ZERO,
            Duration::from_millis(999),
            366 * DAY + SECOND,
            Duration::MAX,
        ] {
            says(store.clone().ttl(ttl), "from a second to 366 days");
        }
        for ttl in [SECOND, 366 * DAY] {
            logged_in(&store.clone().ttl(ttl).unwrap(), "ada").await;
        }
        for most in [0, 1_001, u32::MAX] {
            says(store.clone().most_of_a_user(most), "from 1 to 1,000");
        }
        // One alone may be had.
        let one = store.most_of_a_user(1).unwrap();
        for _ in 0..3 {
            let id = logged_in(&one, "ada").await;
            assert_eq!(one.active("ada").await.unwrap().len(), 1);
            assert!(whose(&one, id).await.is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn a_user_without_a_name_is_refused_and_the_session_of_before_stays() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let long = "x".repeat(64 * 1_024);
        for (name, word) in [("", "not empty"), (&*long, "keep large values elsewhere")] {
            says(login(&session(&store, Some(id)), name).await, word);
            assert_eq!(whose(&store, id).await.as_deref(), Some("ada"));
        }
        says(store.active("").await, "not empty");
        says(store.destroy_all("").await, "not empty");
        says(store.destroy("", &SessionHandle::of(id)).await, "not empty");
    })
    .await;
}

#[tokio::test]
async fn any_text_is_a_name_and_no_two_are_one() {
    let (server, cache) = server().await;
    for store in [
        SessionStore::new(&cache),
        SessionStore::new(&Cache::memory()),
    ] {
        let names = [
            "ada",
            "Ada",
            "ada ",
            "ada\0",
            "ada\r\nSET x 1",
            "\u{1b}[31m",
            "{ada}",
            "é",
            "e\u{301}",
            "*",
            "0",
            "null",
            &"x".repeat(10_000),
        ];
        for name in names {
            let id = logged_in(&store, name).await;
            assert_eq!(whose(&store, id).await.as_deref(), Some(name));
            let active = store.active(name).await.unwrap();
            assert_eq!(active.len(), 1, "{name:?}");
        }
        for name in names {
            assert_eq!(store.destroy_all(name).await.unwrap(), 1, "{name:?}");
        }
    }
    for key in server.keys().await.unwrap() {
        assert!(key.is_ascii() && !key.contains("ada"), "{key:?}");
    }
}

#[tokio::test]
async fn a_second_login_is_one_session_and_a_logout_of_nobody_is_no_error() {
    each(async |store| {
        let session = session(&store, None);
        logout(&session).await.unwrap();
        login(&session, "ada").await.unwrap();
        let first = session.id().unwrap();
        login(&session, "ada").await.unwrap();
        assert_eq!(whose(&store, first).await, None);
        assert_eq!(store.active("ada").await.unwrap().len(), 1);
        for _ in 0..3 {
            logout(&session).await.unwrap();
        }
        assert!(store.active("ada").await.unwrap().is_empty());
        assert_eq!(user(&session).await.unwrap(), None);
        // And it can be used as one that is new.
        session.insert("cart", 1).await.unwrap();
        session.save().await.unwrap();
        assert_eq!(whose(&store, session.id().unwrap()).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_login_after_the_session_was_ended_elsewhere_is_a_session_as_ever() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let here = session(&store, Some(id));
        assert!(user(&here).await.unwrap().is_some());
        here.insert("cart", 1).await.unwrap();
        assert!(store.destroy("ada", &SessionHandle::of(id)).await.unwrap());
        // What it has changed without a login is refused.
        says(here.save().await, "the session ended");
        login(&here, "ada").await.unwrap();
        assert_eq!(store.active("ada").await.unwrap().len(), 1);
        assert!(whose(&store, here.id().unwrap()).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_handler_whose_login_failed_leaves_nobody_logged_in() {
    each(async |store| {
        let layer = SessionManagerLayer::new(store.clone());
        let route = get(async |session: Session| {
            session.insert("all", "x".repeat(70_000)).await.unwrap();
            login(&session, "ada").await.unwrap_err().to_string()
        });
        let mut browser = Browser::new(&Router::new().route("/", route).layer(layer));
        let answer = browser.get("/").await;
        assert!(
            answer.text().contains("at most 65536 bytes"),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("set-cookie"), "");
        assert!(store.active("ada").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn too_much_in_a_session_is_refused_and_what_was_there_stays() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let large = || Value::from("x".repeat(64 * 1_024));
        let mut deep = json!(1);
        for _ in 0..1_000 {
            deep = json!([deep]);
        }
        for (value, word) in [
            (large(), "keep large values elsewhere"),
            (deep, "at most 100 lists and objects"),
        ] {
            let session = session(&store, Some(id));
            session.insert("value", value).await.unwrap();
            says(session.save().await, word);
            assert_eq!(whose(&store, id).await.as_deref(), Some("ada"));
        }
        // As deep as it may be it can be read again.
        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!({ "a": deep });
        }
        let session = session(&store, Some(id));
        session.insert("deep", &deep).await.unwrap();
        session.save().await.unwrap();
        let after = self::session(&store, Some(id));
        assert_eq!(after.get::<Value>("deep").await.unwrap(), Some(deep));
        // A great many small ones are one session like another.
        for n in 0..3_000 {
            after.insert(&n.to_string(), n).await.unwrap();
        }
        after.save().await.unwrap();
        let after = self::session(&store, Some(id));
        assert_eq!(after.get::<u32>("2999").await.unwrap(), Some(2_999));
    })
    .await;
}

#[tokio::test]
async fn names_of_the_crates_own_are_refused_for_other_values() {
    each(async |store| {
        for name in [
            "cache.user",
            "cache.base",
            "cache.login",
            "cache.",
            "cache.cart",
        ] {
            let session = session(&store, None);
            session.insert(name, 1).await.unwrap();
            says(session.save().await, "give the value another name");
        }
        for name in ["", "cache", "user", "a\0b", &"n".repeat(10_000)] {
            let session = session(&store, None);
            session.insert(name, 1).await.unwrap();
            session.save().await.unwrap();
            let after = self::session(&store, session.id());
            assert_eq!(after.get::<u8>(name).await.unwrap(), Some(1), "{name:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_stranger_types_for_a_handle_is_none_or_ends_nothing() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let real = SessionHandle::of(id).to_string();
        let cookie = id.to_string();
        for typed in [
            "",
            " ",
            "*",
            "../",
            &real[1..],
            &real.to_uppercase(),
            &format!("{real} "),
            &"é".repeat(20),
            &cookie,
            &"0".repeat(1_000_000),
        ] {
            says(
                typed.parse::<SessionHandle>(),
                "take those of `SessionStore::active`",
            );
        }
        let made_up: SessionHandle = "0".repeat(real.len()).parse().unwrap();
        assert_eq!(store.destroy("ada", &made_up).await, Ok(false));
        let real: SessionHandle = real.parse().unwrap();
        assert_eq!(
            store.destroy("mallory", &real).await,
            Ok(false),
            "it is ada's"
        );
        assert!(whose(&store, id).await.is_some());
        let anonymous = session(&store, None);
        anonymous.insert("cart", 1).await.unwrap();
        anonymous.save().await.unwrap();
        let handle = SessionHandle::of(anonymous.id().unwrap());
        assert_eq!(
            store.destroy("ada", &handle).await,
            Ok(false),
            "it is nobody's"
        );
        assert!(
            store
                .load(&anonymous.id().unwrap())
                .await
                .unwrap()
                .is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn a_cookie_that_is_none_is_nobody() {
    each(async |store| {
        let route = get(async |session: Session| user(&session).await.unwrap().unwrap_or_default());
        let app = Router::new()
            .route("/", route)
            .layer(SessionManagerLayer::new(store));
        for cookie in [
            "id=",
            "id=x",
            "id=AAAAAAAAAAAAAAAAAAAAAA",
            "id=AAAAAAAAAAAAAAAAAAAAAB",
            "id==",
            "id=%00",
            "other=1",
            &format!("id={}", "A".repeat(100_000)),
        ] {
            let mut browser = Browser::new(&app);
            browser.cookie = Some(cookie.to_owned());
            let answer = browser.get("/").await;
            assert_eq!((answer.status, answer.text()), (StatusCode::OK, ""));
        }
    })
    .await;
}

#[tokio::test]
async fn an_end_that_is_past_or_never_comes_is_no_panic() {
    each(async |store| {
        let past = time::OffsetDateTime::UNIX_EPOCH;
        let never = time::Date::MAX.midnight().assume_utc();
        for (expiry, is_there) in [
            (Expiry::AtDateTime(past), false),
            (Expiry::AtDateTime(never), true),
            (Expiry::OnInactivity(time::Duration::ZERO), false),
            (Expiry::OnInactivity(time::Duration::MIN), false),
            (Expiry::OnInactivity(time::Duration::MAX), true),
            (Expiry::OnSessionEnd, true),
        ] {
            let session = Session::new(None, std::sync::Arc::new(store.clone()), Some(expiry));
            login(&session, "ada").await.unwrap();
            let id = session.id().unwrap();
            if is_there {
                assert!(whose(&store, id).await.is_some(), "{expiry:?}");
            } else {
                crate::wait_until("it is over", async || whose(&store, id).await.is_none()).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn without_the_layer_of_sessions_a_handler_says_which_is_missing() {
    let app = Router::new().route("/", get(async |_: Session| "hello"));
    let answer = Browser::new(&app).get("/").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        answer.text().contains("SessionManagerLayer"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_limit_by_user_without_sessions_says_so_once_and_counts_all_together() {
    let (log, cache) = (Log::default(), Cache::memory());
    let _listens = log.listen();
    let limiter = Limiter::gcra(&cache, "api", 2, MINUTE).unwrap();
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        // The wrong way round: the limit is around the sessions.
        .layer(SessionManagerLayer::new(SessionStore::new(&cache)))
        .layer(RateLimit::new(limiter).by_user());
    let mut browser = Browser::new(&app);
    for n in 0..4 {
        let status = browser.get("/").await.status;
        assert_eq!(status == StatusCode::OK, n < 2, "{n}");
    }
    assert_eq!(log.count("add `SessionManagerLayer` around it"), 1);
}

#[tokio::test]
async fn a_store_on_a_cache_that_is_off_says_that_sessions_are_of_this_process() {
    let log = Log::default();
    let _listens = log.listen();
    let _ = SessionStore::new(&Cache::memory());
    assert_eq!(log.count("sessions"), 0, "it was asked for");
    let off = Cache::builder().enabled(false).build().unwrap();
    let store = SessionStore::new(&off);
    assert_eq!(log.count("sessions are kept in this process alone"), 1);
    let id = logged_in(&store, "ada").await;
    assert!(whose(&store, id).await.is_some());
}

#[tokio::test]
async fn redis_that_is_away_is_told_without_its_password() {
    let url = "redis://cache:hunter2@127.0.0.1:1";
    let cache = Cache::builder().url(url).build().unwrap();
    let store = SessionStore::new(&cache);
    let session = session(&store, None);
    session.insert("cart", 1).await.unwrap();
    let id = tower_sessions::session::Id::default();
    let handle = SessionHandle::of(id);
    let errors = [
        session.save().await.unwrap_err().to_string(),
        login(&session, "ada").await.unwrap_err().to_string(),
        user(&self::session(&store, Some(id)))
            .await
            .unwrap_err()
            .to_string(),
        logout(&self::session(&store, Some(id)))
            .await
            .unwrap_err()
            .to_string(),
        store.active("ada").await.unwrap_err().to_string(),
        store.destroy("ada", &handle).await.unwrap_err().to_string(),
        store.destroy_all("ada").await.unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(error.contains("look at `cache.health()`"), "{error}");
        let is_told = |secret: &str| error.contains(secret);
        assert!(
            !["hunter2", "ada", &id.to_string()].into_iter().any(is_told),
            "{error}"
        );
    }
    let limit = RateLimit::new(Limiter::gcra(&cache, "api", 2, MINUTE).unwrap());
    let shown = format!("{store:?} {limit:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_cache_that_is_closed_lets_nobody_in() {
    let (_server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    cache.close().await.unwrap();
    says(user(&session(&store, Some(id))).await, "`cache.health()`");
    says(
        login(&session(&store, None), "ada").await,
        "`cache.health()`",
    );
}

/// A user of Redis with these rights to these keys beside those that a connection takes.
async fn with_rights(server: &Server, rights: &str) -> Cache {
    let words = format!(
        "ACL SETUSER shop on >hunter2 resetkeys resetchannels -@all +client|tracking +info +time +role {rights}"
    );
    let words: Vec<&str> = words.split(' ').collect();
    server.run(&words).await.unwrap();
    connected(&server.url().replace("://", "://shop:hunter2@")).await
}

#[tokio::test]
async fn redis_that_refuses_is_told_and_lets_nobody_in() {
    let (server, cache) = server().await;
    let all =
        "+get +mget +set +unlink +exists +evalsha +script|load +del +type +getrange +pttl +pexpire";
    let id = logged_in(&SessionStore::new(&cache), "ada").await;
    for rights in [
        // The keys of another program; no commands of sessions; no scripts.
        format!("~other:* {all} +hget +hmget +hset +hdel +hgetall"),
        format!("~cache:* {all}"),
        "~cache:* +get +mget".to_owned(),
    ] {
        let store = SessionStore::new(&with_rights(&server, &rights).await);
        let session = session(&store, Some(id));
        for result in [
            user(&session).await.map(drop),
            logout(&session).await,
            login(&self::session(&store, None), "ada").await,
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("cachectl doctor"), "{error}");
            assert!(
                !error.contains("hunter2") && !error.contains("shop"),
                "{error}"
            );
        }
        let ended = store.destroy_all("ada").await;
        assert!(
            matches!(&ended, Err(SessionError::Command(error)) if !error.is_outage()),
            "{ended:?}"
        );
    }
    let info = SessionStore::new(&cache).active("ada").await.unwrap();
    assert_eq!(info.len(), 1, "it is as it was");
}

/// Rights as the guide has them are enough, for all that is promised.
#[tokio::test]
async fn the_rights_that_the_guide_names_are_enough() {
    let guide = include_str!("../../../docs/guide/src/sessions.md");
    let line = guide
        .lines()
        .find_map(|line| line.strip_prefix("ACL SETUSER cache on >PASSWORD resetkeys "));
    let rights = line
        .expect("a line of rights")
        .replace("resetchannels -@all ", "");
    let server = Server::start().await.unwrap();
    let store = SessionStore::new(&with_rights(&server, &rights).await);
    let session = session(&store, None);
    session.insert("cart", 1).await.unwrap();
    session.save().await.unwrap();
    login(&session, "ada").await.unwrap();
    session.insert("cart", 2).await.unwrap();
    session.remove::<u8>("other").await.unwrap();
    session.save().await.unwrap();
    session.cycle_id().await.unwrap();
    session.save().await.unwrap();
    let id = session.id().unwrap();
    assert!(whose(&store, id).await.is_some());
    assert_eq!(store.active("ada").await.unwrap().len(), 1);
    assert!(store.destroy("ada", &SessionHandle::of(id)).await.unwrap());
    logged_in(&store, "ada").await;
    assert_eq!(store.destroy_all("ada").await.unwrap(), 1);
    logout(&session).await.unwrap();
}

#[tokio::test]
async fn on_a_full_server_sessions_can_be_ended_and_new_ones_are_refused() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let ids = [
        logged_in(&store, "ada").await,
        logged_in(&store, "ada").await,
        logged_in(&store, "bob").await,
    ];
    // All scripts are known.
    logout(&session(&store, Some(logged_in(&store, "eve").await)))
        .await
        .unwrap();
    store.destroy_all("eve").await.unwrap();
    server
        .run(&["CONFIG", "SET", "maxmemory", "1"])
        .await
        .unwrap();
    says(login(&session(&store, None), "ada").await, "out_of_memory");
    assert!(
        whose(&store, ids[0]).await.is_some(),
        "who is logged in is so on"
    );
    logout(&session(&store, Some(ids[0]))).await.unwrap();
    assert_eq!(whose(&store, ids[0]).await, None);
    assert_eq!(store.destroy_all("ada").await.unwrap(), 1);
    assert_eq!(whose(&store, ids[1]).await, None);
    assert!(
        store
            .destroy("bob", &SessionHandle::of(ids[2]))
            .await
            .unwrap()
    );
    assert_eq!(whose(&store, ids[2]).await, None);
}

#[tokio::test]
async fn limits_that_let_nothing_through_or_are_of_no_time_are_refused() {
    let (_server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        says(
            Limiter::gcra(&cache, "api", 0, MINUTE),
            "nothing could ever pass",
        );
        says(
            Limiter::fixed_window(&cache, "api", 1, Duration::ZERO),
            "from a millisecond",
        );
        says(
            Limiter::sliding_counter(&cache, "api", 1, 31 * DAY),
            "30 days",
        );
        says(
            Limiter::sliding_log(&cache, "api", 20_000, MINUTE),
            "`gcra`",
        );
    }
}

fn app(limit: RateLimit) -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(limit)
}

#[tokio::test]
async fn what_weighs_nothing_passes_and_what_weighs_too_much_never_does() {
    let limiter = Limiter::gcra(&Cache::memory(), "api", 5, MINUTE).unwrap();
    for (weight, status) in [
        (0, StatusCode::OK),
        (6, StatusCode::TOO_MANY_REQUESTS),
        (u32::MAX, StatusCode::TOO_MANY_REQUESTS),
    ] {
        let mut browser =
            Browser::new(&app(RateLimit::new(limiter.clone()).weight(move |_| weight)));
        for _ in 0..10 {
            let answer = browser.get("/").await;
            assert_eq!(answer.status, status, "{weight}");
            if weight > 0 {
                assert!(answer.text().contains("It weighs more than the limit"));
            }
        }
    }
    let mut browser = Browser::new(&app(RateLimit::new(limiter).weight(|_| 5)));
    assert_eq!(
        browser.get("/").await.status,
        StatusCode::OK,
        "nothing of that was counted"
    );
}

#[tokio::test]
async fn callers_who_are_not_named_are_one() {
    let cache = Cache::memory();
    for (name, limit) in [
        ("none", None::<&'static str>),
        ("secret", Some("x-api-key")),
    ] {
        let limiter = RateLimit::new(Limiter::gcra(&cache, name, 2, MINUTE).unwrap());
        let limit = match limit {
            None => limiter.by(|_| None),
            Some(header) => limiter.by(secret_header(header)),
        };
        let mut browser = Browser::new(&app(limit));
        for n in 0..4 {
            let request = Request::get("/").header("x-other", n.to_string());
            let status = browser.ask(request).await.status;
            assert_eq!(status == StatusCode::OK, n < 2, "{name} {n}");
        }
    }
    // A name that is empty, or very long, or not of this earth is a name.
    let limiter = Limiter::gcra(&cache, "names", 1, MINUTE).unwrap();
    let by = |parts: &http::request::Parts| {
        Some(String::from_utf8_lossy(parts.headers.get("x-name")?.as_bytes()).into_owned())
    };
    let mut browser = Browser::new(&app(RateLimit::new(limiter).by(by)));
    for name in [
        &b""[..],
        b"nobody",
        b"0:nobody",
        b"{}",
        b"\xff",
        &[b'x'; 60_000],
    ] {
        for n in 0..2 {
            let request = Request::get("/").header("x-name", name);
            let status = browser.ask(request).await.status;
            assert_eq!(status == StatusCode::OK, n == 0, "{}", name.len());
        }
    }
}

#[tokio::test]
async fn proxies_of_none_believe_nobody_and_what_is_no_network_is_refused() {
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", "10.0.0.1, 6.6.6.6".parse().unwrap());
    let peer = IpAddr::from([192, 0, 2, 1]);
    assert_eq!(TrustedProxies::default().client(peer, &headers), peer);
    assert_eq!(
        TrustedProxies::new([]).unwrap().client(peer, &headers),
        peer
    );
    for text in [
        "",
        "*",
        "proxy.example",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.1:80",
    ] {
        says(
            TrustedProxies::new(["10.0.0.0/8", text]),
            "write `10.0.0.1`, `10.0.0.0/8` or `fd00::/8`",
        );
    }
    // What was given is told, and no more of it than helps.
    let long = TrustedProxies::new([&*"x".repeat(1_000_000)]);
    assert!(long.unwrap_err().to_string().len() < 200);
    // Without `ConnectInfo` nobody has an address, and all are one.
    let limiter = Limiter::gcra(&Cache::memory(), "api", 1, MINUTE).unwrap();
    let limit = RateLimit::new(limiter).by(|parts| {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(peer.ip().to_string())
    });
    let mut browser = Browser::new(&app(limit));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(browser.get("/").await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_limit_that_redis_refuses_to_count_is_an_answer_and_a_warning() {
    let (server, _) = server().await;
    let cache = with_rights(&server, "~cache:* +get +mget").await;
    let log = Log::default();
    let _listens = log.listen();
    for on_outage in [OnOutage::Open, OnOutage::Closed, OnOutage::Error] {
        let limiter = Limiter::gcra(&cache, "api", 2, MINUTE)
            .unwrap()
            .on_outage(on_outage);
        let mut browser = Browser::new(&app(RateLimit::new(limiter)));
        let answer = browser.get("/").await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "it is no outage"
        );
        assert!(!answer.text().contains("permission"), "{}", answer.text());
    }
    assert_eq!(log.count("no_permission"), 3);
    assert_eq!(log.count("hunter2"), 0);
}

/// What a store says to another part of a program is what it says itself.
#[tokio::test]
async fn errors_of_the_store_are_the_same_through_the_layer() {
    each(async |store| {
        let session = session(&store, Some(logged_in(&store, "ada").await));
        session.insert("cart", 1).await.unwrap();
        store.destroy_all("ada").await.unwrap();
        let Error::Store(error) = session.save().await.unwrap_err() else {
            panic!("it is one of the store");
        };
        assert_eq!(error.to_string(), SessionError::Gone.to_string());
    })
    .await;
}
