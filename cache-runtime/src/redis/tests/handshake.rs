//! How a link comes up: addresses, users, protocols, and nodes it must refuse.

use std::time::Duration;

use cache_tests::Server;

use super::{downs, first_down, link, names, state, unlink, until, until_read, up, with};
use crate::redis::{Fault, LinkSettings, LinkState};

#[tokio::test]
async fn nothing_happens_before_the_first_use() {
    let server = Server::start().await.unwrap();
    let (link, told) = link(&server.url(), 5_000);
    assert_eq!(
        (state(&link), link.node_ms("key")),
        (LinkState::Connecting, None)
    );
    link.read(names(["key"])).await.unwrap();
    assert_eq!(state(&link), LinkState::Up);
    assert_eq!(downs(&told), []);
    assert_eq!(told.lock().len(), 1);
}

#[test]
fn it_follows_its_users_from_runtime_to_runtime() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let first = runtime();
    let server = first.block_on(Server::start()).unwrap();
    let link = first.block_on(up(&server));
    drop(first);
    for _ in 0..3 {
        let runtime = runtime();
        let read = runtime.block_on(link.read(names(["key"])));
        assert!(
            read.is_ok(),
            "the first call waits for the connection: {read:?}"
        );
    }
}

#[test]
fn a_runtime_that_ends_among_joined_reads_takes_none_of_another_with_it() {
    let home = tokio::runtime::Runtime::new().unwrap();
    let server = home.block_on(Server::start()).unwrap();
    let link = home.block_on(up(&server));
    for _ in 0..20 {
        let away = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for _ in 0..64 {
            let link = link.clone();
            away.spawn(async move { while link.read(names(["key"])).await.is_ok() {} });
        }
        away.block_on(tokio::task::yield_now());
        drop(away);
        let read = home.block_on(link.read(names(["key"])));
        assert!(read.is_ok(), "{read:?}");
    }
}

#[tokio::test]
async fn a_server_without_resp3_is_spoken_to_in_resp2() {
    let server = Server::builder()
        .argument("--rename-command")
        .argument("HELLO")
        .argument("")
        .password("s3cret")
        .start()
        .await;
    let server = server.unwrap();
    let link = up(&server).await;
    server.command(&[b"SET", b"key", b"value"]).await.unwrap();
    let read = link.read(names(["key", "none"])).await.unwrap();
    assert_eq!(read.values(), [Some(b"value".to_vec()), None]);
}

#[tokio::test]
async fn a_wrong_password_is_told_once_and_never_shown() {
    let server = Server::builder().password("right").start().await.unwrap();
    let url = server.url().replace("right", "wr0ng");
    for url in [url, server.url().replace(":right@", "")] {
        let (link, told) = link(&url, 5_000);
        assert!(link.read(names(["key"])).await.is_err());
        until(|| matches!(state(&link), LinkState::Down { since, .. } if since > Duration::from_millis(500)))
            .await;
        assert_eq!(downs(&told), [Fault::Auth]);
        assert!(!format!("{link:?}").contains("wr0ng"));
    }
    let (right, _) = link(&server.url(), 5_000);
    assert!(right.read(names(["key"])).await.is_ok());
}

#[tokio::test]
async fn a_user_of_few_rights_is_told_which_it_lacks() {
    let server = Server::start().await.unwrap();
    let rights: &[&[u8]] = &[
        b"ACL", b"SETUSER", b"few", b"on", b">word", b"~*", b"+@all", b"-role",
    ];
    server.command(rights).await.unwrap();
    let url = server.url().replace("redis://", "redis://few:word@");
    let (few, _) = link(&url, 5_000);
    assert!(
        few.read(names(["key"])).await.is_ok(),
        "`ROLE` is not needed"
    );

    server
        .command(&[b"ACL", b"SETUSER", b"few", b"-unlink"])
        .await
        .unwrap();
    let refused = unlink(&few, names(["key"])).await.unwrap_err();
    assert_eq!(refused.as_str(), "no_permission: unlink");
    assert!(
        few.read(names(["key"])).await.is_ok(),
        "the connection is as good as before"
    );

    server
        .command(&[b"ACL", b"SETUSER", b"few", b"-info"])
        .await
        .unwrap();
    let (none, told) = link(&url, 5_000);
    assert!(none.read(names(["key"])).await.is_err());
    assert_eq!(
        first_down(&told).await.as_str(),
        "no_permission: info",
        "without a run id no stamp could be trusted"
    );
}

