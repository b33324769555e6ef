//! A server that asks for a client's certificate, files that can't be used, and what is said of each
//! reason for which TLS does not come about.

use std::path::Path;
use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, RedisHealth};
use cache_tests::Server;

use crate::log::Log;
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
async fn without_a_certificate_or_with_a_foreign_one_loads_go_on_and_the_cause_is_told() {
    let server = demanding().await;
    let [certificate, key] = server.foreign_certificate();
    let foreign = trusting(&server).client_certificate(certificate, key);
    fails(
        trusting(&server),
        "tls_client_certificate_wanted",
        "client_certificate",
    )
    .await;
    fails(
        foreign,
        "tls_client_certificate_refused",
        "authority has issued",
    )
    .await;
}

/// Calls are the origin's, `health` tells the cause, and the log beside it what to do.
async fn fails(builder: CacheBuilder, cause: &str, advice: &str) {
    let log = Log::default();
    let _guard = log.listen();
    let cache = builder.memory_bytes(0).build().unwrap();
    for n in 1..=3 {
        assert_eq!(call(&cache, 1, n).await.0, n, "the origin's answer");
    }
    let told = async || match cache.health().redis {
        Some(RedisHealth::Down { cause: told, .. }) => told == cause,
        _ => false,
    };
    crate::until(Duration::from_secs(20), told).await;
    let said = || {
        let lines = log.lines("redis can't be reached").into_iter();
        lines
            .filter(|line| line.contains(cause))
            .collect::<Vec<_>>()
    };
    // Health tells it a moment before the log does.
    crate::until(Duration::from_secs(20), async || !said().is_empty()).await;
    let said = said();
    assert!(said[0].contains(advice), "{}", said[0]);
}

#[tokio::test]
async fn a_certificate_that_can_not_be_trusted_is_told_with_its_reason() {
    let server = Server::builder().tls().start().await.unwrap();
    let cause = "tls_certificate_of_unknown_issuer";
    fails(on(&server), cause, "CACHE_CA_FILE").await;
    let by_address = server.url().replace("localhost", "127.0.0.1");
    let cause = "tls_certificate_for_other_names";
    fails(trusting(&server).url(by_address), cause, "host in the url").await;
    let expired = Server::builder().expired_tls().start().await.unwrap();
    fails(trusting(&expired), "tls_certificate_expired", "renew").await;
    let future = Server::builder().future_tls().start().await.unwrap();
    fails(
        trusting(&future),
        "tls_certificate_not_valid_yet",
        "the clocks",
    )
    .await;
}

#[tokio::test]
async fn a_port_that_speaks_another_language_is_told_of_whichever_asks() {
    let server = Server::builder().tls().start().await.unwrap();
    let plain = server.port();
    let secured = server.url().replace("rediss://localhost:", "");
    for (url, cause, advice) in [
        (
            format!("rediss://localhost:{plain}"),
            "tls_to_a_plain_port",
            "`redis` in place of `rediss`",
        ),
        (
            format!("rediss+cluster://localhost:{plain}"),
            "tls_to_a_plain_port",
            "`redis` in place of `rediss`",
        ),
        (
            format!("rediss+sentinel://localhost:{plain}/main"),
            "tls_to_a_plain_port",
            "`redis` in place of `rediss`",
        ),
        (
            format!("redis://localhost:{secured}"),
            "plain_to_a_tls_port",
            "`rediss` in place of `redis`",
        ),
        (
            format!("redis+cluster://localhost:{secured}"),
            "plain_to_a_tls_port",
            "`rediss` in place of `redis`",
        ),
        (
            format!("redis+sentinel://localhost:{secured}/main"),
            "plain_to_a_tls_port",
            "`rediss` in place of `redis`",
        ),
    ] {
        fails(Cache::builder().url(url), cause, advice).await;
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
