//! What takes a tracked key away, and says so.

use super::overflow::{fill_until_evicted, small};
use super::{Push, Tracked, keys, run};

#[tokio::test]
async fn expiry_is_pushed_though_nobody_reads() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "k", "1", "PX", "300"]).await;
    let read = reader.run(&["GET", "k"]).await;
    assert_ne!(read, redis::Value::Nil, "it was there");
    reader.until_pushed(&keys(&["k"])).await;
}

#[tokio::test]
async fn the_expiry_of_ones_own_key_is_pushed_despite_noloop() {
    let server = crate::server().await;
    let mut client = Tracked::noloop(&server).await;
    client.run(&["SET", "k", "1", "PX", "300"]).await;
    let read = client.run(&["GET", "k"]).await;
    assert_ne!(read, redis::Value::Nil, "it was there");
    client.until_pushed(&keys(&["k"])).await;
}

#[tokio::test]
async fn eviction_by_anothers_command_is_pushed() {
    let server = small().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "k", "1"]).await;
    reader.run(&["GET", "k"]).await;
    let filler = Tracked::untracked(&server).await;
    fill_until_evicted(filler, &server).await;
    assert_eq!(reader.pushed().await, keys(&["k"]));
}

#[tokio::test]
async fn a_rename_is_pushed_for_both_names() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "from", "1"]).await;
    reader.run(&["MGET", "from", "to"]).await;
    run(&server, &["RENAME", "from", "to"]).await;
    assert_eq!(reader.pushed().await, keys(&["from", "to"]));
}

#[tokio::test]
async fn a_migration_is_pushed_where_the_key_was() {
    let (source, target) = (crate::server().await, crate::server().await);
    let mut reader = Tracked::noloop(&source).await;
    run(&source, &["SET", "k", "1"]).await;
    reader.run(&["GET", "k"]).await;
    let port = target.port().to_string();
    run(&source, &["MIGRATE", "127.0.0.1", &port, "k", "0", "5000"]).await;
    assert_eq!(reader.pushed().await, keys(&["k"]));
    assert_eq!(target.keys().await.unwrap(), ["k"]);
}

#[tokio::test]
async fn a_flush_is_pushed_as_nil_even_to_who_has_read_nothing() {
    let server = crate::server().await;
    for flush in ["FLUSHALL", "FLUSHDB"] {
        let mut reader = Tracked::noloop(&server).await;
        run(&server, &[flush]).await;
        assert_eq!(reader.pushed().await, [Push::All], "{flush}");
    }
}

#[tokio::test]
async fn ones_own_flush_is_pushed_despite_noloop() {
    let server = crate::server().await;
    let mut client = Tracked::noloop(&server).await;
    client.run(&["GET", "k"]).await;
    client.run(&["FLUSHALL"]).await;
    assert_eq!(client.pushed().await, [Push::All]);
}

/// The one that users are told not to use.
#[tokio::test]
async fn a_swap_of_databases_is_not_pushed() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "k", "1"]).await;
    reader.run(&["GET", "k"]).await;
    run(&server, &["SWAPDB", "0", "1"]).await;
    assert_eq!(reader.pushed().await, []);
    assert_eq!(reader.run(&["GET", "k"]).await, redis::Value::Nil);
}
