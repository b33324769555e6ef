//! What views say, as a program reads them and as HTML.

use cache_console::Console;
use cache_runtime::{Cache, Clock, cached};
use serde_json::{Value, json};

use super::{Site, call, call_in, page_entry, until};

const VIEWS: [&str; 11] = [
    "overview",
    "functions",
    "function?namespace=page&function=top::console::page",
    "namespaces",
    "tags",
    "nodes",
    "processes",
    "memory",
    "key",
    "events",
    "health",
];

const PATH: &str = "top::console::page";

async fn json(site: &Site, view: &str) -> Value {
    let answer = site.get(&format!("api/{view}"), "").await;
    assert!(answer.head.contains(" 200 "), "{view}: {}", answer.head);
    serde_json::from_str(&answer.body).unwrap()
}

/// The row of a list in which a field has this value.
fn row<'a>(of: &'a Value, field: &str, value: &str) -> &'a Value {
    let mut rows = of.as_array().unwrap().iter();
    let row = rows.find(|row| row[field] == value);
    row.unwrap_or_else(|| panic!("no {value} in {of}"))
}

/// A cache of a load, three hits and two errors.
async fn used() -> Cache {
    let cache = Cache::memory();
    call(&cache, 7, 4).await;
    call(&cache, 0, 2).await;
    cache
}

#[tokio::test]
async fn each_view_is_there_as_a_page_and_as_json_with_headers_that_guard_it() {
    let site = Site::serve(&Console::new(&used().await)).await;
    for view in VIEWS {
        let page = site.get(view, "Accept: text/html\r\n").await;
        assert!(page.head.contains(" 200 "), "{view}: {}", page.head);
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: same-origin",
            "cache-control: no-store",
        ] {
            assert!(
                page.head.contains(header),
                "{view} lacks {header}: {}",
                page.head
            );
        }
        assert!(
            page.body.contains("aria-current") || view.starts_with("function?"),
            "{view}"
        );
        json(&site, view).await;
    }
    // Wherever it is nested.
    let first = site.get("", "").await;
    assert!(
        first.head.contains(" 404 "),
        "axum has no slash at the end: {}",
        first.head
    );
    let first = crate::http::get(&site.address, super::UNDER, "")
        .await
        .unwrap();
    assert!(
        first.head.contains("location: where/overview"),
        "{}",
        first.head
    );
    let missing = site
        .get("function?namespace=page&function=nothing", "")
        .await;
    assert!(missing.head.contains(" 404 "), "{}", missing.head);
    let sort = site.get("functions?sort=nothing", "").await;
    assert!(sort.head.contains(" 400 "), "{}", sort.head);
}

#[tokio::test]
async fn figures_are_those_of_the_cache() {
    let cache = used().await;
    let entry = async { page_entry(7).invalidate().await };
    cache.scope(entry).await.unwrap();
    call(&cache, 7, 1).await;
    let site = Site::serve(&Console::new(&cache)).await;
    let overview = json(&site, "overview").await;
    assert_eq!(
        (&overview["calls"], &overview["loads"]),
        (&json!(7), &json!(4))
    );
    assert_eq!(overview["failed_loads"], 2);
    assert_eq!(overview["hit_rate"], json!(3.0 / 7.0));
    assert_eq!(overview["staleness_bound"], Value::Null);
    assert_eq!(row(&overview["outcomes"], "name", "memory")["calls"], 3);

    let functions = json(&site, "functions").await;
    let one = row(&functions["functions"], "function", PATH);
    assert_eq!(
        (&one["calls"], &one["was_called"]),
        (&json!(7), &json!(true))
    );

    let one = json(&site, "function?namespace=page&function=top::console::page").await;
    let annotation = &one["sites"][0];
    assert_eq!(
        annotation["annotation"],
        r#"ns = "page", ttl = "1h", tags = ["page:{id}", "pages"]"#
    );
    assert_eq!(annotation["key"], json!(["id"]));
    assert_eq!(annotation["tags"], json!(["page:{id}", "pages"]));
    assert!(
        annotation["place"]
            .as_str()
            .unwrap()
            .contains("console/mod.rs:"),
        "{annotation}"
    );
    let ttl = row(&annotation["settings"], "name", "ttl");
    assert_eq!(ttl["from"], "annotation");
    let stale = row(&annotation["settings"], "name", "stale");
    assert_eq!(stale["from"], "default of annotations");
    let lag = row(&one["cache_settings"], "name", "lag");
    assert_eq!(
        (&lag["value"], &lag["from"]),
        (&json!("2s"), &json!("default"))
    );
    let cause = row(&one["misses"], "name", "invalidated");
    assert_eq!(cause["times"], 1);
    assert!(
        cause["remedy"]
            .as_str()
            .unwrap()
            .contains("narrow the tags"),
        "{cause}"
    );
    assert_eq!(row(&one["times"], "what", "Load")["times"], 4);

    let tags = json(&site, "tags").await;
    let tag = row(&tags["tags"], "tag", "page:{id}");
    assert_eq!(tag["functions"][0]["function"], PATH);
    let processes = json(&site, "processes").await;
    assert_eq!(processes["alone"], "no_redis");
    assert_eq!(processes["processes"][0]["calls"], 7);
}

