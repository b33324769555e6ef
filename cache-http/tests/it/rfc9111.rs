//! RFC 9111 as a table: what a response says, what the next request asks, and whether it may be answered from what is kept.

use axum::http::{Method, StatusCode};
use cache_http::ResponseCache;
use cache_runtime::Cache;

use crate::handler::{App, owned};

type Fields = &'static [(&'static str, &'static str)];

type Case = (&'static str, Fields, (u16, Fields), Fields, bool);

/// Section; the first request's fields; the status and fields of the response; the second request's fields; whether it
/// hits.
const CASES: &[Case] = &[
    (
        "3",
        &[],
        (200, &[("cache-control", "max-age=60")]),
        &[],
        true,
    ),
    (
        "3",
        &[],
        (404, &[("cache-control", "max-age=60")]),
        &[],
        true,
    ),
    (
        "3",
        &[],
        (301, &[("cache-control", "max-age=60"), ("location", "/x")]),
        &[],
        true,
    ),
    (
        "3",
        &[],
        (206, &[("cache-control", "max-age=60")]),
        &[],
        false,
    ),
    ("3", &[], (500, &[]), &[], false),
    ("3", &[], (200, &[]), &[], false),
    (
        "3.5",
        &[("authorization", "a")],
        (200, &[("cache-control", "max-age=60")]),
        &[],
        false,
    ),
    (
        "3.5",
        &[("authorization", "a")],
        (200, &[("cache-control", "max-age=60, public")]),
        &[("authorization", "b")],
        true,
    ),
    (
        "3.5",
        &[("authorization", "a")],
        (200, &[("cache-control", "s-maxage=60")]),
        &[("authorization", "b")],
        true,
    ),
    (
        "3.5",
        &[("authorization", "a")],
        (200, &[("cache-control", "max-age=60, must-revalidate")]),
        &[("authorization", "b")],
        true,
    ),
    (
        "4.1",
        &[("foo", "1")],
        (200, &[("cache-control", "max-age=60"), ("vary", "foo")]),
        &[("foo", "1")],
        true,
    ),
    (
        "4.1",
        &[("foo", "1")],
        (200, &[("cache-control", "max-age=60"), ("vary", "foo")]),
        &[("foo", "2")],
        false,
    ),
    (
        "4.1",
        &[("foo", "1")],
        (200, &[("cache-control", "max-age=60"), ("vary", "foo")]),
        &[],
        false,
    ),
    (
        "4.1",
        &[],
        (200, &[("cache-control", "max-age=60"), ("vary", "foo")]),
        &[("foo", "1")],
        false,
    ),
    (
        "4.1",
        &[("foo", "1, 2")],
        (200, &[("cache-control", "max-age=60"), ("vary", "FOO")]),
        &[("foo", "1,2")],
        true,
    ),
    (
        "4.1",
        &[],
        (200, &[("cache-control", "max-age=60"), ("vary", "foo, *")]),
        &[],
        false,
    ),
    (
        "4.2.1",
        &[],
        (200, &[("cache-control", "max-age=60, s-maxage=0")]),
        &[],
        false,
    ),
    (
        "4.2.1",
        &[],
        (200, &[("cache-control", "max-age=0, s-maxage=60")]),
        &[],
        true,
    ),
    (
        "4.2.1",
        &[],
        (200, &[("cache-control", "MAX-AGE=\"60\"")]),
        &[],
        true,
    ),
    (
        "4.2.1",
        &[],
        (200, &[("cache-control", "max-age=99999999999999999999")]),
        &[],
        true,
    ),
    (
        "4.2.1",
        &[],
        (200, &[("cache-control", "max-age=x")]),
        &[],
        false,
    ),
    (
        "4.2.1",
        &[],
        (200, &[("expires", "Thu, 01 Jan 2099 00:00:00 GMT")]),
        &[],
        true,
    ),
    ("4.2.1", &[], (200, &[("expires", "0")]), &[], false),
    (
        "4.2.1",
        &[],
        (200, &[("expires", "Thu,  01 Jan 2099 00:00:00 GMT")]),
        &[],
        false,
    ),
    (
        "4.2.1",
        &[],
        (
            200,
            &[
                ("expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
                ("cache-control", "max-age=60"),
            ],
        ),
        &[],
        true,
    ),
    (
        "4.2.2",
        &[],
        (200, &[("last-modified", "Thu, 01 Jan 2015 00:00:00 GMT")]),
        &[],
        true,
    ),
    (
        "4.2.3",
        &[],
        (200, &[("cache-control", "max-age=60"), ("age", "50")]),
        &[],
        true,
    ),
    (
        "4.2.3",
        &[],
        (200, &[("cache-control", "max-age=60"), ("age", "61")]),
        &[],
        false,
    ),
    (
        "5.2.1.1",
        &[],
        (200, &[("cache-control", "max-age=60"), ("age", "30")]),
        &[("cache-control", "max-age=10")],
        false,
    ),
    (
        "5.2.1.1",
        &[],
        (200, &[("cache-control", "max-age=60"), ("age", "30")]),
        &[("cache-control", "max-age=40")],
        true,
    ),
    (
        "5.2.1.3",
        &[],
        (200, &[("cache-control", "max-age=60")]),
        &[("cache-control", "min-fresh=90")],
        false,
    ),
    (
        "5.2.1.4",
        &[],
        (200, &[("cache-control", "max-age=60")]),
        &[("cache-control", "no-cache")],
        false,
    ),
    (
        "5.4",
        &[],
        (200, &[("cache-control", "max-age=60")]),
        &[("pragma", "no-cache")],
        false,
    ),
    (
        "5.4",
        &[],
        (200, &[("cache-control", "max-age=60")]),
        &[("pragma", "no-cache"), ("cache-control", "x")],
        true,
    ),
    (
        "5.2.1.5",
        &[("cache-control", "no-store")],
        (200, &[("cache-control", "max-age=60")]),
        &[],
        false,
    ),
    (
        "5.2.2.4",
        &[],
        (200, &[("cache-control", "max-age=60, no-cache")]),
        &[],
        false,
    ),
    (
        "5.2.2.5",
        &[],
        (200, &[("cache-control", "max-age=60, No-Store")]),
        &[],
        false,
    ),
    (
        "5.2.2.7",
        &[],
        (200, &[("cache-control", "private, max-age=60")]),
        &[],
        false,
    ),
    (
        "9213",
        &[],
        (
            200,
            &[
                ("cdn-cache-control", "max-age=60"),
                ("cache-control", "no-store"),
            ],
        ),
        &[],
        true,
    ),
    (
        "9213",
        &[],
        (
            200,
            &[
                ("cdn-cache-control", "no-store"),
                ("cache-control", "max-age=60"),
            ],
        ),
        &[],
        false,
    ),
    (
        "9213",
        &[],
        (
            200,
            &[
                ("cdn-cache-control", "max-age=\"60\""),
                ("cache-control", "no-store"),
            ],
        ),
        &[],
        false,
    ),
    (
        "9213",
        &[],
        (
            200,
            &[
                ("cdn-cache-control", "max-age=60, &&"),
                ("cache-control", "no-store"),
            ],
        ),
        &[],
        false,
    ),
];

#[tokio::test]
async fn each_case_of_the_table() {
    let mut wrong = Vec::new();
    for case in CASES {
        let (section, first, (status, said), second, hits) = *case;
        let fields = owned(said);
        let status = StatusCode::from_u16(status).expect("a status");
        let app = App::new(ResponseCache::new(&Cache::memory()), move |call, _| {
            (status, fields.clone(), format!("{call}").into_bytes())
        });
        app.ask(Method::GET, "/", first).await;
        let answer = app.ask(Method::GET, "/", second).await;
        if (answer.from() == "HIT") != hits || (app.calls() == 1) != hits {
            wrong.push(format!(
                "{section}: {said:?} then {second:?}: {}",
                answer.from()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}: {wrong:#?}",
        wrong.len(),
        CASES.len()
    );
}

#[tokio::test]
async fn what_succeeds_in_changing_a_target_clears_it_and_what_it_names() {
    for (method, status, clears) in [
        (Method::POST, 200, true),
        (Method::PUT, 204, true),
        (Method::DELETE, 303, true),
        (Method::PATCH, 500, false),
        (Method::POST, 404, false),
        (Method::OPTIONS, 200, false),
    ] {
        let app = App::new(
            ResponseCache::new(&Cache::memory()),
            move |call, request| {
                if request.method() == Method::GET {
                    return (
                        StatusCode::OK,
                        owned(&[("cache-control", "max-age=60")]),
                        format!("{call}").into_bytes(),
                    );
                }
                let fields = owned(&[
                    ("location", "/made"),
                    ("content-location", "http://elsewhere.example/other"),
                ]);
                (
                    StatusCode::from_u16(status).expect("a status"),
                    fields,
                    Vec::new(),
                )
            },
        );
        let at = [("host", "here.example")];
        for path in ["/target", "/made", "/other"] {
            app.ask(Method::GET, path, &at).await;
        }
        app.ask(method.clone(), "/target", &at).await;
        for (path, is_named) in [("/target", true), ("/made", true), ("/other", false)] {
            let said = app.ask(Method::GET, path, &at).await;
            assert_eq!(
                said.from() == "MISS",
                clears && is_named,
                "{method} {status} {path}"
            );
        }
    }
}

#[tokio::test]
async fn all_lines_of_a_field_are_kept_and_those_of_one_connection_are_not() {
    let app = App::saying(
        ResponseCache::new(&Cache::memory()),
        &[
            ("cache-control", "max-age=60"),
            ("link", "<a>"),
            ("link", "<b>"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
        ],
    );
    app.get("/").await;
    let said = app.get("/").await;
    let links: Vec<_> = said.headers.get_all("link").iter().collect();
    assert_eq!(
        (links.len(), said.field("x-hop"), said.from()),
        (2, "", "HIT")
    );
}
