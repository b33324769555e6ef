//! What the node pushes, and for how long its connection vouches.

use std::sync::Arc;
use std::time::Duration;

use cache_tests::{Network, Proxy, Server};

use super::{Heard, PATIENCE, names, tracked, until, until_read};
use crate::clock::Clock;
use crate::redis::{FillAsk, LeaseAsk, StampAsk, Topology};
use crate::stamp::Cell;

const LAG: Duration = Duration::from_millis(400);
const TOKEN: &[u8; 16] = b"our token, 16 b.";

async fn heard_of(heard: &Heard, name: &str) {
    until(|| heard.lock().iter().flatten().any(|key| key == name)).await;
}

async fn lease(link: &Topology) {
    let ask = LeaseAsk {
        lease: "{e}:lease",
        entry: "{e}",
        token: TOKEN,
        ttl_ms: 60_000,
        invalid_id: b"",
        share: false,
    };
    let stamp = StampAsk {
        name: "t",
        fresh: [1; 16],
        need_ms: 1_000,
    };
    link.lease(&ask, &[stamp]).await.unwrap();
}

/// What vouches for what is read now.
async fn cell(link: &Topology) -> Arc<Cell> {
    let vouch = link.read(names(["k"])).await.unwrap().vouch;
    assert!(vouch.pushes());
    Arc::clone(&vouch.cells()[0])
}

async fn delete(server: &Server, name: &str) {
    server.command(&[b"UNLINK", name.as_bytes()]).await.unwrap();
}

#[tokio::test]
async fn every_key_that_a_script_leaves_its_caller_relying_on_is_pushed() {
    let server = Server::start().await.unwrap();
    let (link, heard) = tracked(&server.url(), LAG).await;

    lease(&link).await;
    heard.lock().clear();
    delete(&server, "{e}:lease").await;
    heard_of(&heard, "{e}:lease").await;
    delete(&server, "t").await;
    heard_of(&heard, "t").await;

    lease(&link).await;
    assert!(link.renew("{e}:lease", TOKEN, 60_000).await.unwrap());
    heard.lock().clear();
    delete(&server, "{e}:lease").await;
    heard_of(&heard, "{e}:lease").await;

    lease(&link).await;
    heard.lock().clear();
    let ask = FillAsk {
        lease: "{e}:lease",
        entry: "{e}",
        token: TOKEN,
        frame: b"a frame",
        ttl_ms: 60_000,
        claimed: None,
    };
    link.fill(&ask).await.unwrap();
    let told: Vec<_> = heard.lock().drain(..).flatten().collect();
    assert_eq!(
        told,
        ["{e}", "{e}:lease"],
        "its own, by the time it is answered"
    );
    delete(&server, "{e}").await;
    heard_of(&heard, "{e}").await;
}

#[tokio::test]
async fn a_lease_that_was_asked_for_and_held_is_pushed_when_it_ends() {
    let server = Server::start().await.unwrap();
    let (link, heard) = tracked(&server.url(), LAG).await;
    let run = link.read(names(["k"])).await.unwrap().node.run_id;
    let theirs = [b"their token, 16.".as_slice(), &run].concat();
    let words: [&[u8]; 5] = [b"SET", b"{e}:lease", &theirs, b"PX", b"60000"];
    server.command(&words).await.unwrap();
    lease(&link).await;
    server.command(&[b"SET", b"{e}", b"a frame"]).await.unwrap();
    heard_of(&heard, "{e}").await;
    delete(&server, "{e}:lease").await;
    heard_of(&heard, "{e}:lease").await;
}

#[tokio::test]
async fn a_flush_is_pushed_as_every_key() {
    let server = Server::start().await.unwrap();
    let (_link, heard) = tracked(&server.url(), LAG).await;
    server.command(&[b"FLUSHALL"]).await.unwrap();
    until(|| heard.lock().contains(&None)).await;
}

#[tokio::test]
async fn a_silent_connection_stops_vouching_and_the_next_one_flips_what_rests_on_it() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    let (link, _) = tracked(&proxy.url(), LAG).await;
    let vouch = cell(&link).await;
    let holds = || vouch.holds(Clock::default().now());
    assert!(holds());
    let start = std::time::Instant::now();
    proxy.set(Network::HalfOpen);
    until(|| !holds()).await;
    assert!(start.elapsed() <= LAG + Duration::from_millis(100));
    assert!(
        !vouch.is_flipped(),
        "it may still be served where a site allows it"
    );

    proxy.set(Network::Cut);
    proxy.set(Network::Whole);
    until_read(&link).await;
    until(|| vouch.is_flipped()).await;
    let next = cell(&link).await;
    assert!(!Arc::ptr_eq(&vouch, &next) && next.holds(Clock::default().now()));
}

#[tokio::test]
async fn heartbeats_keep_a_connection_vouching() {
    let server = Server::start().await.unwrap();
    let (link, _) = tracked(&server.url(), LAG).await;
    let vouch = cell(&link).await;
    let clock = Clock::default();
    let start = clock.now();
    let lag = u64::try_from(LAG.as_millis()).unwrap();
    until(|| clock.now() > start.plus_ms(2 * lag)).await;
    assert!(vouch.holds(clock.now()));
}

#[tokio::test]
async fn a_user_that_may_not_ask_for_pushes_gets_a_connection_that_vouches_for_nothing() {
    let server = Server::start().await.unwrap();
    let rule = b"~* +@all -client|tracking";
    let words: Vec<&[u8]> = rule.split(|byte| *byte == b' ').collect();
    let user = [
        &[b"ACL".as_slice(), b"SETUSER", b"poor", b"on", b">word"],
        &words[..],
    ]
    .concat();
    server.command(&user).await.unwrap();
    let url = format!("redis://poor:word@127.0.0.1:{}", server.port());
    let (link, _) = tracked(&url, LAG).await;
    assert!(!link.read(names(["k"])).await.unwrap().vouch.pushes());
    assert!(
        tokio::time::timeout(PATIENCE, until_read(&link))
            .await
            .is_ok()
    );
}
