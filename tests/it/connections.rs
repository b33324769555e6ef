//! Each form of URL, and who may connect.

use std::time::Duration;

use cache_runtime::{Cache, RedisHealth};
use cache_tests::Server;

use crate::trouble::{call, on};

#[tokio::test]
async fn a_wrong_password_is_a_counted_cause_and_no_secret_is_told() {
    let server = Server::builder().password("right").start().await.unwrap();
    let wrong = server.url().replace("right", "wr0ng");
    let cache = Cache::builder().url(wrong).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    crate::until(Duration::from_secs(5), || async {
        let health = format!("{:?}", cache.health());
        assert!(!health.contains("wr0ng"));
        health.contains("wrong_user_or_password")
    })
    .await;
    let right = on(&server).build().unwrap();
    assert_eq!(call(&right, 1, 1).await.0, 1);
    assert_eq!(call(&right, 1, 2).await.0, 1);
}

#[tokio::test]
async fn a_user_and_a_database_of_the_url_are_used() {
    let server = crate::server().await;
    let user = [
        b"ACL".as_slice(),
        b"SETUSER",
        b"ada",
        b"on",
        b">pw",
        b"~*",
        b"+@all",
    ];
    server.command(&user).await.unwrap();
    let url = server.url().replace("redis://", "redis://ada:pw@") + "/3";
    let cache = Cache::builder().url(url).memory_bytes(0);
    let cache = cache.op_timeout(Duration::from_secs(5)).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    assert_eq!(call(&cache, 1, 2).await.0, 1);
    assert_eq!(
        server.keys().await.unwrap(),
        Vec::<String>::new(),
        "nothing in database 0"
    );
}

#[tokio::test]
async fn a_unix_socket_and_tls_with_a_private_authority_work() {
    let server = Server::builder().tls().start().await.unwrap();
    let tls = on(&server)
        .ca_file(server.ca_file())
        .op_timeout(Duration::from_secs(2));
    let unix = Cache::builder().url(server.unix_url()).memory_bytes(0);
    for cache in [tls.build().unwrap(), unix.build().unwrap()] {
        assert_eq!(call(&cache, 1, 1).await.0, 1);
        assert_eq!(call(&cache, 1, 2).await.0, 1);
    }
    let untrusting = on(&server).build().unwrap();
    assert_eq!(call(&untrusting, 1, 3).await.0, 3);
    let told = "tls_certificate_of_unknown_issuer";
    crate::until(Duration::from_secs(5), || async {
        matches!(untrusting.health().redis, Some(RedisHealth::Down { cause, .. }) if cause == told)
    })
    .await;
}
