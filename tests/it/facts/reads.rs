//! What registers a key.

use super::{Tracked, keys, run};

#[tokio::test]
async fn a_read_is_good_for_one_push() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    reader.run(&["GET", "k"]).await;
    run(&server, &["SET", "k", "1"]).await;
    assert_eq!(reader.pushed().await, keys(&["k"]));
    run(&server, &["SET", "k", "2"]).await;
    run(&server, &["DEL", "k"]).await;
    assert_eq!(reader.pushed().await, [], "it was not read again");
    reader.run(&["GET", "k"]).await;
    run(&server, &["SET", "k", "3"]).await;
    assert_eq!(reader.pushed().await, keys(&["k"]));
}

#[tokio::test]
async fn two_reads_are_good_for_one_push() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    reader.run(&["GET", "k"]).await;
    reader.run(&["MGET", "k", "k", "other"]).await;
    run(&server, &["SET", "k", "1"]).await;
    run(&server, &["SET", "k", "2"]).await;
    assert_eq!(reader.pushed().await, keys(&["k"]));
}

#[tokio::test]
async fn each_key_of_an_mget_is_registered() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "there", "1"]).await;
    reader.run(&["MGET", "there", "absent"]).await;
    run(&server, &["MSET", "absent", "2", "there", "2"]).await;
    assert_eq!(reader.pushed().await, keys(&["absent", "there"]));
}

#[tokio::test]
async fn an_absent_key_is_registered_and_its_deletion_pushes_nothing() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    reader.run(&["GET", "k"]).await;
    run(&server, &["UNLINK", "k"]).await;
    assert_eq!(
        reader.pushed().await,
        [],
        "nothing changed, so nothing is pushed"
    );
    run(&server, &["SET", "k", "1"]).await;
    assert_eq!(
        reader.pushed().await,
        keys(&["k"]),
        "it was registered all the while"
    );
}

#[tokio::test]
async fn of_a_lease_without_its_entry_the_lease_pushes() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "lease", "token"]).await;
    reader.run(&["MGET", "lease", "entry"]).await;
    run(&server, &["UNLINK", "lease", "entry"]).await;
    assert_eq!(reader.pushed().await, keys(&["lease"]));
}

#[tokio::test]
async fn getex_registers_nothing_as_it_is_a_write() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "k", "1"]).await;
    reader.run(&["GETEX", "k", "EX", "100"]).await;
    reader.run(&["GETEX", "k"]).await;
    run(&server, &["SET", "k", "2"]).await;
    assert_eq!(reader.pushed().await, []);
}

#[tokio::test]
async fn reads_that_only_look_register_too() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    for look in ["EXISTS", "PTTL", "TYPE", "STRLEN"] {
        reader.run(&[look, look]).await;
        run(&server, &["SET", look, "1"]).await;
        assert_eq!(reader.pushed().await, keys(&[look]));
    }
}

#[tokio::test]
async fn a_client_that_has_read_nothing_is_pushed_nothing() {
    let server = crate::server().await;
    let (mut reader, mut other) = (
        Tracked::noloop(&server).await,
        Tracked::noloop(&server).await,
    );
    reader.run(&["GET", "k"]).await;
    run(&server, &["SET", "k", "1"]).await;
    assert_eq!(other.pushed().await, []);
    assert_eq!(reader.pushed().await, keys(&["k"]));
}
