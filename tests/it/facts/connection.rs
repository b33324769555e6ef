//! What a connection's tracking lives as long as, and what a connection does not say.

use redis::Value;

use super::{Push, Tracked, keys, run};

#[tokio::test]
async fn tracking_ends_with_its_connection() {
    let server = crate::server().await;
    let mut before = Tracked::noloop(&server).await;
    before.run(&["GET", "k"]).await;
    let id = before.run(&["CLIENT", "ID"]).await;
    let id: String = redis::from_redis_value(id).unwrap();
    run(&server, &["CLIENT", "KILL", "ID", &id]).await;
    before.until_pushed(&[Push::Disconnected]).await;
    let mut after = Tracked::untracked(&server).await;
    after.run(&["GET", "k"]).await;
    run(&server, &["SET", "k", "1"]).await;
    assert_eq!(after.pushed().await, [], "nothing asked for tracking here");
    after.run(&["CLIENT", "TRACKING", "ON", "NOLOOP"]).await;
    run(&server, &["SET", "k", "2"]).await;
    assert_eq!(
        after.pushed().await,
        [],
        "what was read before does not count"
    );
    after.run(&["GET", "k"]).await;
    run(&server, &["SET", "k", "3"]).await;
    assert_eq!(after.pushed().await, keys(&["k"]));
}

#[tokio::test]
async fn tracking_is_of_one_connection() {
    let server = crate::server().await;
    let mut armed = Tracked::noloop(&server).await;
    let mut other = Tracked::untracked(&server).await;
    other.run(&["GET", "k"]).await;
    run(&server, &["SET", "k", "1"]).await;
    assert_eq!(
        (armed.pushed().await, other.pushed().await),
        (vec![], vec![])
    );
}

/// As after a failover: nothing on the connection tells but the role that is asked for.
#[tokio::test]
async fn a_demoted_master_keeps_its_connections_and_answers() {
    let server = crate::server().await;
    let mut link = Tracked::noloop(&server).await;
    link.run(&["SET", "k", "1"]).await;
    link.run(&["GET", "k"]).await;
    assert_eq!(role(&mut link).await, "master");
    // To a port where nobody listens: a replica whose master is not there.
    run(&server, &["REPLICAOF", "127.0.0.1", "1"]).await;
    assert_eq!(
        link.pushed().await,
        [],
        "nothing is said, and PING is answered"
    );
    assert_eq!(
        link.run(&["GET", "k"]).await,
        Value::BulkString(b"1".into())
    );
    assert_eq!(role(&mut link).await, "slave");
    let refused = link.try_run(&["SET", "k", "2"]).await.unwrap_err();
    assert_eq!(refused.code(), Some("READONLY"), "{refused}");
}

/// What makes up for it when the demoted one syncs with its new master.
#[tokio::test]
async fn a_full_sync_is_pushed_as_nil() {
    let (master, demoted) = (crate::server().await, crate::server().await);
    let mut link = Tracked::noloop(&demoted).await;
    link.run(&["GET", "k"]).await;
    // A master waits five seconds for more replicas to sync, unless told not to.
    let wait = ["CONFIG", "SET", "repl-diskless-sync-delay", "0"];
    run(&master, &wait).await;
    let port = master.port().to_string();
    run(&demoted, &["REPLICAOF", "127.0.0.1", &port]).await;
    link.until_pushed(&[Push::All]).await;
}

async fn role(link: &mut Tracked) -> String {
    let Value::Array(answer) = link.run(&["ROLE"]).await else {
        panic!("no list");
    };
    redis::from_redis_value_ref(&answer[0]).unwrap()
}
