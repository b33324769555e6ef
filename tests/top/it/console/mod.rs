//! The page: over HTTP, and in a real Chromium.

mod actions;
mod another;
mod browser;
mod changes;
mod driver;
mod entries;
mod fleet;
mod probes;
mod streams;
mod views;
mod warming;

use std::time::{Duration, Instant};

use axum::Router;
use cache_console::Console;
use cache_runtime::{Cache, Policy, cached};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::http;

/// The path that the page is nested under, as in a program with pages of its own.
const UNDER: &str = "/some/where";

#[cached(ns = "page", ttl = "1h", tags = ["page:{id}", "pages"])]
async fn page(id: u64) -> Result<u64, String> {
    match id {
        0 => Err("there is no page 0".to_owned()),
        id => Ok(id),
    }
}

/// A program with the page of a cache; it ends when this is dropped.
struct Site {
    address: String,
    serving: JoinHandle<()>,
}

impl Site {
    async fn serve(console: &Console) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let routes = Router::new().nest(UNDER, console.router());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, serving }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{UNDER}/{path}", self.address)
    }

    async fn get(&self, path: &str, headers: &str) -> http::Answer {
        let path = format!("{UNDER}/{path}");
        http::get(&self.address, &path, headers).await.unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A cache on a server, which publishes its figures often.
fn built(url: &str) -> Cache {
    let builder = Cache::builder()
        .url(url)
        .fleet_interval(Duration::from_millis(200))
        // Of a machine that has much else to do.
        .op_timeout(Duration::from_millis(500));
    builder.lag(Duration::from_secs(1)).build().unwrap()
}

/// Makes so many calls of a page, of which the first is a load.
async fn call(cache: &Cache, id: u64, times: u64) {
    for _ in 0..times {
        let _ = cache.scope(page(id)).await;
    }
}

/// Makes a call in a namespace that is made at run time.
async fn call_in(cache: &Cache, namespace: &str) {
    let policy = Policy::new(Duration::from_secs(60));
    let load = async { Ok::<_, String>(1_u8) };
    let _ = cache.get_or_load(namespace, &1, &policy, load).await;
}

/// Asks until there is an answer.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let limit = Duration::from_secs(30);
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
