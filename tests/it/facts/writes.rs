//! What a client's own write does to what it had registered.

use super::{Tracked, keys, run};

#[tokio::test]
async fn ones_own_write_uses_up_the_registration_silently_with_noloop() {
    let server = crate::server().await;
    let mut client = Tracked::noloop(&server).await;
    client.run(&["GET", "k"]).await;
    client.run(&["SET", "k", "own"]).await;
    assert_eq!(client.pushed().await, [], "NOLOOP");
    run(&server, &["SET", "k", "another's"]).await;
    assert_eq!(
        client.pushed().await,
        [],
        "the registration is used up all the same"
    );
}

#[tokio::test]
async fn ones_own_write_is_pushed_without_noloop() {
    let server = crate::server().await;
    let mut client = Tracked::looping(&server).await;
    client.run(&["GET", "k"]).await;
    client.run(&["SET", "k", "own"]).await;
    assert_eq!(client.pushed().await, keys(&["k"]));
    run(&server, &["SET", "k", "another's"]).await;
    assert_eq!(client.pushed().await, []);
}

#[tokio::test]
async fn a_write_of_ones_own_is_pushed_to_the_others_though_it_is_not_to_oneself() {
    let server = crate::server().await;
    let (mut client, mut other) = (
        Tracked::noloop(&server).await,
        Tracked::noloop(&server).await,
    );
    client.run(&["GET", "k"]).await;
    other.run(&["GET", "k"]).await;
    client.run(&["SET", "k", "own"]).await;
    assert_eq!(
        (client.pushed().await, other.pushed().await),
        (vec![], keys(&["k"]))
    );
}

#[tokio::test]
async fn longer_lives_are_writes() {
    let server = crate::server().await;
    let (mut client, mut other) = (
        Tracked::noloop(&server).await,
        Tracked::noloop(&server).await,
    );
    run(&server, &["SET", "k", "1"]).await;
    let writes: [&[&str]; 3] = [
        &["PEXPIRE", "k", "60000"],
        &["GETEX", "k", "EX", "60"],
        &["PERSIST", "k"],
    ];
    for write in writes {
        client.run(&["GET", "k"]).await;
        other.run(&["GET", "k"]).await;
        client.run(write).await;
        assert_eq!(
            other.pushed().await,
            keys(&["k"]),
            "{write:?} is pushed to others"
        );
        run(&server, &["SET", "k", "2", "EX", "100"]).await;
        assert_eq!(
            client.pushed().await,
            [],
            "{write:?} used up one's own registration"
        );
    }
}

#[tokio::test]
async fn a_getex_that_changes_no_life_pushes_nothing() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "k", "1"]).await;
    reader.run(&["GET", "k"]).await;
    run(&server, &["GETEX", "k"]).await;
    assert_eq!(reader.pushed().await, []);
}

#[tokio::test]
async fn a_write_that_changes_no_byte_is_pushed() {
    let server = crate::server().await;
    let mut reader = Tracked::noloop(&server).await;
    run(&server, &["SET", "k", "same"]).await;
    reader.run(&["GET", "k"]).await;
    run(&server, &["SET", "k", "same"]).await;
    assert_eq!(reader.pushed().await, keys(&["k"]));
}
