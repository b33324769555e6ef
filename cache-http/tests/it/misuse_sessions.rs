//! Sessions and limits used wrongly: each says what to do.

use std::time::Duration;

use cache_http::limit::{RateLimit, TrustedProxies};
use cache_http::session::{SessionHandle, SessionStore, login, logout, user};
use cache_runtime::Cache;
use cache_toolkit::Limiter;
use tower_sessions::session::Id;

use crate::row_33_sessions::{logged_in, session, whose};
use crate::{connected, server};

const MINUTE: Duration = Duration::from_secs(60);

fn says<T>(wrong: Result<T, impl ToString>, what: &str) {
    let told = wrong.err().expect("an error").to_string();
    assert!(told.contains(what), "{told}");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_told() {
    let store = || SessionStore::new(&Cache::memory());
    says(store().ttl(Duration::ZERO), "from a second to 366 days");
    says(
        store().ttl(400 * 24 * 60 * MINUTE),
        "from a second to 366 days",
    );
    says(store().most_of_a_user(0), "from 1 to 1,000");
    says(store().most_of_a_user(1_001), "from 1 to 1,000");
    let cache = Cache::memory();
    says(Limiter::gcra(&cache, "a", 0, MINUTE), "limit");
    says(Limiter::gcra(&cache, "a", 1, Duration::ZERO), "period");
    for wrong in ["10.0.0.0/33", "all", "", "10.0.0", "::/129"] {
        says(TrustedProxies::new([wrong]), "write `10.0.0.1`");
    }
    // It is cut, and not echoed in full.
    let long = "x".repeat(1_000_000);
    let error = TrustedProxies::new([&*long]).unwrap_err().to_string();
    assert!(error.len() < 300, "{}", error.len());
}

#[tokio::test]
async fn sessions_are_of_somebody_and_end_once() {
    let (_server, cache) = server().await;
    for store in [
        SessionStore::new(&cache),
        SessionStore::new(&Cache::memory()),
    ] {
        says(login(&session(&store, None), "").await, "not empty");
        // Names are anything else, also what a stranger has chosen.
        let long = "a".repeat(10_000);
        for name in ["a\r\nb\0", "{slot}", "e:1 s:2", "ada lovelace", "Ⅷ", &*long] {
            let id = logged_in(&store, name).await;
            assert_eq!(whose(&store, id).await.as_deref(), Some(name));
            assert_eq!(store.active(name).await.unwrap().len(), 1, "{name:?}");
            assert_eq!(store.destroy_all(name).await.unwrap(), 1);
            assert_eq!(whose(&store, id).await, None);
        }
        // A logout of nobody, and one more.
        let nobody = session(&store, None);
        logout(&nobody).await.unwrap();
        let id = logged_in(&store, "ada").await;
        for _ in 0..2 {
            logout(&session(&store, Some(id))).await.unwrap();
        }
        // An id that somebody made up.
        assert_eq!(user(&session(&store, Some(Id(7)))).await.unwrap(), None);
        let made_up = login(&session(&store, Some(Id(7))), "ada").await;
        made_up.unwrap();
        assert_eq!(whose(&store, Id(7)).await, None, "it is not taken over");
    }
}

#[tokio::test]
async fn handles_are_no_keys_to_others_sessions() {
    let (_server, cache) = server().await;
    for store in [
        SessionStore::new(&cache),
        SessionStore::new(&Cache::memory()),
    ] {
        for text in ["", "1", "../..", &"g".repeat(40), &"A".repeat(40)] {
            says(text.parse::<SessionHandle>(), "SessionStore::active");
        }
        let id = logged_in(&store, "ada").await;
        let handle = SessionHandle::of(id);
        let text = serde_json::to_string(&handle).unwrap();
        assert_eq!(
            serde_json::from_str::<SessionHandle>(&text).unwrap(),
            handle
        );
        assert!(serde_json::from_str::<SessionHandle>("\"x\"").is_err());
        // Bob may not end Ada's.
        assert!(!store.destroy("bob", &handle).await.unwrap());
        assert_eq!(whose(&store, id).await.as_deref(), Some("ada"));
        assert!(store.destroy("ada", &handle).await.unwrap());
        assert!(!store.destroy("ada", &handle).await.unwrap());
    }
}

#[tokio::test]
async fn what_is_too_large_or_not_its_own_is_refused() {
    let (_server, cache) = server().await;
    for store in [
        SessionStore::new(&cache),
        SessionStore::new(&Cache::memory()),
    ] {
        let large = session(&store, None);
        large.insert("cart", "x".repeat(20 << 20)).await.unwrap();
        says(large.save().await, "keep large values elsewhere");
        let id = logged_in(&store, "ada").await;
        let other = session(&store, Some(id));
        other.insert("cache.user", "bob").await.unwrap();
        says(other.save().await, "`cache_http::session::login`");
        assert_eq!(whose(&store, id).await.as_deref(), Some("ada"));
    }
}

#[tokio::test]
async fn a_user_of_redis_needs_these_rights_and_is_told_what_is_missing() {
    let (server, _) = server().await;
    let user = async |rights: &[&str]| {
        let mut words = vec!["ACL", "SETUSER", "web", "reset", "on", ">secret"];
        words.extend([
            "~cache:*",
            "&*",
            "+@connection",
            "+info",
            "+client",
            "+subscribe",
            "+ssubscribe",
        ]);
        words.extend(rights);
        server.run(&words).await.unwrap();
        let url = server.url().replace("redis://", "redis://web:secret@");
        connected(&url).await
    };
    // As the guide has them.
    let rights = [
        "+@hash",
        "+exists",
        "+del",
        "+pexpire",
        "+pttl",
        "+time",
        "+evalsha",
        "+script|load",
    ];
    let cache = user(&rights).await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    assert_eq!(whose(&store, id).await.as_deref(), Some("ada"));
    assert_eq!(store.active("ada").await.unwrap().len(), 1);
    assert_eq!(store.destroy_all("ada").await.unwrap(), 1);
    let cache = user(&rights[1..]).await;
    let store = SessionStore::new(&cache);
    let told = login(&session(&store, None), "ada")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("NOPERM") || told.contains("permission"),
        "{told}"
    );
    assert!(!told.contains("secret") && !told.contains("ada"), "{told}");
}

#[tokio::test]
async fn a_store_of_a_cache_that_is_closed_lets_nobody_in() {
    let (_server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    cache.close().await.unwrap();
    assert!(user(&session(&store, Some(id))).await.is_err());
    assert!(login(&session(&store, None), "ada").await.is_err());
}

#[tokio::test]
async fn a_limit_that_nobody_is_named_for_counts_all_together() {
    use axum::Router;
    use axum::routing::get;

    use crate::browser::Browser;

    let cache = Cache::memory();
    let limiter = Limiter::fixed_window(&cache, "all", 2, MINUTE).unwrap();
    // No layer of sessions is around it, and no address is known.
    let limit = RateLimit::new(limiter).by_user().by(|_| None);
    let app = Router::new().route("/", get(async || "hello")).layer(limit);
    let mut answers = Vec::new();
    for n in 0..3 {
        let mut browser = Browser::new(&app);
        let forged = http::Request::get("/").header("x-forwarded-for", format!("10.0.0.{n}"));
        answers.push(browser.ask(forged).await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 429]);
}
