//! A page with moving figures: `cargo run --example dashboard`, then open the address that it prints.
//!
//! Calls of four functions are made without an end: some that repeat, some that hardly do, some that fail at times, and
//! a herd now and then. It needs no server; with `CACHE_URL=redis://127.0.0.1` it runs on Redis, and a second one,
//! started as `PORT=3002`, is another process of the same fleet; then the page shows keys, and what changes. Warm it by
//! `cachectl warm http://127.0.0.1:3001/cache --target users --limit 50`, with `CACHE_CONSOLE_TOKEN` set for both.
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::error::Error;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use cache_console::{Console, bearer};
use cache_runtime::{Cache, CacheError, cached};
use futures_util::{StreamExt as _, stream};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Few users are asked for often: most calls are hits.
#[cached(ns = "user", key = "user:{id}", ttl = "1m", tags = ["user:{id}"])]
async fn user(id: u64) -> Result<String, &'static str> {
    sleep(Duration::from_millis(20)).await; // a database
    Ok(format!("user number {id}"))
}

/// What they see rests on the user, too. Older feeds are served while one call makes the next.
#[cached(ns = "feed", key = "feed:{user}:{page}", ttl = "2s", stale = "1m", tags = ["user:{user}", "feed"])]
async fn feed(user: u64, page: u64) -> Result<Vec<u64>, &'static str> {
    sleep(Duration::from_millis(80)).await;
    Ok((page * 20..page * 20 + 20).map(|n| n * user).collect())
}

/// Words hardly repeat, so that a cache is of little use.
#[cached(ns = "search", ttl = "10s")]
async fn search(words: &str) -> Result<Vec<String>, &'static str> {
    sleep(Duration::from_millis(30)).await;
    Ok(vec![words.to_uppercase()])
}

/// Fails now and then; callers get the older rate.
#[cached(ns = "rate", ttl = "3s", stale = "1m", error_ttl = "1s", tags = ["rates"])]
async fn exchange_rate(currency: u64) -> Result<f64, &'static str> {
    sleep(Duration::from_millis(40)).await;
    match random(4) {
        0 => Err("the bank is closed"),
        _ => Ok(1.0 + currency as f64 / 10.0),
    }
}

/// One user more is there before anybody asks.
async fn warmed(id: u64) -> Result<u64, &'static str> {
    user(id).await.map(|_| 1)
}

/// A number below this one, good enough to choose what is called next.
fn random(below: u64) -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(()) % below
}

/// Calls the functions for good, as requests of a service would.
async fn visitor() {
    loop {
        match random(10) {
            0 => drop(search(&format!("words {}", random(100_000))).await),
            1 => drop(exchange_rate(random(5)).await),
            2..5 => drop(feed(random(20), random(3)).await),
            _ => drop(user(random(50)).await),
        }
        sleep(Duration::from_millis(5 + random(20))).await;
    }
}

/// A hundred visitors ask for the same new user at once: one load serves them all.
async fn herds() {
    loop {
        sleep(Duration::from_secs(3)).await;
        let id = 1_000 + random(1_000_000);
        for _ in 0..100 {
            tokio::spawn(user(id));
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
        .init();
    let cache = Cache::from_env()?;
    cache.install()?;
    let token = std::env::var("CACHE_CONSOLE_TOKEN").unwrap_or_default();
    // On this machine alone, so whoever reaches it is you. A service asks who somebody is.
    let console = Console::new(&cache)
        // And so that no page elsewhere has a browser reach it by another name.
        .hosts(["localhost", "127.0.0.1"])
        .allow_actions(|_| Some("whoever sits here".to_owned()))
        .show_values()
        .allow_warm(bearer(token, "cachectl"))
        .warm_each("users", |limit| stream::iter(0..limit).then(warmed));
    let app = Router::new()
        .route("/", get(|| async { Redirect::to("/cache") }))
        .nest("/cache", console.router());
    for _ in 0..20 {
        tokio::spawn(visitor());
    }
    tokio::spawn(herds());
    let port = std::env::var("PORT").ok().map(|port| port.parse());
    let port = port.transpose()?.unwrap_or(3001);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("open http://{}/cache", listener.local_addr()?);
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        () = stop => {}
    }
    close(&cache).await?;
    Ok(())
}

async fn close(cache: &Cache) -> Result<(), CacheError> {
    println!("{}", cache.stats());
    cache.close().await
}