#[tokio::test]
async fn a_node_that_is_no_master_is_refused_and_one_that_is_demoted_is_left() {
    let master = Server::start().await.unwrap();
    let node = Server::start().await.unwrap();
    let link = up(&node).await;
    let port = master.port().to_string();
    node.command(&[b"REPLICAOF", b"127.0.0.1", port.as_bytes()])
        .await
        .unwrap();
    // A write finds out at once; a link that only reads would by its heartbeat.
    assert_eq!(
        link.claim(("lease", "lease"), &[1; 16], 1_000)
            .await
            .map(drop),
        Err(Fault::ReadOnly)
    );
    until(|| {
        matches!(
            state(&link),
            LinkState::Down {
                cause: Fault::ReadOnly,
                ..
            }
        )
    })
    .await;
    assert!(link.read(names(["key"])).await.is_err());
    node.command(&[b"REPLICAOF", b"NO", b"ONE"]).await.unwrap();
    until_read(&link).await;

    node.command(&[b"REPLICAOF", b"127.0.0.1", port.as_bytes()])
        .await
        .unwrap();
    until(|| {
        matches!(
            state(&link),
            LinkState::Down {
                cause: Fault::ReadOnly,
                ..
            }
        )
    })
    .await;
}

#[tokio::test]
async fn a_database_and_a_unix_socket_of_the_url_are_used() {
    let server = Server::start().await.unwrap();
    server.command(&[b"SET", b"key", b"in 0"]).await.unwrap();
    let in_three = format!("{}/3", server.url());
    let over_socket = format!("{}?db=3", server.unix_url());
    for url in [in_three, over_socket] {
        let (link, _) = link(&url, 5_000);
        assert_eq!(link.read(names(["key"])).await.unwrap().values(), [None]);
    }
    let (zero, _) = link(&server.unix_url(), 5_000);
    assert!(zero.read(names(["key"])).await.unwrap().values()[0].is_some());
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_trusts_the_private_authority_and_no_other() {
    let server = Server::builder().tls().start().await.unwrap();
    let settings = || LinkSettings::parse(&server.url()).unwrap();
    let patient = |settings: LinkSettings| {
        with(settings.with_times(Duration::from_secs(5), Duration::from_secs(2)))
    };
    let (trusting, _) = patient(settings().with_ca_file(Some(&server.ca_file())).unwrap());
    assert!(trusting.read(names(["key"])).await.is_ok());
    let (untrusting, told) = patient(settings());
    assert!(untrusting.read(names(["key"])).await.is_err());
    assert_eq!(first_down(&told).await, Fault::TlsIssuer);

    let folder = server.ca_file().parent().unwrap().to_owned();
    let broken = folder.join("broken.pem");
    std::fs::write(
        &broken,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    std::fs::write(folder.join("empty.pem"), "").unwrap();
    for file in [broken, folder.join("empty.pem"), folder.join("absent.pem")] {
        let error = settings().with_ca_file(Some(&file)).unwrap_err();
        assert!(error.contains("ca_file"), "{error}");
    }
}

#[tokio::test]
async fn a_closed_link_stays_closed() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    link.close().await;
    assert!(matches!(link.read(names(["key"])).await, Err(Fault::Down)));
    assert!(matches!(state(&link), LinkState::Down { .. }));
    assert_eq!(link.node_ms("key"), None);
}
