//! What changes, as it happens.

use std::time::Duration;

use cache_console::Console;
use cache_runtime::CacheError;
use cache_tests::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Site, UNDER, built, call, call_in, until};

/// A stream of changes.
struct Stream {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Stream {
    async fn open(site: &Site, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(&site.address).await.unwrap();
        let asked = format!(
            "GET {UNDER}/live/events{query} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n",
            site.address
        );
        stream.write_all(asked.as_bytes()).await.unwrap();
        let read = Vec::new();
        Self { stream, read }
    }

    /// The next event: its id, and what it tells.
    async fn next(&mut self) -> (u64, Value) {
        loop {
            let text = String::from_utf8_lossy(&self.read).into_owned();
            // The chunks of the transfer stand between events, and none within one.
            if let Some(at) = text.find("event: rows")
                && let Some(end) = text[at..].find("\n\n")
            {
                let event = &text[at..at + end];
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap()
                        .to_owned()
                };
                let (id, told) = (field("id: "), field("data: "));
                self.read.drain(..at + end + 2);
                return (id.parse().unwrap(), serde_json::from_str(&told).unwrap());
            }
            let mut some = vec![0; 65_536];
            let reading =
                tokio::time::timeout(Duration::from_secs(30), self.stream.read(&mut some));
            let count = reading.await.expect("an event").unwrap();
            assert!(count > 0, "the stream has ended: {text}");
            self.read.extend_from_slice(&some[..count]);
        }
    }

    /// Reads until an event satisfies this: all rows until then, and that event.
    async fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> (u64, String, Value) {
        let mut rows = String::new();
        for _ in 0..200 {
            let (id, told) = self.next().await;
            rows.push_str(told["html"].as_str().unwrap());
            if is_it(&told) {
                return (id, rows, told);
            }
        }
        panic!("no such event: {rows}");
    }
}

fn has(text: &'static str) -> impl Fn(&Value) -> bool {
    move |told| told["html"].as_str().unwrap().contains(text)
}

fn is_on(told: &Value) -> bool {
    told["status"].as_str().unwrap().contains("are heard")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_and_an_invalidation_are_told_as_they_happen_and_once() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    let site = Site::serve(&Console::new(&cache)).await;
    let mut stream = Stream::open(&site, "", "").await;
    let mut tags = Stream::open(&site, "?kind=tag", "").await;
    let mut other = Stream::open(&site, "?namespace=%3Cb%3E", "").await;
    stream.until(is_on).await;
    call(&cache, 7, 1).await;
    call_in(&cache, "<b>").await;
    let (_, rows, _) = stream.until(has("&#60;b&#62;")).await;
    assert!(rows.contains("cache:e:page:{"), "{rows}");
    assert!(!rows.contains("<b>"), "{rows}");
    cache.tag("page:7").invalidate().await?;
    let (id, rows, _) = stream.until(has("stamp gone")).await;
    assert!(rows.contains("<bdi>page:7</bdi>"), "{rows}");
    let (_, rows, _) = tags.until(has("stamp gone")).await;
    assert!(!rows.contains("cache:e:"), "{rows}");
    let (_, rows, _) = other.until(has("stored")).await;
    assert!(!rows.contains(":page:"), "{rows}");
    // A browser that comes back says what it had, and is told of the rest alone.
    drop(stream);
    cache.tag("page:8").invalidate().await?;
    call(&cache, 8, 1).await;
    let again = format!("Last-Event-ID: {id}\r\n");
    let mut again = Stream::open(&site, "", &again).await;
    let (_, rows, told) = again.until(has("page:8")).await;
    assert!(!rows.contains("<bdi>page:7</bdi>"), "{rows}");
    assert_eq!(told["is_all"], false);
    // What a page shows that is opened later.
    let page = site.get("events", "").await.body;
    assert!(page.contains("<bdi>page:7</bdi>"), "{page}");
    let told = site.get("api/events?kind=tag", "").await.body;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["state"]["is"], "on");
    assert!(
        told["lines"]
            .as_array()
            .unwrap()
            .iter()
            .all(|line| line["kind"] == "tag")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_fast_is_counted_and_left_out_and_redis_away_is_said() -> Result<(), CacheError>
{
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    let site = Site::serve(&Console::new(&cache)).await;
    let mut stream = Stream::open(&site, "", "").await;
    let (id, ..) = stream.until(is_on).await;
    drop(stream);
    for key in 0..1_500 {
        let key = format!("cache:e:fast:{{{key}}}");
        server.run(&["SET", &key, "x"]).await.unwrap();
    }
    until("all to be heard", async || {
        let told = site.get("api/events?namespace=fast", "").await.body;
        let told: Value = serde_json::from_str(&told).unwrap();
        let first = &told["lines"][0]["name"];
        (*first == "cache:e:fast:{1499}").then_some(())
    })
    .await;
    let again = format!("Last-Event-ID: {id}\r\n");
    let mut stream = Stream::open(&site, "", &again).await;
    let (_, told) = stream.next().await;
    let rows = told["html"].as_str().unwrap().matches("<tr>").count();
    assert_eq!(rows, 100, "{told}");
    let status = told["status"].as_str().unwrap();
    let (_, left) = status.split_once("Up to ").unwrap();
    let left: u64 = left.split(' ').next().unwrap().parse().unwrap();
    // A change that follows another of the same key at once is told with it.
    assert!((1_300..1_600).contains(&left), "{status}");
    drop(server);
    let (_, rows, told) = stream
        .until(|told| told["status"].as_str().unwrap().contains("Redis away"))
        .await;
    assert!(
        rows.contains("away; what changes there is not told"),
        "{rows} {told}"
    );
    Ok(())
}
