//! The page in a real Chromium.

use std::time::Duration;

use cache_console::Console;
use cache_runtime::{Cache, CacheError, Policy, Tier, cached};
use cache_tests::Server;
use serde_json::{Value, json};

use super::another::Another;
use super::driver::Browser;
use super::{Site, built, call, call_in, until};

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

/// What is wrong with a page for those who see little, or use the keyboard alone: names, roles, landmarks, contrast.
const CHECKS: &str = include_str!("checks.js");

const HOSTILE: [&str; 3] = [
    "<script>document.title=\"x\"</script>",
    "\"><img src=x onerror=document.title=1>",
    "\u{202e}evil\u{2066} \u{5d0}\u{5d1}\u{5d2}",
];

fn acting(cache: &Cache) -> Console {
    Console::new(cache).allow_actions(|_| Some("ada".to_owned()))
}

/// Nothing went wrong in the page, and nothing was asked of any other origin.
async fn is_sound(browser: &Browser, site: &Site, what: &str) {
    assert_eq!(browser.errors().await, [""; 0], "{what}");
    let asked =
        "return performance.getEntries().filter(e => e.name.includes('://')).map(e => e.name)";
    let asked = browser.run(asked).await;
    let asked = asked.as_array().unwrap();
    assert!(asked.len() >= 3, "{what}: {asked:?}");
    for name in asked {
        let own = format!("http://{}/", site.address);
        assert!(name.as_str().unwrap().starts_with(&own), "{what}: {name}");
    }
}

