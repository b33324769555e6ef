//! Row 32: responses kept by method, path, sorted query and the fields they vary by; five minutes, an API's one; `X-Cache`;
//! never across users.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use cache_http::ResponseCache;
use cache_runtime::Cache;
use cache_tests::Server;

use crate::handler::{App, owned};
use crate::wait_until;

const FIVE_MINUTES: Duration = Duration::from_secs(300);

fn layer() -> ResponseCache {
    ResponseCache::new(&Cache::memory()).ttl(FIVE_MINUTES)
}

async fn on(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url()).build().expect("a cache");
    cache.connect().await.expect("connected");
    cache
}

#[tokio::test]
async fn a_response_that_says_nothing_is_kept_for_the_ttl_by_its_sorted_query() {
    let app = App::saying(layer(), &[]);
    let first = app.get("/a?x=1&b=2").await;
    let second = app.get("/a?b=2&x=1").await;
    assert_eq!((first.from(), second.from()), ("MISS", "HIT"));
    assert_eq!(
        (&*first.body, &*second.body, app.calls()),
        ("answer 1", "answer 1", 1)
    );
    assert_eq!(
        first.field("cache-status"),
        "cache-runtime; fwd=miss; stored; ttl=300"
    );
    assert!(
        second
            .field("cache-status")
            .starts_with("cache-runtime; hit; ttl=")
    );
    assert_eq!(second.field("age"), "0");
    for other in ["/a?x=1&b=3", "/a", "/b?x=1&b=2", "/a?x=1&b=2&b=2"] {
        assert_eq!(app.get(other).await.from(), "MISS", "{other}");
    }
    assert_eq!(
        App::saying(ResponseCache::new(&Cache::memory()), &[])
            .get("/")
            .await
            .from(),
        "MISS"
    );
    let silent = App::saying(ResponseCache::new(&Cache::memory()), &[]);
    silent.get("/").await;
    assert_eq!(
        silent.get("/").await.from(),
        "MISS",
        "without a ttl it says itself what is kept"
    );
}

#[tokio::test]
async fn who_has_it_is_told_so_by_304_and_who_has_another_by_412() {
    let app = App::saying(layer(), &[]);
    let etag = app.get("/").await.field("etag").to_owned();
    assert!(
        etag.starts_with('"') && etag.len() == 34,
        "a strong one: {etag}"
    );
    let weak = format!("\"x\", W/{etag}");
    for known in [&*etag, &*weak, "*"] {
        let said = app.ask(Method::GET, "/", &[("if-none-match", known)]).await;
        assert_eq!(
            (said.status, &*said.body),
            (StatusCode::NOT_MODIFIED, ""),
            "{known}"
        );
        assert_eq!((said.field("etag"), said.from()), (&*etag, "HIT"));
    }
    let other = app
        .ask(Method::GET, "/", &[("if-none-match", "\"x\"")])
        .await;
    assert_eq!(other.status, StatusCode::OK);
    let failed = app.ask(Method::GET, "/", &[("if-match", "\"x\"")]).await;
    assert_eq!(
        (failed.status, &*failed.body),
        (StatusCode::PRECONDITION_FAILED, "")
    );
    assert_eq!(
        app.ask(Method::GET, "/", &[("if-match", &etag)])
            .await
            .status,
        StatusCode::OK
    );
    // The first of all has its condition judged too, by what the handler answers without it.
    let first = app
        .ask(Method::GET, "/new", &[("if-none-match", "*")])
        .await;
    assert_eq!(
        (first.status, first.from()),
        (StatusCode::NOT_MODIFIED, "MISS")
    );
    assert_eq!(app.get("/new").await.from(), "HIT");
    assert_eq!(app.calls(), 2);
}

#[tokio::test]
async fn head_is_answered_from_what_get_left_and_a_range_by_the_handler() {
    let app = App::saying(layer(), &[]);
    assert_eq!(app.ask(Method::HEAD, "/", &[]).await.from(), "BYPASS");
    app.get("/").await;
    let head = app.ask(Method::HEAD, "/", &[]).await;
    assert_eq!(
        (head.from(), &*head.body, head.field("content-length")),
        ("HIT", "", "8")
    );
    let range = app.ask(Method::GET, "/", &[("range", "bytes=0-1")]).await;
    assert_eq!((range.from(), app.calls()), ("BYPASS", 3));
    let nothing = app
        .ask(
            Method::GET,
            "/other",
            &[("cache-control", "only-if-cached")],
        )
        .await;
    assert_eq!(
        (nothing.status, app.calls()),
        (StatusCode::GATEWAY_TIMEOUT, 3)
    );
}

