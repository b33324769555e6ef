//! Warming through the page: who may, and what is told of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_console::{Console, bearer};
use cache_runtime::Cache;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::{Site, UNDER, call, until};

const TOKEN: &str = "Authorization: Bearer s3cret\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// An answer: its status and its body.
async fn post(site: &Site, headers: &str, body: &str) -> (u16, String) {
    let mut stream = begin(site, headers, body).await;
    let mut all = String::new();
    stream.read_to_string(&mut all).await.unwrap();
    let status = all.split(' ').nth(1).unwrap().parse().unwrap();
    (status, all.split_once("\r\n\r\n").unwrap().1.to_owned())
}

async fn begin(site: &Site, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&site.address).await.unwrap();
    let asked = format!(
        "POST {UNDER}/warm HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        site.address,
        body.len()
    );
    stream.write_all(asked.as_bytes()).await.unwrap();
    stream
}

fn asked(target: &str, limit: u64) -> String {
    json!({ "target": target, "limit": limit }).to_string()
}

#[tokio::test]
async fn a_target_is_warmed_and_told_of_to_whom_the_program_knows() {
    let cache = Cache::memory();
    let own = cache.clone();
    let console = Console::new(&cache)
        .allow_warm(bearer("s3cret", "cachectl"))
        .warm("pages", move |limit| {
            let cache = own.clone();
            async move {
                for id in 1..=limit {
                    call(&cache, id, 1).await;
                }
                Ok::<_, String>(limit)
            }
        })
        .warm("broken", |_| async { Err::<u64, _>("the origin is away") });
    let site = Site::serve(&console).await;
    let all = format!("{TOKEN}{JSON}");
    let (status, body) = post(&site, &all, &asked("pages", 30)).await;
    assert_eq!(status, 200, "{body}");
    let last: Value = serde_json::from_str(body.lines().last().unwrap()).unwrap();
    assert_eq!((&last["warmed"], &last["done"]), (&json!(30), &json!(true)));
    assert_eq!(cache.stats().namespace("page").unwrap().loads, 30);
    let (_, body) = post(&site, &all, &asked("broken", 30)).await;
    let last: Value = serde_json::from_str(body.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["failed"], &last["error"]),
        (&json!(1), &json!("the origin is away"))
    );
    let listed = site.get("warm", TOKEN).await;
    assert_eq!(listed.body, r#"{"targets":["pages","broken"]}"#);
    let (status, body) = post(&site, &all, &asked("nothing", 30)).await;
    assert_eq!((status, body.contains("pages")), (404, true), "{body}");
    let (status, _) = post(&site, &all, &asked("pages", 0)).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn nobody_warms_by_a_cookie_from_another_page_or_by_a_form() {
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    // It would know a cookie, and a header that a proxy makes of one.
    let console = Console::new(&Cache::memory())
        .allow_actions(|headers| {
            let cookie = headers.get("cookie").or(headers.get("x-user"))?;
            cookie.to_str().ok().map(str::to_owned)
        })
        .warm("pages", move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, String>(1) }
        });
    let site = Site::serve(&console).await;
    let (own, body) = (
        format!("Origin: http://{}\r\n", site.address),
        asked("pages", 1),
    );
    for (what, headers, expected) in [
        ("nobody", JSON.to_owned(), 401),
        ("a cookie", format!("{JSON}Cookie: ada\r\n"), 401),
        (
            "another origin",
            format!("{JSON}X-User: ada\r\nOrigin: http://evil.example\r\n"),
            403,
        ),
        (
            "another site",
            format!("{JSON}X-User: ada\r\n{own}Sec-Fetch-Site: cross-site\r\n"),
            403,
        ),
        (
            "a form",
            "X-User: ada\r\nContent-Type: text/plain\r\n".to_owned(),
            400,
        ),
    ] {
        let (status, told) = post(&site, &headers, &body).await;
        assert_eq!(status, expected, "{what}: {told}");
        assert_eq!(count.load(Ordering::SeqCst), 0, "{what}");
    }
    let (status, _) = post(&site, &format!("{JSON}X-User: ada\r\n{own}"), &body).await;
    assert_eq!((status, count.load(Ordering::SeqCst)), (200, 1));
    let off = Console::new(&Cache::memory()).warm("pages", |_| async { Ok::<_, String>(1) });
    let off = Site::serve(&off).await;
    let (status, told) = post(&off, &format!("{TOKEN}{JSON}"), &body).await;
    assert_eq!((status, told.contains("allow_warm")), (403, true), "{told}");
}

#[tokio::test]
async fn a_target_is_warmed_once_at_a_time_and_no_longer_than_somebody_waits() {
    let gate = Arc::new(Semaphore::new(0));
    let (waits, running) = (Arc::clone(&gate), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&running);
    /// Counts those that are under way.
    struct Under(Arc<AtomicU64>);
    impl Drop for Under {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let console = Console::new(&Cache::memory())
        .allow_warm(bearer("s3cret", "cachectl"))
        .warm("slow", move |limit| {
            counted.fetch_add(1, Ordering::SeqCst);
            let (waits, under) = (Arc::clone(&waits), Under(Arc::clone(&counted)));
            async move {
                let _under = under;
                waits.acquire().await.unwrap().forget();
                Ok::<_, String>(limit)
            }
        });
    let site = Site::serve(&console).await;
    let all = format!("{TOKEN}{JSON}");
    let first = begin(&site, &all, &asked("slow", 5)).await;
    until("it to run", async || {
        (running.load(Ordering::SeqCst) == 1).then_some(())
    })
    .await;
    let (status, told) = post(&site, &all, &asked("slow", 5)).await;
    assert_eq!((status, told.contains("already")), (409, true), "{told}");
    drop(first);
    until("it to end", async || {
        (running.load(Ordering::SeqCst) == 0).then_some(())
    })
    .await;
    gate.add_permits(1);
    let (status, told) = post(&site, &all, &asked("slow", 5)).await;
    assert_eq!(
        (status, told.contains("\"done\":true")),
        (200, true),
        "{told}"
    );
}