/// Waits until an element has this text: a click does not wait for the page that it leads to.
async fn shows(browser: &Browser, selector: &str, text: &str) {
    until(text, async || {
        browser.text(selector).await.contains(text).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_view_is_whole_sound_and_accessible() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    call(&cache, 7, 5).await;
    call(&cache, 0, 2).await;
    for name in HOSTILE {
        call_in(&cache, name).await;
    }
    call_in(&cache, &"<b>".repeat(1 << 18)).await;
    let _another = Another::start(&server.url());
    cache.scope(async { shelf(7).await }).await;
    cache.tag("shelf:7").expire().await?;
    many_reads(&cache).await;
    let site = Site::serve(&acting(&cache).show_values()).await;
    let key = "key?name=shelf:7&value=true";
    let browser = Browser::start().await;
    for scheme in ["light", "dark"] {
        browser.scheme(scheme).await;
        for view in VIEWS.map(|view| if view == "key" { key } else { view }) {
            let name = view.split('?').next().unwrap();
            for width in [1200, 360] {
                let what = format!("{name}-{scheme}-{width}");
                browser.width(width).await;
                browser.open(&site.url(view)).await;
                if name != "key" {
                    shows(&browser, "#live", "are live").await;
                }
                browser.picture(&what).await;
                assert_eq!(browser.run(CHECKS).await, json!([]), "{what}");
                let wide = "return document.documentElement.scrollWidth";
                assert!(
                    browser.run(wide).await.as_u64() <= Some(width.into()),
                    "{what}"
                );
                is_sound(&browser, &site, &what).await;
                assert!(browser.text("title").await.ends_with("– cache"), "{what}");
            }
        }
    }
    Ok(())
}

/// One that is found by its readable key.
#[cached(ns = "shelf", key = "shelf:{id}", ttl = "1h", stale = "1h", codec = "json", tags = ["shelf:{id}", "shelves"])]
async fn shelf(id: u64) -> Vec<String> {
    vec![format!("<b>book</b> {id}")]
}

/// So many that there is a curve of what memory serves.
async fn many_reads(cache: &Cache) {
    let policy = Policy::new(Duration::from_secs(600)).only(Tier::Memory);
    for key in (0..6_000_u64).chain(0..6_000) {
        let load = async { Ok::<_, String>([0_u8; 16]) };
        let _ = cache.get_or_load("many", &key, &policy, load).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_are_shown_as_text() {
    let cache = Cache::memory();
    for name in HOSTILE {
        call_in(&cache, name).await;
    }
    let site = Site::serve(&acting(&cache)).await;
    let browser = Browser::start().await;
    browser.open(&site.url("namespaces")).await;
    let names = "return [...document.querySelectorAll('tbody th')].map(th => th.innerText)";
    let names = browser.run(names).await.to_string();
    assert!(names.contains("<script>document.title="), "{names}");
    assert!(
        names.contains("<img src=x onerror=document.title=1>"),
        "{names}"
    );
    assert!(names.contains(r"\\u{202e}evil\\u{2066}"), "{names}");
    assert_eq!(browser.text("title").await, "Namespaces – cache");
    let elements = "return document.querySelectorAll('main script, main img').length";
    assert_eq!(browser.run(elements).await, 0);
    // The form carries it as it is, and what it does is done to that name.
    for at in 1..=HOSTILE.len() {
        browser.open(&site.url("namespaces")).await;
        browser
            .click(&format!("tbody tr:nth-child({at}) td:last-child a"))
            .await;
        browser.click("button[type=submit]").await;
        shows(&browser, "h1", "Done").await;
        assert_eq!(browser.run(elements).await, 0);
        assert_eq!(browser.text("title").await, "Done – cache");
    }
    for name in HOSTILE {
        assert_eq!(
            cache.stats().namespace(name).unwrap().invalidations,
            1,
            "{name:?}"
        );
    }
    // Longer than any name may be, in a request and as what a call is counted under.
    browser.open(&site.url("tags")).await;
    let fill = "document.getElementById('name').removeAttribute('maxlength');\
                document.getElementById('name').value = '<i>'.repeat(4000)";
    browser.run(fill).await;
    browser.click("button[type=submit]").await;
    shows(&browser, "main", "… (11.7 KiB)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_move_without_a_reload_and_the_focus_stays() {
    let cache = Cache::memory();
    call(&cache, 7, 1).await;
    let site = Site::serve(&Console::new(&cache)).await;
    let browser = Browser::start().await;
    browser.open(&site.url("overview")).await;
    assert_eq!(browser.text("#calls").await, "1");
    browser
        .run("window.kept = true; document.querySelector('.scroll').focus()")
        .await;
    call(&cache, 7, 1_233).await;
    until("1,234 calls", async || {
        (browser.text("#calls").await == "1,234").then_some(())
    })
    .await;
    let kept = "return window.kept && document.activeElement.className";
    assert_eq!(browser.run(kept).await, "scroll");
    // A row that was not there when the page was opened.
    browser.open(&site.url("namespaces")).await;
    call_in(&cache, "made later").await;
    until("a row", async || {
        browser
            .text("tbody")
            .await
            .contains("made later")
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_reaches_each_control_and_shows_where_it_is() {
    let cache = Cache::memory();
    call(&cache, 7, 1).await;
    let site = Site::serve(&acting(&cache)).await;
    let browser = Browser::start().await;
    for view in [
        "overview",
        "functions",
        "namespaces",
        "tags",
        "memory",
        "act?how=expire&kind=tag&name=a",
    ] {
        browser.open(&site.url(view)).await;
        let mark = "const all = document.querySelectorAll('a[href], button, input:not([type=hidden]), [tabindex=\"0\"]');\
                    const reached = [...all].filter(e => e.type !== 'radio' || e.checked);\
                    window.reached = reached; return reached.length";
        let controls = browser.run(mark).await.as_u64().unwrap();
        let mut reached = std::collections::BTreeSet::new();
        for _ in 0..controls {
            browser.tab().await;
            let at = "const e = document.activeElement, s = getComputedStyle(e);\
                      return [window.reached.indexOf(e), s.outlineStyle, parseFloat(s.outlineWidth)]";
            let at = browser.run(at).await;
            assert_ne!(at[1], "none", "{view}: {at}");
            assert!(at[2].as_f64() >= Some(2.0), "{view}: {at}");
            reached.extend(at[0].as_u64());
        }
        assert!(
            reached.into_iter().eq(0..controls),
            "{view}: not each of {controls}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalidation_by_click_is_seen_by_another_process() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    let another = Another::start(&server.url());
    assert_eq!(another.call(), 1, "it loads");
    assert_eq!(another.call(), 1, "it has it");
    let site = Site::serve(&acting(&cache)).await;
    let browser = Browser::start().await;
    // It is told of on the page, once it has published.
    browser.open(&site.url("processes")).await;
    until("two processes", async || {
        let rows = browser
            .run("return document.querySelectorAll('tbody tr').length")
            .await;
        (rows == 2).then_some(())
    })
    .await;
    browser.open(&site.url("tags")).await;
    browser.write("#name", "another:7").await;
    browser.click("button[type=submit]").await;
    shows(&browser, ".subject", "invalidate tag another:7").await;
    browser.picture("confirm").await;
    assert_eq!(another.call(), 1, "asking changes nothing");
    browser.click("button[type=submit]").await;
    shows(&browser, "h1", "Done").await;
    browser.picture("done").await;
    until("another load", async || (another.call() == 2).then_some(())).await;
    is_sound(&browser, &site, "done").await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_origin_can_do_nothing() {
    let cache = Cache::memory();
    call_in(&cache, "ours").await;
    let (site, other) = (
        Site::serve(&acting(&cache)).await,
        Site::serve(&acting(&Cache::memory())).await,
    );
    let browser = Browser::start().await;
    // The browser has the cookie and the token, and both are good.
    browser
        .open(&site.url("act?how=invalidate&kind=namespace&name=ours"))
        .await;
    let token = browser
        .run("return document.querySelector('[name=token]').value")
        .await;
    // The other page's own policy lets its forms go nowhere else; that of an attacker would not be there.
    let policy = json!({ "enabled": true });
    browser.command("Page.setBypassCSP", policy).await;
    browser.open(&other.url("overview")).await;
    let form = format!(
        "const form = document.createElement('form'); form.method = 'post'; form.action = {};\
         for (const [name, value] of [['how', 'invalidate'], ['kind', 'namespace'], ['name', 'ours'], ['token', {token}]]) {{\
           const input = document.createElement('input'); input.name = name; input.value = value; form.append(input); }}\
         document.body.append(form); form.submit()",
        json!(site.url("act"))
    );
    browser.run(&form).await;
    shows(&browser, "[role=alert]", "did not come from this page").await;
    assert_eq!(cache.stats().namespace("ours").unwrap().invalidations, 0);
    assert_ne!(token, Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_away_is_said_plainly_and_an_action_that_failed_too() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    call(&cache, 7, 2).await;
    let site = Site::serve(&acting(&cache)).await;
    let browser = Browser::start().await;
    browser.open(&site.url("overview")).await;
    let verdict = ".finding:first-child";
    assert!(browser.text(verdict).await.contains("All well"));
    drop(server);
    until("the verdict to change", async || {
        let verdict = browser.text(verdict).await;
        verdict.contains("Redis away: 127.0.0.1:").then_some(())
    })
    .await;
    browser.picture("away").await;
    for view in ["nodes", "processes", "health"] {
        browser.open(&site.url(view)).await;
        assert!(browser.text("main").await.contains("Redis away"), "{view}");
    }
    browser
        .open(&site.url("act?how=invalidate&kind=tag&name=page:7"))
        .await;
    browser.click("button[type=submit]").await;
    shows(&browser, "[role=alert]", "retried").await;
    shows(&browser, "h1", "Not done").await;
    browser.open(&site.url("overview")).await;
    assert!(
        browser
            .text(".findings")
            .await
            .contains("Invalidations owed: 1.")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_searched_for_explained_and_invalidated_by_hand() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    cache.scope(async { shelf(7).await }).await;
    let site = Site::serve(&acting(&cache).show_values()).await;
    let browser = Browser::start().await;
    browser.open(&site.url("key")).await;
    browser.write("#name", "shelf:7").await;
    browser.click("button[type=submit]").await;
    shows(&browser, ".finding", "it is fresh for another").await;
    assert!(!browser.text("main").await.contains("book"));
    browser.click("a[href*='value=true']").await;
    // What is stored is text.
    shows(&browser, "pre", "<b>book</b> 7").await;
    assert_eq!(
        browser
            .run("return document.querySelectorAll('pre b').length")
            .await,
        0
    );
    browser.click("a[href*='how=invalidate']").await;
    shows(&browser, "#estimate", "One load").await;
    browser.click("button[type=submit]").await;
    shows(&browser, "h1", "Done").await;
    browser.click("main a[href^='key']").await;
    shows(&browser, ".finding", "ada (page) did it").await;
    is_sound(&browser, &site, "key").await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_come_by_can_be_stopped_and_are_text() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    let site = Site::serve(&Console::new(&cache)).await;
    let browser = Browser::start().await;
    browser.open(&site.url("events")).await;
    shows(&browser, "#watching", "are heard").await;
    cache
        .scope(async { (shelf(7).await, shelf(8).await) })
        .await;
    cache.tag("shelf:7").invalidate().await?;
    shows(&browser, "#rows", "stamp gone").await;
    browser.picture("changes").await;
    for name in HOSTILE {
        call_in(&cache, name).await;
    }
    cache
        .tag(format!("{}\u{202e}", "long".repeat(40)))
        .invalidate()
        .await?;
    let long = format!("cache:e:x:{{{}}}", "<i>".repeat(350_000));
    server.run(&["SET", &long, "x"]).await.unwrap();
    shows(&browser, "#rows", "<script>document.title=").await;
    shows(&browser, "#rows", "cache:e:x:{<i><i>").await;
    assert_eq!(browser.text("title").await, "Events – cache");
    let elements = "return document.querySelectorAll('main script, main img, main i').length";
    assert_eq!(browser.run(elements).await, 0);
    let longest = "return Math.max(...[...document.querySelectorAll('#rows th')].map(th => th.textContent.length))";
    assert!(browser.run(longest).await.as_u64() < Some(200));
    browser.click("#pause").await;
    shows(&browser, "#live", "you have paused them").await;
    call(&cache, 77, 1).await;
    cache.tag("page:77").invalidate().await?;
    // It is heard, and not shown before the page goes on.
    until("it to be heard", async || {
        let told = site.get("api/events", "").await.body;
        told.contains("page:77").then_some(())
    })
    .await;
    assert!(!browser.text("#rows").await.contains("page:77"));
    browser.click("#pause").await;
    shows(&browser, "#rows", "page:77").await;
    // Only what is asked for.
    browser.open(&site.url("events?kind=tag")).await;
    shows(&browser, "#live", "are live").await;
    assert!(!browser.text("#rows").await.contains("cache:e:"));
    is_sound(&browser, &site, "events").await;
    drop(server);
    shows(&browser, "#watching", "Redis away").await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_choice_of_whose_figures_is_kept_from_view_to_view() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    let another = Another::start(&server.url());
    another.call();
    call(&cache, 7, 3).await;
    let site = Site::serve(&Console::new(&cache)).await;
    let browser = Browser::start().await;
    browser.open(&site.url("overview")).await;
    shows(&browser, "#calls", "4").await;
    browser.click(".switch li:last-child a").await;
    shows(&browser, "#figures", "Figures of this process").await;
    assert_eq!(browser.text("#calls").await, "3");
    browser.click("nav li:nth-child(2) a").await;
    shows(&browser, "h1", "Functions").await;
    shows(&browser, "#of", "Of this process").await;
    browser.click("thead th:nth-child(3) a").await;
    shows(&browser, "th[aria-sort] a", "Hit rate").await;
    shows(&browser, "#of", "Of this process").await;
    browser.click(".switch li:first-child a").await;
    shows(&browser, "#of", "Of the fleet, which is 2 processes").await;
    shows(&browser, "th[aria-sort] a", "Hit rate").await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_not_there_leads_back_from_whatever_depth() {
    let site = Site::serve(&Console::new(&Cache::memory())).await;
    let browser = Browser::start().await;
    for path in ["nothing", "a/b/nothing", "overview/", "api/nothing"] {
        browser.open(&site.url(path)).await;
        assert!(
            browser.text("main").await.contains("no such page"),
            "{path}"
        );
        let is_styled = "return getComputedStyle(document.querySelector('nav ul')).listStyleType";
        assert_eq!(browser.run(is_styled).await, "none", "{path}");
        browser.click("nav li:first-child a").await;
        shows(&browser, "h1", "Overview").await;
    }
}
