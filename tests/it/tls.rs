//! A server that asks for a client's certificate, and files that can't be used.

use std::path::Path;
use std::time::Duration;

use cache_runtime::{CacheBuilder, RedisHealth};
use cache_tests::Server;

use crate::trouble::{call, on};

async fn demanding() -> Server {
    Server::builder().mutual_tls().start().await.unwrap()
}

fn trusting(server: &Server) -> CacheBuilder {
    on(server)
        .ca_file(server.ca_file())
        .op_timeout(Duration::from_secs(2))
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_is_shown_it() {
    let server = demanding().await;
    let [certificate, key] = server.client_certificate();
    let cache = trusting(&server)
        .client_certificate(certificate, key)
        .build()
        .unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    assert_eq!(call(&cache, 1, 2).await.0, 1, "a hit");
    assert_eq!(cache.health().redis, Some(RedisHealth::Up));
}

#[tokio::test]
async fn without_a_certificate_or_with_a_foreign_one_loads_go_on_and_the_cause_is_tls() {
    let server = demanding().await;
    let [certificate, key] = server.foreign_certificate();
    let foreign = trusting(&server).client_certificate(certificate, key);
    for builder in [trusting(&server), foreign] {
        let cache = builder.build().unwrap();
        for n in 1..=3 {
            assert_eq!(call(&cache, 1, n).await.0, n, "the origin's answer");
        }
        crate::until(Duration::from_secs(10), || async {
            match cache.health().redis {
                Some(RedisHealth::Down { cause, .. }) => cause == "tls",
                _ => false,
            }
        })
        .await;
    }
}

#[tokio::test]
async fn files_that_can_not_be_used_are_named_and_so_is_the_setting() {
    let server = demanding().await;
    let folder = server.ca_file().parent().unwrap().to_owned();
    let broken = folder.join("broken.pem");
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&broken, text).unwrap();
    std::fs::write(folder.join("empty.pem"), "").unwrap();
    let [certificate, key] = server.client_certificate();
    let [_, foreign_key] = server.foreign_certificate();
    let refused = |certificate: &Path, key: &Path| {
        let builder = trusting(&server).client_certificate(certificate, key);
        builder.build().unwrap_err().to_string()
    };
    for (error, file) in [
        (refused(&folder.join("absent.pem"), &key), "absent.pem"),
        (refused(&broken, &key), "broken.pem"),
        (refused(&folder.join("empty.pem"), &key), "empty.pem"),
        (refused(&certificate, &certificate), "client.pem"),
        (refused(&key, &key), "client-key.pem"),
        (refused(&certificate, &foreign_key), "stranger-key.pem"),
    ] {
        assert!(
            error.contains("`client_certificate`") && error.contains(file),
            "{error}"
        );
        assert!(!error.contains("BEGIN"), "{error}");
    }
    let plain = on(&server).url("redis://localhost");
    let error = plain.client_certificate(certificate, key).build();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("rediss://"), "{error}");
}
