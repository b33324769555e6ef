//! In which order a server sends pushes and replies.

use super::overflow::{expire_unnoticed, lazy};
use super::run;
use super::wire::{Wire, push};

#[tokio::test]
async fn the_push_for_ones_own_write_comes_after_its_reply_and_before_the_next() {
    let server = crate::server().await;
    let mut wire = Wire::tracking(&server, "").await;
    wire.tell("GET k\r\n").await;
    let came = wire.tell("SET k own\r\n").await;
    assert_eq!(came, format!("+OK\r\n{}+PONG\r\n", push("k")));
}

#[tokio::test]
async fn the_push_for_ones_own_script_comes_after_its_reply_and_before_the_next() {
    let server = crate::server().await;
    let mut wire = Wire::tracking(&server, "").await;
    wire.tell("GET k\r\n").await;
    let script = "EVAL \"redis.call('SET', KEYS[1], '1') return redis.call('GET', KEYS[1])\" 1 k";
    let came = wire.tell(&format!("{script}\r\n")).await;
    assert_eq!(came, format!("$1\r\n1\r\n{}+PONG\r\n", push("k")));
}

/// The read before the write is answered with the old value and then pushed for; the read after it
/// has the new one.
#[tokio::test]
async fn the_push_for_anothers_write_comes_between_the_replies_it_came_between() {
    let server = crate::server().await;
    let mut wire = Wire::tracking(&server, "NOLOOP").await;
    run(&server, &["SET", "k", "old"]).await;
    assert_eq!(wire.tell("GET k\r\n").await, "$3\r\nold\r\n+PONG\r\n");
    run(&server, &["SET", "k", "new"]).await;
    assert_eq!(
        wire.tell("GET k\r\n").await,
        format!("{}$3\r\nnew\r\n+PONG\r\n", push("k"))
    );
}

/// So the read registers the key again, and a later write is pushed as well.
#[tokio::test]
async fn a_read_that_expires_its_key_is_answered_before_the_push() {
    let server = lazy().await;
    let mut wire = Wire::tracking(&server, "").await;
    expire_unnoticed(&server, &mut wire).await;
    let came = wire.tell("GET k\r\n").await;
    assert_eq!(came, format!("_\r\n{}+PONG\r\n", push("k")));
    run(&server, &["SET", "k", "2"]).await;
    assert_eq!(wire.tell("").await, format!("{}+PONG\r\n", push("k")));
}
