//! Row 33: sessions that end when they should, and stay ended.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use cache_http::session::{SessionError, SessionHandle, SessionStore, login, logout, user};
use cache_runtime::Cache;
use cache_tests::Server;
use http::StatusCode;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Error, Id};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore as _};

use crate::browser::Browser;
use crate::children::{Process, variable};
use crate::{connected, server};

const DAY: u64 = 24 * 3_600;

/// As the layer makes it for a request with this cookie.
pub(crate) fn session(store: &SessionStore, id: Option<Id>) -> Session {
    Session::new(id, Arc::new(store.clone()), None)
}

pub(crate) async fn logged_in(store: &SessionStore, user: &str) -> Id {
    let session = session(store, None);
    login(&session, user).await.unwrap();
    session.id().unwrap()
}

pub(crate) async fn whose(store: &SessionStore, id: Id) -> Option<String> {
    user(&session(store, Some(id))).await.unwrap()
}

/// What is stored of it, by names of Redis.
async fn names(server: &Server) -> Vec<String> {
    let keys = server.keys().await.unwrap().into_iter();
    keys.filter(|key| key.contains(":session:")).collect()
}

async fn seconds_left(server: &Server, key: &str) -> u64 {
    let left = server.run(&["PTTL", key]).await.unwrap();
    redis::from_redis_value::<u64>(left).unwrap() / 1_000
}

fn says(error: &Error, text: &SessionError) -> bool {
    error.to_string() == text.to_string()
}

/// A service: what it says of the session's user and his notes.
fn app(store: &SessionStore) -> Router {
    let layer = SessionManagerLayer::new(store.clone())
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::days(30)));
    Router::new()
        .route(
            "/",
            get(async |session: Session| user(&session).await.unwrap().unwrap_or_default()),
        )
        .route(
            "/note/{name}",
            post(async |Path(name): Path<String>, session: Session| {
                session.insert(&name, 1).await.unwrap();
            }),
        )
        .route(
            "/login/{user}",
            post(async |Path(user): Path<String>, session: Session| {
                login(&session, &user).await.unwrap();
            }),
        )
        .route(
            "/logout",
            post(async |session: Session| logout(&session).await.unwrap()),
        )
        .layer(layer)
}

/// Both kinds of cache, as both keep what is promised.
pub(crate) async fn each(mut check: impl AsyncFnMut(SessionStore)) {
    let (_server, cache) = server().await;
    check(SessionStore::new(&cache)).await;
    check(SessionStore::new(&Cache::memory())).await;
}

#[tokio::test]
async fn row_33_a_session_lives_24_hours_from_its_last_use_under_session_and_the_hash_of_its_id() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    let found = names(&server).await;
    let [key] = &found[..] else {
        panic!("{found:?}")
    };
    assert!(key.starts_with("cache:k:session:"), "{key}");
    assert!(
        !key.contains(&id.to_string()) && !key.contains("ada"),
        "{key}"
    );
    let left = seconds_left(&server, key).await;
    assert!((DAY - 1..=DAY + DAY / 100).contains(&left), "{left}");
    // As if it was not used for 23 hours.
    for use_of in ["load", "save"] {
        server.run(&["EXPIRE", key, "3600"]).await.unwrap();
        if use_of == "load" {
            assert_eq!(whose(&store, id).await.as_deref(), Some("ada"));
        } else {
            let session = session(&store, Some(id));
            session.load().await.unwrap();
            server.run(&["EXPIRE", key, "3600"]).await.unwrap();
            session.save().await.unwrap();
        }
        assert!(seconds_left(&server, key).await >= DAY - 1, "{use_of}");
    }
    let half = store.clone().ttl(Duration::from_secs(1_800)).unwrap();
    let id = logged_in(&half, "bob").await;
    let bobs = names(&server)
        .await
        .into_iter()
        .find(|name| name != key)
        .unwrap();
    let left = seconds_left(&server, &bobs).await;
    assert!((1_799..=1_818).contains(&left), "{left}");
    server.run(&["PEXPIRE", &bobs, "1"]).await.unwrap();
    while !server
        .keys()
        .await
        .unwrap()
        .iter()
        .all(|name| *name != bobs)
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(whose(&half, id).await, None, "it is over");
}

#[tokio::test]
async fn each_load_is_one_round_trip_and_hardly_any_writes() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    whose(&store, id).await;
    server.run(&["CONFIG", "RESETSTAT"]).await.unwrap();
    for _ in 0..100 {
        assert!(whose(&store, id).await.is_some());
    }
    let info = server.run(&["INFO", "commandstats"]).await.unwrap();
    let info: String = redis::from_redis_value(info).unwrap();
    let calls = |name: &str| {
        info.lines()
            .any(|line| line.starts_with(&format!("cmdstat_{name}")))
    };
    assert!(info.contains("cmdstat_evalsha:calls=100,"), "{info}");
    assert!(!calls("pexpire:") && !calls("hset:"), "{info}");
}

