//! What a server does when it has no room: it forgets keys, or that they were read.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_tests::Server;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::wire::Wire;
use super::{Push, Tracked, keys, run};

/// A server that evicts soon.
pub(super) async fn small() -> Server {
    with(&["--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru"]).await
}

/// A server that expires only what is asked for.
pub(super) async fn lazy() -> Server {
    let server = with(&["--enable-debug-command", "yes"]).await;
    run(&server, &["DEBUG", "SET-ACTIVE-EXPIRE", "0"]).await;
    server
}

/// A server whose table of who has read what is full after ten keys.
pub(super) async fn forgetful() -> Server {
    with(&["--tracking-table-max-keys", "10"]).await
}

async fn with(arguments: &[&str]) -> Server {
    let builder = arguments
        .iter()
        .fold(Server::builder(), |builder, word| builder.argument(word));
    builder.start().await.unwrap()
}

/// Writes on this connection until `k` is gone, and gives the connection back.
pub(super) async fn fill_until_evicted(filler: Tracked, server: &Server) -> Tracked {
    let filler = Mutex::new(filler);
    let (large, fillers) = ("x".repeat(100_000), AtomicU32::new(0));
    crate::until(Duration::from_secs(20), || async {
        let name = fillers.fetch_add(1, Ordering::Relaxed).to_string();
        filler.lock().await.run(&["SET", &name, &large]).await;
        run(server, &["EXISTS", "k"]).await == redis::Value::Int(0)
    })
    .await;
    filler.into_inner()
}

/// Has a connection read `k`, whose time then passes without the server's noticing.
pub(super) async fn expire_unnoticed(server: &Server, reader: &mut Wire) {
    const LIFE: Duration = Duration::from_millis(300);
    run(server, &["SET", "k", "1", "PX", "300"]).await;
    let over = Instant::now() + LIFE;
    assert_eq!(reader.tell("GET k\r\n").await, "$1\r\n1\r\n+PONG\r\n");
    // Nothing can be asked without the server's noticing, so this is a wait for the time itself.
    tokio::time::sleep_until(over + Duration::from_millis(5)).await;
}

/// Each key is either pushed already or still registered; none is lost.
#[tokio::test]
async fn what_the_table_has_no_room_for_is_pushed() {
    let server = forgetful().await;
    let mut reader = Tracked::looping(&server).await;
    let names: Vec<String> = (0..100).map(|n| format!("k{n}")).collect();
    for name in &names {
        reader.run(&["GET", name]).await;
    }
    let forgotten = reader.pushed().await;
    assert!(forgotten.len() >= 80, "{forgotten:?}");
    for name in &names {
        run(&server, &["SET", name, "1"]).await;
    }
    let sorted = |mut pushes: Vec<Push>| {
        pushes.sort_by_key(|push| format!("{push:?}"));
        pushes
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let pushed = [forgotten, reader.pushed().await].concat();
    assert_eq!(sorted(pushed), sorted(keys(&names)));
}
