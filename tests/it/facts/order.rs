//! In which order a server sends pushes and replies.

use super::overflow::{expire_unnoticed, lazy, small};
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

/// A script that reads what it declares, then writes, then reads again: one push for each key that it
/// wrote, behind its reply, and the keys are registered. That holds whatever was registered before.
#[tokio::test]
async fn a_script_that_reads_first_has_one_push_for_each_key_it_writes() {
    let script = "redis.call('EXISTS', KEYS[1], KEYS[2]) redis.call('SET', KEYS[1], '1') \
                  redis.call('DEL', KEYS[2]) return redis.call('GET', KEYS[1])";
    for before in ["", "MGET written deleted\r\n", "GET deleted\r\n"] {
        let server = crate::server().await;
        let mut wire = Wire::tracking(&server, "").await;
        run(&server, &["SET", "deleted", "1"]).await;
        wire.tell(before).await;
        let call = format!("EVAL \"{script}\" 2 written deleted\r\n");
        let expected = format!("$1\r\n1\r\n{}{}+PONG\r\n", push("written"), push("deleted"));
        assert_eq!(wire.tell(&call).await, expected);
        run(&server, &["SET", "written", "2"]).await;
        let expected = format!("{}+PONG\r\n", push("written"));
        assert_eq!(wire.tell("").await, expected);
    }
}

/// What the server evicts for a command's sake it pushes before it answers that command.
#[tokio::test]
async fn the_push_for_ones_own_eviction_comes_before_the_reply() {
    let server = small().await;
    let mut wire = Wire::tracking(&server, "").await;
    run(&server, &["SET", "k", "1"]).await;
    wire.tell("GET k\r\n").await;
    let large = "x".repeat(60_000);
    let evicted = push("k");
    for filler in 0..1_000 {
        let came = wire.tell(&format!("SET {filler} {large}\r\n")).await;
        if came.contains(&evicted) {
            assert_eq!(came, format!("{evicted}+OK\r\n+PONG\r\n"));
            return;
        }
    }
    panic!("it was not evicted");
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