#[tokio::test]
async fn an_end_that_the_layer_sets_before_the_ttl_is_kept_to() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let ends = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
    let session = Session::new(
        None,
        Arc::new(store.clone()),
        Some(Expiry::AtDateTime(ends)),
    );
    login(&session, "ada").await.unwrap();
    let key = names(&server).await.remove(0);
    for _ in 0..2 {
        assert!((3_500..=3_600).contains(&seconds_left(&server, &key).await));
        assert!(whose(&store, session.id().unwrap()).await.is_some());
    }
}

#[tokio::test]
async fn fixation_an_id_from_before_the_login_is_of_no_use_after() {
    each(async |store| {
        let mut ada = Browser::new(&app(&store));
        ada.post("/note/cart").await;
        let planted = ada.cookie.clone().unwrap();
        let mut mallory = ada.clone();
        let answer = ada.post("/login/ada").await;
        let cookie = answer.header("set-cookie");
        for part in ["HttpOnly", "Secure", "SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert_ne!(ada.cookie, Some(planted));
        assert_eq!(ada.get("/").await.text(), "ada");
        assert_eq!(
            mallory.get("/").await.text(),
            "",
            "the planted id is nobody's"
        );
        // What was in it before is still there.
        let id = ada
            .cookie
            .unwrap()
            .split_once('=')
            .unwrap()
            .1
            .parse()
            .unwrap();
        assert_eq!(
            session(&store, Some(id)).get::<u8>("cart").await.unwrap(),
            Some(1)
        );
    })
    .await;
}

#[tokio::test]
async fn a_user_is_only_changed_with_the_id() {
    each(async |store| {
        let anonymous = session(&store, None);
        anonymous.insert("cart", 1).await.unwrap();
        anonymous.save().await.unwrap();
        anonymous.insert("cache.user", "ada").await.unwrap();
        let error = anonymous.save().await.unwrap_err();
        assert!(says(&error, &SessionError::OtherUser), "{error}");
        assert_eq!(whose(&store, anonymous.id().unwrap()).await, None);
        let ada = session(&store, Some(logged_in(&store, "ada").await));
        ada.clear().await;
        let error = ada.save().await.unwrap_err();
        assert!(says(&error, &SessionError::OtherUser), "{error}");
    })
    .await;
}

#[tokio::test]
async fn replay_after_the_logout_finds_nobody_in_any_process() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let other = SessionStore::new(&connected(&server.url()).await);
    let mut ada = Browser::new(&app(&store));
    ada.post("/login/ada").await;
    let mut thief = Browser::new(&app(&other));
    thief.cookie.clone_from(&ada.cookie);
    assert_eq!(thief.get("/").await.text(), "ada");
    ada.post("/logout").await;
    assert_eq!(ada.cookie, None, "the browser is to forget it");
    assert_eq!(thief.get("/").await.text(), "");
    assert!(names(&server).await.is_empty());
}

