//! What somebody tries who has read the public documentation: to be who he is not, to stay who he was, to be counted as
//! another.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use cache_http::limit::{RateLimit, TrustedProxies, network, secret_header};
use cache_http::session::{SessionHandle, login, logout, user};
use cache_runtime::Cache;
use cache_toolkit::Limiter;
use http::request::Parts;
use http::{Request, StatusCode};
use tower_sessions::session::Id;
use tower_sessions::{Session, SessionStore as _};

use crate::browser::Browser;
use crate::row_33_sessions::{each, logged_in, session, whose};

const MINUTE: Duration = Duration::from_secs(60);

/// A handler that lets its caller choose what values are called.
#[tokio::test]
async fn a_value_by_the_name_of_the_user_logs_nobody_in() {
    each(async |store| {
        let mallory = session(&store, None);
        mallory.insert("cache.user", "ada").await.unwrap();
        let error = mallory.save().await.unwrap_err().to_string();
        assert!(
            error.contains("use `cache_http::session::login`"),
            "{error}"
        );
        assert!(store.active("ada").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_value_by_the_name_of_what_was_loaded_is_not_believed() {
    each(async |store| {
        // As it stands in a session of one's own, with another user in it.
        let own = session(&store, Some(logged_in(&store, "mallory").await));
        own.load().await.unwrap();
        let base: serde_json::Value = own.get("cache.base").await.unwrap().unwrap();
        let adas = session(&store, Some(logged_in(&store, "ada").await));
        adas.load().await.unwrap();
        let hash: serde_json::Value = adas.get("cache.base").await.unwrap().unwrap();
        let mut forged = base.clone();
        forged["user"] = hash["user"].clone();
        forged.as_object_mut().unwrap().remove("proof");
        store.destroy_all("ada").await.unwrap();
        for forged in [forged, serde_json::json!(1), serde_json::json!({})] {
            let mallory = session(&store, None);
            mallory.insert("cache.base", forged).await.unwrap();
            mallory.insert("cache.user", "ada").await.unwrap();
            let error = mallory.save().await.unwrap_err().to_string();
            assert!(error.contains("begin with `cache.`"), "{error}");
        }
        assert!(store.active("ada").await.unwrap().is_empty());
    })
    .await;
}

/// A request that reads a long body, and then changes its id, as it would be after a password was asked for again.
#[tokio::test]
async fn a_session_that_has_ended_does_not_live_on_by_a_change_of_its_id() {
    each(async |store| {
        for end in ["logout", "destroy", "destroy_all", "login"] {
            let id = logged_in(&store, "ada").await;
            let slow = session(&store, Some(id));
            assert!(user(&slow).await.unwrap().is_some());
            let now = session(&store, Some(id));
            match end {
                "logout" => logout(&now).await.unwrap(),
                "destroy" => assert!(store.destroy("ada", &SessionHandle::of(id)).await.unwrap()),
                "destroy_all" => assert!(store.destroy_all("ada").await.unwrap() > 0),
                _ => login(&now, "ada").await.unwrap(),
            }
            let before = store.active("ada").await.unwrap().len();
            slow.cycle_id().await.unwrap();
            let error = slow.save().await.unwrap_err().to_string();
            assert!(error.contains("the session ended"), "{end}: {error}");
            assert_eq!(store.active("ada").await.unwrap().len(), before, "{end}");
            store.destroy_all("ada").await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_logout_while_the_id_is_changed_ends_it() {
    each(async |store| {
        for end in ["logout", "destroy", "destroy_all"] {
            let id = logged_in(&store, "ada").await;
            let slow = session(&store, Some(id));
            let now = session(&store, Some(id));
            user(&now).await.unwrap();
            slow.cycle_id().await.unwrap();
            match end {
                "logout" => logout(&now).await.unwrap(),
                "destroy" => drop(store.destroy("ada", &SessionHandle::of(id)).await.unwrap()),
                _ => drop(store.destroy_all("ada").await.unwrap()),
            }
            let error = slow.save().await.unwrap_err().to_string();
            assert!(error.contains("the session ended"), "{end}: {error}");
            assert!(store.active("ada").await.unwrap().is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn another_user_does_not_end_it_while_the_id_is_changed() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let slow = session(&store, Some(id));
        slow.cycle_id().await.unwrap();
        let ended = store.destroy("mallory", &SessionHandle::of(id)).await;
        assert_eq!(ended, Ok(false));
        slow.save().await.unwrap();
        assert!(whose(&store, slow.id().unwrap()).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_changed_id_that_nobody_ended_is_the_same_session() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let session = session(&store, Some(id));
        session.insert("cart", 1).await.unwrap();
        for _ in 0..2 {
            session.cycle_id().await.unwrap();
            session.save().await.unwrap();
        }
        assert_eq!(whose(&store, id).await, None);
        let now = session.id().unwrap();
        assert_eq!(whose(&store, now).await.as_deref(), Some("ada"));
        assert_eq!(store.active("ada").await.unwrap().len(), 1);
        let after = self::session(&store, Some(now));
        assert_eq!(after.get::<u8>("cart").await.unwrap(), Some(1));
    })
    .await;
}

/// Two logins in one browser, the second as somebody who may less.
#[tokio::test]
async fn who_logs_in_after_another_has_nothing_of_his() {
    each(async |store| {
        let id = logged_in(&store, "root").await;
        let before = session(&store, Some(id));
        before.insert("is_admin", true).await.unwrap();
        before.save().await.unwrap();
        let browser = session(&store, Some(id));
        login(&browser, "mallory").await.unwrap();
        let after = session(&store, browser.id());
        assert_eq!(user(&after).await.unwrap().as_deref(), Some("mallory"));
        assert_eq!(after.get::<bool>("is_admin").await.unwrap(), None);
        assert_eq!(whose(&store, id).await, None);
    })
    .await;
}

/// The usual end of a change of password.
#[tokio::test]
async fn who_ends_all_his_sessions_can_log_in_in_the_same_request() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        let other = logged_in(&store, "ada").await;
        let here = session(&store, Some(id));
        assert!(user(&here).await.unwrap().is_some());
        assert_eq!(store.destroy_all("ada").await.unwrap(), 2);
        login(&here, "ada").await.unwrap();
        assert_eq!(whose(&store, other).await, None);
        assert_eq!(whose(&store, id).await, None);
        assert!(whose(&store, here.id().unwrap()).await.is_some());
    })
    .await;
}

/// Each way in which two requests at once may change one value, of which the later has stored something before.
#[tokio::test]
async fn what_another_has_changed_is_never_overwritten_by_who_has_not_seen_it() {
    each(async |store| {
        for (first, second) in [
            (Some(1), Some(2)),
            (Some(1), None),
            (None, Some(2)),
            (None, None),
        ] {
            for is_stored_before in [false, true] {
                let id = logged_in(&store, "ada").await;
                let before = session(&store, Some(id));
                before.insert("cart", 0).await.unwrap();
                before.insert("theme", 0).await.unwrap();
                before.save().await.unwrap();
                let (one, two) = (session(&store, Some(id)), session(&store, Some(id)));
                for session in [&one, &two] {
                    user(session).await.unwrap();
                }
                change(&one, first).await;
                one.save().await.unwrap();
                if is_stored_before {
                    two.remove_value("theme").await.unwrap();
                    two.save().await.unwrap();
                }
                change(&two, second).await;
                let saved = two.save().await.map_err(|error| error.to_string());
                let what = format!("{first:?} {second:?} {is_stored_before}");
                if first == second {
                    saved.expect(&what);
                } else {
                    let error = saved.expect_err(&what);
                    assert!(error.contains("another request has changed"), "{error}");
                }
                let after = session(&store, Some(id));
                assert_eq!(after.get::<u8>("cart").await.unwrap(), first, "{what}");
            }
        }
    })
    .await;
}

async fn change(session: &Session, cart: Option<u8>) {
    match cart {
        Some(cart) => session.insert("cart", cart).await.unwrap(),
        None => drop(session.remove_value("cart").await.unwrap()),
    }
}

#[tokio::test]
async fn an_id_that_somebody_made_up_is_not_taken_over() {
    each(async |store| {
        let made_up = Id(7);
        let browser = session(&store, Some(made_up));
        login(&browser, "ada").await.unwrap();
        assert_ne!(browser.id(), Some(made_up));
        let browser = session(&store, Some(made_up));
        browser.insert("cart", 1).await.unwrap();
        browser.save().await.unwrap();
        assert_ne!(browser.id(), Some(made_up));
        assert!(store.load(&made_up).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn ids_beside_that_of_another_find_nobody() {
    each(async |store| {
        let id = logged_in(&store, "ada").await;
        // In the bucket of the user, as are all his ids.
        for bit in 0..128 {
            let other = Id(id.0 ^ (1_i128 << bit));
            assert_eq!(whose(&store, other).await, None, "{bit}");
        }
        // What the list says is no id either.
        let handle = SessionHandle::of(id).to_string();
        assert!(handle.parse::<Id>().is_err());
        assert!(whose(&store, id).await.is_some());
        assert!(store.delete(&Id(id.0 ^ 1)).await.is_ok());
        assert!(
            whose(&store, id).await.is_some(),
            "he ends none but his own"
        );
    })
    .await;
}

fn app(limit: RateLimit) -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(limit)
}

fn by_address(trusted: &[&str]) -> impl Fn(&Parts) -> Option<String> + use<> {
    let proxies = TrustedProxies::new(trusted.iter().copied()).unwrap();
    move |parts| {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(network(proxies.client(peer.ip(), &parts.headers)))
    }
}

/// Of one caller, who is known by his address behind a proxy, each way to write it.
#[tokio::test]
async fn an_address_is_one_address_however_it_is_written() {
    for (first, others) in [
        (
            "192.0.2.1",
            vec![
                "192.0.2.1:4711",
                " 192.0.2.1\t",
                "::ffff:192.0.2.1",
                "::FFFF:c000:201",
                "[::ffff:192.0.2.1]:80",
                "\"192.0.2.1\"",
            ],
        ),
        (
            "2001:db8::1",
            vec![
                "2001:DB8:0:0:0:0:0:1",
                "[2001:db8::1]",
                "[2001:db8::1]:443",
                "2001:db8::ffff:1",
            ],
        ),
    ] {
        let limiter = Limiter::gcra(&Cache::memory(), "api", 1, MINUTE).unwrap();
        let mut browser =
            Browser::new(&app(RateLimit::new(limiter).by(by_address(&["10.0.0.0/8"]))));
        let mut ask = async |forwarded: &[u8]| {
            let request = Request::get("/")
                .extension(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 1))))
                .header("x-forwarded-for", forwarded);
            browser.ask(request).await.status
        };
        assert_eq!(ask(first.as_bytes()).await, StatusCode::OK);
        for other in others {
            let status = ask(other.as_bytes()).await;
            assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{other}");
        }
        // A proxy adds the address to what it was sent, whatever that is.
        for sent in [
            &b"\xff"[..],
            b"unknown",
            b"",
            b",,",
            b"\"",
            b"[",
            b"10.0.0.1",
            b"127.0.0.1, 6.6.6.6",
        ] {
            let line = [sent, b", ", first.as_bytes()].concat();
            let status = ask(&line).await;
            let sent = String::from_utf8_lossy(sent);
            assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{sent}");
        }
    }
}

#[tokio::test]
async fn nobody_is_a_proxy_by_his_own_word() {
    for trusted in [&[][..], &["10.0.0.0/8"]] {
        let limiter = Limiter::gcra(&Cache::memory(), "api", 1, MINUTE).unwrap();
        let mut browser = Browser::new(&app(RateLimit::new(limiter).by(by_address(trusted))));
        let peer: IpAddr = "192.0.2.1".parse().unwrap();
        for n in 0..5 {
            let request = Request::get("/")
                .extension(ConnectInfo(SocketAddr::from((peer, 1_000 + n))))
                .header("x-forwarded-for", format!("10.0.0.{n}, 7.7.7.{n}"))
                .header("x-real-ip", format!("7.7.7.{n}"))
                .header("forwarded", format!("for=7.7.7.{n}"));
            let status = browser.ask(request).await.status;
            let is_first = n == 0;
            assert_eq!(status == StatusCode::OK, is_first, "{trusted:?} {n}");
        }
    }
}

/// The check before takes the first line, and the scheme in any case, as servers do.
#[tokio::test]
async fn a_secret_is_one_secret_however_its_header_is_written() {
    let limiter = Limiter::gcra(&Cache::memory(), "api", 1, MINUTE).unwrap();
    let mut browser = Browser::new(&app(
        RateLimit::new(limiter).by(secret_header("authorization"))
    ));
    let ask = async |browser: &mut Browser, lines: &[&str]| {
        let mut request = Request::get("/");
        for line in lines {
            request = request.header("authorization", *line);
        }
        browser.ask(request).await.status
    };
    assert_eq!(ask(&mut browser, &["Bearer abc"]).await, StatusCode::OK);
    for line in ["bearer abc", "BEARER abc", "Bearer  abc", "Bearer abc "] {
        let status = ask(&mut browser, &[line]).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{line:?}");
    }
    assert_eq!(ask(&mut browser, &["Bearer ABC"]).await, StatusCode::OK);
    // Two lines are none: whichever was checked, the other may be made up.
    assert_eq!(
        ask(&mut browser, &["Bearer abc", "1"]).await,
        StatusCode::OK
    );
    for n in 2..5 {
        let other = n.to_string();
        let status = ask(&mut browser, &["Bearer abc", &other]).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        let status = ask(&mut browser, &[&other, "Bearer abc"]).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    }
}
