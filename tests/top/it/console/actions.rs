//! Who may invalidate by hand, and who may not.

use std::sync::{Arc, Mutex};

use cache_console::Console;
use cache_runtime::Cache;

use super::{Site, call, call_in, until};
use crate::http::{Answer, post};

const ADA: &str = "X-User: ada\r\n";
const ASK: &str = "act?how=invalidate&kind=namespace&name=ours";

fn known(cache: &Cache) -> Console {
    Console::new(cache).allow_actions(|headers| {
        let user = headers.get("x-user")?.to_str().ok()?;
        Some(user.to_owned()).filter(|user| user != "mallory")
    })
}

/// The cookie and the token of a form that somebody was given.
async fn form(site: &Site, who: &str) -> (String, String) {
    let asked = site.get(ASK, who).await;
    assert!(asked.head.contains(" 200 "), "{}", asked.head);
    let cookie = asked
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
    let (_, token) = asked.body.split_once("name=\"token\" value=\"").unwrap();
    let token = token.split('"').next().unwrap().to_owned();
    (cookie.split(';').next().unwrap().to_owned(), token)
}

async fn send(site: &Site, headers: &str, token: &str) -> Answer {
    let body = format!("how=invalidate&kind=namespace&name=ours&token={token}");
    let path = format!("{}/act", super::UNDER);
    post(&site.address, &path, headers, &body).await.unwrap()
}

/// A cache of one entry, whose invalidations are counted.
async fn used() -> Cache {
    let cache = Cache::memory();
    call_in(&cache, "ours").await;
    cache
}

fn invalidations(cache: &Cache) -> u64 {
    cache.stats().namespace("ours").unwrap().invalidations
}

#[tokio::test]
async fn an_action_needs_its_page_its_browser_and_its_person() {
    let cache = used().await;
    let site = Site::serve(&known(&cache)).await;
    let (cookie, token) = form(&site, ADA).await;
    let (others_cookie, others_token) = form(&site, ADA).await;
    let (cookies, own) = (
        format!("Cookie: {cookie}\r\n"),
        format!("Origin: http://{}\r\n", site.address),
    );
    let all = format!("{ADA}{cookies}{own}");
    for (what, headers, token) in [
        ("nobody", format!("{cookies}{own}"), token.as_str()),
        (
            "one who may not",
            format!("X-User: mallory\r\n{cookies}{own}"),
            &token,
        ),
        (
            "another person",
            format!("X-User: bob\r\n{cookies}{own}"),
            &token,
        ),
        ("no cookie", format!("{ADA}{own}"), &token),
        (
            "another's cookie",
            format!("{ADA}Cookie: {others_cookie}\r\n{own}"),
            &token,
        ),
        ("no token", all.clone(), ""),
        ("another's token", all.clone(), &others_token),
        ("no origin", format!("{ADA}{cookies}"), &token),
        (
            "another origin",
            format!("{ADA}{cookies}Origin: http://evil.example\r\n"),
            &token,
        ),
        (
            "another port",
            format!("{ADA}{cookies}Origin: http://127.0.0.1:1\r\n"),
            &token,
        ),
        (
            "another site",
            format!("{all}Sec-Fetch-Site: same-site\r\n"),
            &token,
        ),
    ] {
        let refused = send(&site, &headers, token).await;
        assert!(refused.head.contains(" 403 "), "{what}: {}", refused.head);
        assert_eq!(invalidations(&cache), 0, "{what}");
    }
    let done = send(&site, &all, &token).await;
    assert!(done.head.contains(" 200 "), "{}", done.head);
    assert!(done.body.contains("<h1>Done</h1>"), "{}", done.body);
    assert_eq!(invalidations(&cache), 1);
    // A form of another process, or of this one before it was started anew.
    let restarted = Site::serve(&known(&cache)).await;
    let own = format!("{ADA}{cookies}Origin: http://{}\r\n", restarted.address);
    let refused = send(&restarted, &own, &token).await;
    assert!(refused.body.contains("started anew"), "{}", refused.body);
    assert_eq!(invalidations(&cache), 1);
}

