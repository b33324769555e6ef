//! No password is in the log, in an error or in a `Debug`, whatever happens.

use std::time::Duration;

use cache_runtime::{Cache, RedisHealth};
use cache_tests::Server;

use crate::log::Log;
use crate::trouble::{NS, call};
use crate::until;

const SECRET: &str = "s3cret";

#[tokio::test]
async fn no_password_is_told() {
    let log = Log::default();
    let _guard = log.listen();
    let right = format!("{SECRET}-right");
    let server = Server::builder().password(&right).start().await.unwrap();
    let port = server.port();
    let wrong = format!("{SECRET}-wrong");
    let mut told = String::new();
    for url in [
        server.url(),
        server.url().replace(&right, &wrong),
        format!("redis://ada:{wrong}@127.0.0.1:{port}"),
        format!("redis://ada:{wrong}@127.0.0.1:1"),
        format!("redis+sentinel://:{right}@127.0.0.1:1,127.0.0.1:{port}/main"),
        format!("redis+sentinel://127.0.0.1:{port}/main?sentinel_password={wrong}"),
        format!("redis+sentinel://127.0.0.1:{port}/main?sentinel_password={right}"),
    ] {
        let builder = Cache::builder().url(&url);
        told += &format!("{builder:?}");
        let cache = builder.build().unwrap();
        for n in 0..3 {
            call(&cache, n, n).await;
        }
        let settled = async || cache.health().redis != Some(RedisHealth::Connecting);
        until(Duration::from_secs(10), settled).await;
        for outcome in [
            cache.namespace(NS).invalidate().await,
            cache.namespace(NS).expire().await,
            cache.close_within(Duration::ZERO).await,
        ] {
            told += &format!("{outcome:?} ");
            told += &outcome.map_or_else(|error| error.to_string(), |()| String::new());
        }
        told += &format!(
            "{cache:?} {:?} {:?} {}",
            cache.health(),
            cache.stats(),
            cache.stats()
        );
    }
    for bad in [
        "redis://:s3cret@h:port",
        "redis://s3cret",
        "redis://:s3cret@h/x",
        "s3cret://h",
        "redis+sentinel://:s3cret@h",
        "redis+cluster://:s3cret@h/7",
    ] {
        let builder = Cache::builder().url(bad).ca_file("absent.pem");
        let Err(error) = builder.build() else {
            continue;
        };
        told += &format!("{error:?} {error}");
    }
    let log = log.text();
    for said in [
        "connected to redis",
        "wrong_user_or_password",
        "invalidated",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(told.contains("Unavailable"), "{told}");
    for text in [told, log] {
        let at = text.find(SECRET);
        assert_eq!(at.map(|at| &text[at.saturating_sub(99)..at]), None);
    }
}