#[tokio::test]
async fn a_request_that_ends_after_the_logout_does_not_bring_the_session_back() {
    each(async |store| {
        for end in ["logout", "destroy", "destroy_all", "login"] {
            let id = logged_in(&store, "ada").await;
            let late = session(&store, Some(id));
            late.insert("cart", 1).await.unwrap();
            let now = session(&store, Some(id));
            match end {
                "logout" => logout(&now).await.unwrap(),
                "destroy" => assert!(store.destroy("ada", &SessionHandle::of(id)).await.unwrap()),
                "destroy_all" => assert!(store.destroy_all("ada").await.unwrap() > 0),
                _ => login(&now, "ada").await.unwrap(),
            }
            let error = late.save().await.unwrap_err();
            assert!(says(&error, &SessionError::Gone), "{end}: {error}");
            assert_eq!(whose(&store, id).await, None, "{end}");
            let active = store.active("ada").await.unwrap().len();
            assert_eq!(active, usize::from(end == "login"), "{end}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_under_way_can_not_take_an_ended_session_along_under_another_id() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let late = session(&store, Some(id));
        late.insert("cart", 1).await.unwrap();
        store.destroy_all("ada").await.unwrap();
        late.cycle_id().await.unwrap();
        let error = late.save().await.unwrap_err();
        assert!(says(&error, &SessionError::Gone), "{error}");
        assert!(store.active("ada").await.unwrap().is_empty());
        // And a login after that is a session as ever.
        logged_in(&store, "ada").await;
        assert_eq!(store.active("ada").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn lost_update_two_requests_at_once_keep_what_both_have_changed() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let before = session(&store, Some(id));
        before.insert("theme", "dark").await.unwrap();
        before.save().await.unwrap();
        let (one, two) = (session(&store, Some(id)), session(&store, Some(id)));
        one.insert("cart", 1).await.unwrap();
        one.remove::<String>("theme").await.unwrap();
        two.insert("seen", 2).await.unwrap();
        one.save().await.unwrap();
        two.save().await.unwrap();
        let after = session(&store, Some(id));
        assert_eq!(after.get::<u8>("cart").await.unwrap(), Some(1));
        assert_eq!(after.get::<u8>("seen").await.unwrap(), Some(2));
        assert_eq!(after.get::<String>("theme").await.unwrap(), None);
        assert_eq!(user(&after).await.unwrap().as_deref(), Some("ada"));
    })
    .await;
}

#[tokio::test]
async fn lost_update_of_one_value_is_refused_or_the_last_wins_as_chosen() {
    each(async |store| {
        for is_strict in [true, false] {
            let store = if is_strict {
                store.clone()
            } else {
                store.clone().last_wins()
            };
            let id = logged_in(&store, "ada").await;
            let (one, two) = (session(&store, Some(id)), session(&store, Some(id)));
            one.insert("cart", 1).await.unwrap();
            two.insert("cart", 2).await.unwrap();
            two.insert("seen", 2).await.unwrap();
            one.save().await.unwrap();
            let saved = two.save().await;
            let after = session(&store, Some(id));
            let cart = after.get::<u8>("cart").await.unwrap();
            let seen = after.get::<u8>("seen").await.unwrap();
            if is_strict {
                assert!(says(&saved.unwrap_err(), &SessionError::Conflict));
                assert_eq!((cart, seen), (Some(1), None), "all or nothing");
            } else {
                saved.unwrap();
                assert_eq!((cart, seen), (Some(2), Some(2)));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_that_stores_more_than_once_is_not_in_its_own_way() {
    each(async |store| {
        let session = session(&store, Some(logged_in(&store, "ada").await));
        for n in 0..3 {
            session.insert("cart", n).await.unwrap();
            session.save().await.unwrap();
            session.remove::<u8>("cart").await.unwrap();
            session.save().await.unwrap();
        }
        session.insert("cart", 9).await.unwrap();
        session.save().await.unwrap();
        let anonymous = self::session(&store, None);
        for n in 0..3 {
            anonymous.insert("cart", n).await.unwrap();
            anonymous.save().await.unwrap();
        }
        anonymous.clear().await;
        anonymous.insert("other", 1).await.unwrap();
        anonymous.save().await.unwrap();
        let after = self::session(&store, anonymous.id());
        assert_eq!(after.get::<u8>("cart").await.unwrap(), None);
        assert_eq!(after.get::<u8>("other").await.unwrap(), Some(1));
    })
    .await;
}

#[tokio::test]
async fn row_33_active_sessions_of_a_user_are_listed_and_each_or_all_can_be_ended() {
    each(async |store| {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(logged_in(&store, "ada").await);
        }
        let bob = logged_in(&store, "bob").await;
        let active = store.active("ada").await.unwrap();
        assert_eq!(active.len(), 3);
        for info in &active {
            assert!(ids.iter().any(|id| SessionHandle::of(*id) == info.handle));
            let left = info.ends.duration_since(info.last_used).unwrap().as_secs();
            assert!((DAY - 1..=DAY + DAY / 100).contains(&left), "{left}");
            assert!(info.created <= info.last_used);
        }
        let first = SessionHandle::of(ids[0]);
        assert!(
            !store.destroy("bob", &first).await.unwrap(),
            "it is not his"
        );
        assert!(store.destroy("ada", &first).await.unwrap());
        assert!(!store.destroy("ada", &first).await.unwrap(), "it has ended");
        assert_eq!(whose(&store, ids[0]).await, None);
        assert_eq!(whose(&store, ids[1]).await.as_deref(), Some("ada"));
        assert_eq!(store.destroy_all("ada").await.unwrap(), 2);
        assert!(store.active("ada").await.unwrap().is_empty());
        assert_eq!(whose(&store, ids[1]).await, None);
        assert_eq!(whose(&store, bob).await.as_deref(), Some("bob"));
    })
    .await;
}

#[tokio::test]
async fn one_session_more_than_a_user_may_have_ends_the_one_not_used_for_longest() {
    each(async |store| {
        let store = store.most_of_a_user(3).unwrap();
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(logged_in(&store, "ada").await);
            // The clock of the list has milliseconds.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(store.active("ada").await.unwrap().len(), 3);
        for (at, id) in ids.into_iter().enumerate() {
            assert_eq!(whose(&store, id).await.is_some(), at >= 2, "{at}");
        }
    })
    .await;
}

#[tokio::test]
async fn while_redis_is_away_nobody_is_logged_in() {
    let (mut server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    server.kill9().unwrap();
    let error = user(&session(&store, Some(id))).await.unwrap_err();
    assert!(error.to_string().contains("redis"), "{error}");
    assert!(
        matches!(store.destroy_all("ada").await, Err(SessionError::Command(error)) if error.is_outage())
    );
    server.restart().await.unwrap();
    cache.connect().await.unwrap();
    assert_eq!(whose(&store, id).await, None, "this server keeps nothing");
}

#[tokio::test]
async fn a_lost_list_ends_its_sessions_and_lets_none_through() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    let list = server
        .keys()
        .await
        .unwrap()
        .into_iter()
        .find(|key| key.contains(":sessions:"));
    server.run(&["DEL", &list.unwrap()]).await.unwrap();
    assert_eq!(whose(&store, id).await, None);
    assert!(names(&server).await.is_empty());
}

const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn row_33_of_two_processes_the_one_sees_at_once_what_the_other_ends() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let url = server.url();
    let start = || {
        Process::start(
            "row_33_sessions::a_process_that_uses_a_session",
            &[("SESSION_URL", &*url)],
        )
    };
    let mut other = start();
    let (mut alive, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let id = other.says("id").parse().unwrap();
        assert_eq!(whose(&store, id).await.as_deref(), Some("ada"), "{round}");
        // It goes on loading and storing it; one of these is under way at any moment.
        if round % 2 == 0 {
            assert_eq!(store.destroy_all("ada").await.unwrap(), 1);
        } else {
            logout(&session(&store, Some(id))).await.unwrap();
        }
        assert_eq!(whose(&store, id).await, None, "{round}");
        let counts = other.says("used");
        let (stored, late) = counts.split_once(' ').unwrap();
        alive += stored.parse::<usize>().unwrap();
        refused += late.parse::<usize>().unwrap();
        assert_eq!(
            whose(&store, id).await,
            None,
            "{round}: nothing has brought it back"
        );
    }
    assert!(alive >= ROUNDS, "{alive} were stored");
    assert!(refused <= ROUNDS, "{refused} came late");
    assert!(store.active("ada").await.unwrap().is_empty());
}

/// It is started by another test, which gives it its variables.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process that another test starts"]
#[expect(clippy::print_stdout, reason = "it answers on its output")]
async fn a_process_that_uses_a_session() {
    let store = SessionStore::new(&connected(&variable("SESSION_URL")).await);
    for _ in 0..ROUNDS {
        let id = logged_in(&store, "ada").await;
        let (mut stored, mut late) = (0, 0);
        let mut n = 0;
        while late == 0 {
            let now = session(&store, Some(id));
            if user(&now).await.unwrap().is_none() {
                break;
            }
            n += 1;
            now.insert("n", n).await.unwrap();
            match now.save().await {
                Ok(()) => stored += 1,
                Err(error) => {
                    assert!(says(&error, &SessionError::Gone), "{error}");
                    late += 1;
                }
            }
            if stored == 1 {
                println!("\nid {id}");
            }
        }
        println!("\nused {stored} {late}");
    }
}

#[tokio::test]
async fn what_is_kept_under_the_name_of_a_session_by_others_is_told() {
    let (server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let id = logged_in(&store, "ada").await;
    let key = names(&server).await.remove(0);
    server.run(&["DEL", &key]).await.unwrap();
    server.run(&["SET", &key, "foreign"]).await.unwrap();
    let error = store.load(&id).await.unwrap_err();
    assert!(error.to_string().contains("another type"), "{error}");
}

#[tokio::test]
async fn an_answer_that_could_not_be_stored_is_an_error_and_sets_no_cookie() {
    let (_server, cache) = server().await;
    let store = SessionStore::new(&cache);
    let ended = store.clone();
    let slow = post(async move |session: Session| {
        session.insert("cart", 1).await.unwrap();
        ended.destroy_all("ada").await.unwrap();
    });
    let app = app(&store).merge(
        Router::new()
            .route("/slow", slow)
            .layer(SessionManagerLayer::new(store.clone())),
    );
    let mut ada = Browser::new(&app);
    ada.post("/login/ada").await;
    let answer = ada.post("/slow").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.header("set-cookie"), "");
    assert_eq!(ada.get("/").await.text(), "");
}