#[tokio::test]
async fn functions_are_sorted_as_asked() {
    let cache = used().await;
    let site = Site::serve(&Console::new(&cache)).await;
    let names = async |sort: &str| -> Vec<String> {
        let functions = json(&site, &format!("functions?sort={sort}")).await;
        let rows = functions["functions"].as_array().unwrap().iter();
        rows.map(|row| row["function"].as_str().unwrap().to_owned())
            .collect()
    };
    let by_name = names("name").await;
    assert!(by_name.is_sorted() && by_name.len() > 2, "{by_name:?}");
    assert_ne!(by_name[0], PATH, "the test is of no use");
    for sort in [
        "calls",
        "loads",
        "failed",
        "load_time",
        "memory",
        "hit_rate",
    ] {
        assert_eq!(names(sort).await[0], PATH, "{sort}");
    }
    let page = site.get("functions?sort=failed", "").await.body;
    assert!(
        page.contains("aria-sort=\"descending\"><a href=\"functions?sort=failed\""),
        "{page}"
    );
}

#[tokio::test]
async fn a_verdict_says_what_is_wrong_and_what_to_do() {
    let cache = Cache::memory();
    let site = Site::serve(&Console::new(&cache)).await;
    let verdict = async || json(&site, "overview").await["findings"][0].clone();
    assert!(
        verdict().await["what"]
            .as_str()
            .unwrap()
            .starts_with("No data")
    );
    call(&cache, 7, 1_000).await;
    assert_eq!(verdict().await["level"], "good");
    // Each is another key.
    for id in 1_000..4_000 {
        call(&cache, id, 1).await;
    }
    // A rate is of some time, so there is none at once.
    until("the verdict on hits", async || {
        let what = verdict().await["what"].take();
        let what = what.as_str().unwrap();
        what.contains("of the reads of late were hits")
            .then_some(())
    })
    .await;
    call(&cache, 0, 1_000).await;
    let failing = json(&site, "overview").await["findings"].to_string();
    assert!(
        failing.contains("of the loads of late gave no value"),
        "{failing}"
    );
}

#[tokio::test]
async fn a_hostile_name_is_whole_to_a_program_and_text_in_a_page() {
    let cache = Cache::memory();
    let hostile = "<script>alert(1)</script>\u{202e}";
    call_in(&cache, hostile).await;
    call_in(&cache, &"<".repeat(1 << 20)).await;
    let site = Site::serve(&Console::new(&cache)).await;
    let namespaces = json(&site, "namespaces").await;
    row(&namespaces["namespaces"], "namespace", hostile);
    let page = site.get("namespaces", "").await.body;
    assert!(
        !page.contains("<script>alert") && !page.contains('\u{202e}'),
        "{page}"
    );
    assert!(page.contains("\\u{202e}"), "{page}");
    assert!(page.len() < 20_000, "{} bytes", page.len());
}

#[cached(ns = "report", ttl = "60s")]
async fn report(id: u32) -> u32 {
    id
}

#[tokio::test]
async fn what_could_be_set_better_is_said_with_its_evidence_on_both_pages() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let site = Site::serve(&Console::new(&cache)).await;
    let page = "function?namespace=report&function=top::console::views::report";
    let reports = async |ids: std::ops::Range<u32>| {
        for id in ids {
            cache.scope(report(id)).await;
        }
        clock.advance(std::time::Duration::from_secs(100));
    };
    reports(0..500).await;
    let one = json(&site, page).await;
    assert_eq!(one["advice"], json!([]), "too few");
    // Nobody reads what is stored.
    reports(500..3_000).await;
    let one = json(&site, page).await;
    let item = &one["advice"][0];
    assert_eq!(
        (&item["setting"], &item["to"]),
        (&json!("enabled"), &json!("false")),
        "{one}"
    );
    assert!(
        item["because"]
            .as_str()
            .unwrap()
            .contains("left without a read"),
        "{item}"
    );
    assert!(
        one["insight"]["never_read"]["share"].as_f64() > Some(0.9),
        "{one}"
    );
    let overview = json(&site, "overview").await;
    assert_eq!(overview["advice"][0]["id"], item["id"]);
    for view in ["overview", page] {
        let page = site.get(view, "").await.body;
        assert!(page.contains("What could be set better"), "{view}: {page}");
        assert!(page.contains("left without a read"), "{view}: {page}");
        assert!(page.contains("% sure"), "{view}: {page}");
    }
}