#[tokio::test]
async fn a_page_that_has_names_answers_to_no_other() {
    let cache = used().await;
    let console = known(&cache).hosts(["localhost", "127.0.0.1"]);
    let site = Site::serve(&console).await;
    assert!(site.get("overview", "").await.head.contains(" 200 "));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let routes = console.router();
    let rebound = tokio::spawn(async move {
        let named = async |mut request: axum::extract::Request, next: axum::middleware::Next| {
            let evil = "evil.example:80".parse().unwrap();
            request.headers_mut().insert("host", evil);
            next.run(request).await
        };
        let routes = routes.layer(axum::middleware::from_fn(named));
        axum::serve(listener, routes).await.unwrap();
    });
    for (path, status) in [
        ("/overview", " 403 "),
        ("/api/key", " 403 "),
        ("/act", " 403 "),
        ("/nothing", " 403 "),
        ("/healthz", " 200 "),
        ("/readyz", " 200 "),
    ] {
        let answer = crate::http::get(&address, path, ADA).await.unwrap();
        assert!(answer.head.contains(status), "{path}: {}", answer.head);
    }
    rebound.abort();
}

#[tokio::test]
async fn nothing_is_done_unless_it_was_allowed() {
    let cache = used().await;
    let site = Site::serve(&Console::new(&cache)).await;
    let own = format!("{ADA}Origin: http://{}\r\n", site.address);
    for answer in [site.get(ASK, ADA).await, send(&site, &own, "").await] {
        assert!(answer.head.contains(" 403 "), "{}", answer.head);
        assert!(answer.body.contains("Actions are off"), "{}", answer.body);
    }
    for view in ["namespaces", "tags"] {
        let page = site.get(view, "").await.body;
        assert!(
            page.contains("Actions are off") && !page.contains("act?"),
            "{page}"
        );
        assert!(!page.contains("<form"), "{page}");
    }
    assert_eq!(invalidations(&cache), 0);
}

#[tokio::test]
async fn a_page_says_what_an_action_may_cost_and_a_bad_name_is_told_of() {
    let cache = Cache::memory();
    let site = Site::serve(&known(&cache)).await;
    call(&cache, 7, 100).await;
    // A rate is of some time, so there is none at once.
    until("a rate of hits", async || {
        let asked = site.get("act?how=expire&kind=tag&name=page:7", ADA).await;
        assert!(asked.body.contains("top::console::page"), "{}", asked.body);
        let (_, rate) = asked.body.split_once("id=\"estimate\">")?;
        let (rate, _) = rate.split_once("/s</strong>")?;
        rate.parse().ok().filter(|rate: &f64| *rate > 1.0)
    })
    .await;
    let other = site
        .get("act?how=expire&kind=tag&name=user:7", ADA)
        .await
        .body;
    assert!(
        other.contains("No function that is known here has it"),
        "{other}"
    );
    assert!(
        other.contains("No data") && !other.contains("Up to"),
        "{other}"
    );

    let (cookie, token) = form(&site, ADA).await;
    let headers = format!(
        "{ADA}Cookie: {cookie}\r\nOrigin: http://{}\r\n",
        site.address
    );
    let body = format!("how=invalidate&kind=namespace&name=a%7Bb&token={token}");
    let path = format!("{}/act", super::UNDER);
    let refused = post(&site.address, &path, &headers, &body).await.unwrap();
    assert!(refused.head.contains(" 400 "), "{}", refused.head);
    assert!(refused.body.contains("it has a brace"), "{}", refused.body);
    let long = "%3C".repeat(500_000);
    let body = format!("how=invalidate&kind=namespace&name={long}&token={token}");
    let refused = post(&site.address, &path, &headers, &body).await.unwrap();
    assert!(refused.head.contains(" 400 "), "{}", refused.head);
    assert!(refused.body.len() < 5_000, "{}", refused.body);
}

/// What is logged, as bytes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_says_who_did_what_in_one_harmless_line() {
    let (log, cache) = (Log::default(), used().await);
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    // While there is but one, what other tests log first is judged by their threads, which have none, for good.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    // The server's tasks are on this thread as well.
    let _guard = tracing::subscriber::set_default(subscriber);
    let site = Site::serve(&known(&cache)).await;
    let who = "X-User: ada\r\n";
    let (cookie, token) = form(&site, who).await;
    let headers = format!(
        "{who}Cookie: {cookie}\r\nOrigin: http://{}\r\n",
        site.address
    );
    assert!(send(&site, &headers, &token).await.head.contains(" 200 "));
    let path = format!("{}/act", super::UNDER);
    let body = format!("how=expire&kind=tag&name=a%0A%1B%5B2Jb%E2%80%AE&token={token}");
    post(&site.address, &path, &headers, &body).await.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("by hand"))
        .collect();
    assert_eq!(lines.len(), 2, "{log}");
    let done =
        r#"INFO cache: done by hand on the page who=ada what="invalidate namespace" name=ours"#;
    assert!(lines[0].contains(done), "{log}");
    assert!(lines[1].contains(r"name=a\u{a}\u{1b}[2Jb\u{202e}"), "{log}");
}
