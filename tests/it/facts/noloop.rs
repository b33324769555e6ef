//! What `NOLOOP` keeps from a client beside its own writes: whatever the server itself does to a key
//! while it runs a command of that client. The registration is used up, and nothing is pushed. A
//! process that relies on being told of every loss can't have it.

use super::overflow::{expire_unnoticed, fill_until_evicted, forgetful, lazy, small};
use super::wire::Wire;
use super::{Push, Server, Tracked, is_7_0, keys, run};

/// Whether `k`, evicted by a command of the client that had read it, is pushed to it.
async fn pushed_of_ones_own_eviction(server: &Server, noloop: bool) -> Vec<Push> {
    let mut client = match noloop {
        true => Tracked::noloop(server).await,
        false => Tracked::looping(server).await,
    };
    run(server, &["SET", "k", "1"]).await;
    client.run(&["GET", "k"]).await;
    let mut client = fill_until_evicted(client, server).await;
    let pushed = client.pushed().await;
    // What another process would do to invalidate it.
    run(server, &["UNLINK", "k"]).await;
    assert_eq!(client.pushed().await, []);
    pushed
}

/// A server also evicts between commands, and then for nobody's sake: some evictions are pushed. On
/// servers after 7.0 nearly all are, which is no more to rely on.
#[tokio::test]
async fn eviction_by_ones_own_command_is_lost() {
    for _ in 0..20 {
        let server = small().await;
        let pushed = pushed_of_ones_own_eviction(&server, true).await;
        if pushed.is_empty() || !is_7_0(&server).await {
            return;
        }
    }
    panic!("each of them was pushed");
}

#[tokio::test]
async fn eviction_by_ones_own_command_is_pushed_without_it() {
    let server = small().await;
    let pushed = pushed_of_ones_own_eviction(&server, false).await;
    assert_eq!(pushed, keys(&["k"]));
}

/// `overflow` has the same without `NOLOOP`.
#[tokio::test]
async fn what_the_table_has_no_room_for_is_lost() {
    let server = forgetful().await;
    let mut reader = Tracked::noloop(&server).await;
    for n in 0..100 {
        reader.run(&["GET", &format!("k{n}")]).await;
    }
    // But for what the server has forgotten between two commands, for nobody's sake.
    let told = reader.pushed().await.len();
    assert!(told < 45, "{told} of 90 were told of");
    for n in 0..100 {
        run(&server, &["SET", &format!("k{n}"), "1"]).await;
    }
    assert!(
        reader.pushed().await.len() <= 20,
        "the others were forgotten"
    );
}

/// Here the answer itself tells, and the key is registered again; `order` has the same without
/// `NOLOOP`.
#[tokio::test]
async fn an_expiry_that_ones_own_read_finds_is_lost() {
    let server = lazy().await;
    let mut wire = Wire::tracking(&server, "NOLOOP").await;
    expire_unnoticed(&server, &mut wire).await;
    assert_eq!(wire.tell("GET k\r\n").await, "_\r\n+PONG\r\n");
}