#[tokio::test]
async fn of_a_thousand_at_once_one_reaches_the_handler() {
    let app = App::saying(layer(), &[]);
    let asked: Vec<_> = (0..1_000)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.get("/herd").await.body })
        })
        .collect();
    for said in asked {
        assert_eq!(said.await.expect("an answer"), "answer 1");
    }
    assert_eq!(app.calls(), 1);
}

#[tokio::test]
async fn nothing_of_one_user_reaches_another() {
    for fields in [
        [
            ("set-cookie", "id=1"),
            ("cache-control", "public, max-age=60"),
        ],
        [("x-a", "1"), ("cache-control", "private, max-age=60")],
        [("x-a", "1"), ("cache-control", "no-store")],
        [("vary", "*"), ("cache-control", "max-age=60")],
    ] {
        let app = App::saying(layer(), &fields);
        app.get("/").await;
        assert_eq!(app.get("/").await.body, "answer 2", "{fields:?}");
    }
    let app = App::saying(layer(), &[]);
    for whose in [("authorization", "Bearer a"), ("cookie", "id=1")] {
        app.ask(Method::GET, "/", &[whose]).await;
    }
    assert_eq!(
        (app.get("/").await.body, app.calls()),
        ("answer 3".to_owned(), 3)
    );

    let by_user = layer().private_by(|request| {
        let user = request.headers.get("x-user")?;
        user.to_str().ok().map(str::to_owned)
    });
    let app = App::saying(by_user, &[("cache-control", "private, max-age=60")]);
    for (user, answer, from) in [
        ("ada", 1, "MISS"),
        ("bob", 2, "MISS"),
        ("ada", 1, "HIT"),
        ("bob", 2, "HIT"),
    ] {
        let said = app.ask(Method::GET, "/", &[("x-user", user)]).await;
        assert_eq!(
            (said.body, said.headers["x-cache"].to_str().unwrap()),
            (format!("answer {answer}"), from)
        );
    }
    app.get("/").await;
    assert_eq!(app.get("/").await.from(), "MISS", "nobody's is not private");
}

#[tokio::test]
async fn each_variant_is_kept_for_who_asks_for_it() {
    let app = App::saying(layer(), &[("vary", "Accept-Language, Accept")]);
    for (language, answer, from) in [
        ("en", 1, "MISS"),
        ("de", 2, "MISS"),
        ("en", 1, "HIT"),
        ("de", 2, "HIT"),
        ("fr", 3, "MISS"),
    ] {
        let said = app
            .ask(Method::GET, "/", &[("accept-language", language)])
            .await;
        assert_eq!(
            (said.body.clone(), said.from()),
            (format!("answer {answer}"), from),
            "{language}"
        );
    }
    let always = App::saying(layer().vary(["X-Plan"]), &[]);
    for (plan, from) in [("a", "MISS"), ("b", "MISS"), ("a", "HIT")] {
        assert_eq!(
            always
                .ask(Method::GET, "/", &[("x-plan", plan)])
                .await
                .from(),
            from
        );
    }
}

#[tokio::test]
async fn a_long_body_is_streamed_and_not_kept() {
    let app = App::new(layer().max_body(1_000), |call, _| {
        (StatusCode::OK, Vec::new(), vec![b'x'; 2_000 / call])
    });
    assert_eq!(app.get("/").await.body.len(), 2_000);
    // For a while nobody waits for such a request, and nothing is kept.
    assert_eq!((app.get("/").await.body.len(), app.calls()), (1_000, 2));
}

#[tokio::test]
async fn another_process_is_served_it_until_its_tag_is_invalidated_or_its_target_changed() {
    let server = Server::start().await.expect("a server");
    let tagged = |cache: &Cache| {
        let layer = ResponseCache::new(cache).ttl(FIVE_MINUTES).tell_tags(true);
        let layer = layer.tags(|request| vec![format!("path:{}", request.uri.path())]);
        App::saying(
            layer,
            &[
                ("surrogate-key", "plans \"x"),
                ("cache-groups", "\"all plans\""),
            ],
        )
    };
    let (here, there) = (on(&server).await, on(&server).await);
    let (a, b) = (tagged(&here), tagged(&there));
    assert_eq!(a.get("/plans").await.from(), "MISS");
    let said = b.get("/plans").await;
    assert_eq!(
        (said.from(), &*said.body, b.calls()),
        ("HIT", "answer 1", 0)
    );
    assert_eq!(
        said.field("cache-groups"),
        "\"\\\"x\", \"all plans\", \"path:/plans\", \"plans\""
    );
    for tag in ["path:/plans", "plans", "all plans"] {
        let before = a.calls();
        there.tag(tag).invalidate().await.expect("acknowledged");
        wait_until("the other process has heard", || async {
            a.get("/plans").await.from() == "MISS" || a.calls() > before
        })
        .await;
        b.get("/plans").await;
        assert_eq!(b.get("/plans").await.from(), "HIT");
    }
    // A change of the target through one process.
    let before = b.calls();
    assert_eq!(a.ask(Method::POST, "/plans", &[]).await.from(), "BYPASS");
    wait_until("the other process has heard", || async {
        b.get("/plans").await;
        b.calls() > before
    })
    .await;
}

