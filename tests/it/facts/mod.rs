//! What the consistency of this library takes for granted of Redis and of the client, one test a
//! fact. None of them knows the library but for its scripts: when a server or a client is changed,
//! these say which of its promises has lost its ground.
//!
//! That nothing was pushed is never waited for. A server puts its pushes and its replies on a
//! connection in one order, so a push that is missing when a later `PING` is answered won't come.

mod cluster;
mod connection;
mod driver;
mod migration;
mod noloop;
mod order;
mod overflow;
mod reads;
mod removals;
mod restart;
mod scripts;
mod slots;
mod tracked;
mod wire;
mod writes;

use cache_tests::Server;
use tracked::{Push, Tracked, keys, run};

/// Whether it is a Redis 7.0, from which later servers differ in what a script registers. What this
/// library rests on is the same on all.
async fn is_7_0(server: &Server) -> bool {
    let info = run(server, &["INFO", "server"]).await;
    let text: String = redis::from_redis_value(info).unwrap();
    text.contains("\nredis_version:7.0.")
}