#[tokio::test]
async fn without_redis_the_handler_answers_each() {
    let server = Server::start().await.expect("a server");
    let cache = Cache::builder()
        .url(server.url())
        .memory_bytes(0)
        .build()
        .expect("a cache");
    drop(server);
    let app = App::saying(ResponseCache::new(&cache).ttl(FIVE_MINUTES), &[]);
    for call in 1..4 {
        assert_eq!(app.get("/").await.body, format!("answer {call}"));
    }
}

#[tokio::test]
async fn what_is_stale_is_served_while_it_is_loaded_anew_or_its_handler_fails() {
    let fields = owned(&[("cache-control", "max-age=1, stale-while-revalidate=60")]);
    let app = App::new(layer(), move |call, _| {
        (
            StatusCode::OK,
            fields.clone(),
            format!("{call}").into_bytes(),
        )
    });
    assert_eq!(app.get("/").await.body, "1");
    wait_until("it is stale", || async {
        app.get("/").await.from() == "STALE"
    })
    .await;
    wait_until("it is loaded anew", || async {
        app.get("/").await.body != "1"
    })
    .await;

    let fields = owned(&[("cache-control", "max-age=1, stale-if-error=60")]);
    let app = App::new(layer(), move |call, _| match call {
        1 => (StatusCode::OK, fields.clone(), b"good".to_vec()),
        _ => (StatusCode::BAD_GATEWAY, Vec::new(), b"bad".to_vec()),
    });
    app.get("/").await;
    wait_until("it is stale", || async {
        app.get("/").await.from() == "STALE"
    })
    .await;
    let said = app.get("/").await;
    assert_eq!(
        (said.status, &*said.body, said.from()),
        (StatusCode::OK, "good", "STALE")
    );
    assert!(app.calls() > 1, "the handler was asked");
}

#[tokio::test]
async fn a_handler_that_says_nothing_has_changed_is_asked_for_no_body() {
    let app = App::new(layer(), |_, request| {
        let fields = owned(&[
            ("cache-control", "no-cache"),
            ("etag", "\"v1\""),
            ("x-n", "1"),
        ]);
        match request
            .headers()
            .get("if-none-match")
            .is_some_and(|tag| tag == "\"v1\"")
        {
            true => (StatusCode::NOT_MODIFIED, fields, Vec::new()),
            false => (StatusCode::OK, fields, b"body".to_vec()),
        }
    });
    for _ in 0..3 {
        let said = app.get("/").await;
        assert_eq!(
            (said.status, &*said.body, said.from()),
            (StatusCode::OK, "body", "MISS")
        );
    }
    assert_eq!(app.calls(), 3, "each is asked");
}

#[tokio::test]
async fn what_nobody_in_particular_asked_for_is_not_served_to_who_is_logged_in() {
    // A page that greets who is logged in, and says nothing of it.
    let greets = |layer: ResponseCache| {
        App::new(layer, |_, request| {
            let who = request.headers().get("cookie");
            let who = who.map_or("nobody", |who| who.to_str().unwrap_or_default());
            (StatusCode::OK, Vec::new(), who.as_bytes().to_vec())
        })
    };
    let ask = async |app: &App, cookie: &str| {
        let fields = [("cookie", cookie)];
        let fields = if cookie.is_empty() { &[][..] } else { &fields };
        let said = app.ask(Method::GET, "/", fields).await;
        format!("{} {}", said.body, said.from())
    };
    let app = greets(layer());
    assert_eq!(ask(&app, "").await, "nobody MISS");
    assert_eq!(ask(&app, "id=ada").await, "id=ada MISS");
    assert_eq!(ask(&app, "id=bob").await, "id=bob MISS");
    // Nor do they keep others from being served.
    assert_eq!(ask(&app, "").await, "nobody HIT");
    let app = greets(layer().ignore_cookies(["_ga*"]));
    assert_eq!(ask(&app, "").await, "nobody MISS");
    assert_eq!(ask(&app, "_ga=1; _ga_2=3").await, "nobody HIT");
    assert_eq!(ask(&app, "_ga=1; id=ada").await, "_ga=1; id=ada MISS");
}
