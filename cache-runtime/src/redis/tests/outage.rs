//! Outages: what a caller waits for, what is told, and how soon the link is back.

use std::time::{Duration, Instant};

use cache_tests::{Network, Proxy, Server};

use super::{downs, first_down, link, names, state, until, until_read, up};
use crate::redis::{Fault, LinkState, Topology};

/// The slowest of some calls in a row, none of which may succeed.
async fn slowest_failure(link: &Topology, calls: usize) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..calls {
        let start = Instant::now();
        assert!(link.read(names(["key"])).await.is_err());
        slowest = slowest.max(start.elapsed());
    }
    slowest
}

#[tokio::test]
async fn a_server_that_was_never_there_costs_no_wait() {
    let (link, told) = link("redis://127.0.0.1:1", 5_000);
    assert!(link.read(names(["key"])).await.is_err());
    let start = Instant::now();
    slowest_failure(&link, 1_000).await;
    assert!(start.elapsed() < Duration::from_secs(1));
    until(|| matches!(state(&link), LinkState::Down { since, .. } if since > Duration::from_millis(300)))
        .await;
    assert_eq!(
        downs(&told),
        [Fault::Unreachable],
        "told once, however often it is tried"
    );
}

#[tokio::test]
async fn an_idle_link_notices_a_killed_server_and_is_back_within_two_seconds_of_it() {
    let mut server = Server::start().await.unwrap();
    let (link, told) = link(&server.url(), 1_000);
    let first = link.read(names(["key"])).await.unwrap().node.run_id;
    server.kill9().unwrap();
    until(|| matches!(state(&link), LinkState::Down { .. })).await;
    slowest_failure(&link, 100).await;
    server.restart().await.unwrap();
    let back = until_read(&link).await;
    assert!(back < Duration::from_secs(2), "{back:?}");
    let second = link.read(names(["key"])).await.unwrap().node.run_id;
    assert_ne!(first, second, "a restart is seen by its run id");
    assert_eq!(first_down(&told).await, Fault::Broken);
}

#[tokio::test]
async fn a_hung_server_costs_three_timeouts_and_then_nothing() {
    let server = Server::start().await.unwrap();
    let (link, told) = link(&server.url(), 100);
    until_read(&link).await;
    server.pause().unwrap();
    for _ in 0..3 {
        assert_eq!(link.read(names(["key"])).await.unwrap_err(), Fault::Timeout);
    }
    until(|| matches!(state(&link), LinkState::Down { .. })).await;
    let start = Instant::now();
    slowest_failure(&link, 1_000).await;
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(first_down(&told).await, Fault::Timeout);
    server.resume().unwrap();
    let back = until_read(&link).await;
    assert!(back < Duration::from_secs(2), "{back:?}");
}

#[tokio::test]
async fn a_server_that_hangs_from_the_start_is_waited_for_once() {
    let server = Server::start().await.unwrap();
    server.pause().unwrap();
    let (link, _) = link(&server.url(), 100);
    assert!(slowest_failure(&link, 1).await >= Duration::from_millis(100));
    let start = Instant::now();
    slowest_failure(&link, 100).await;
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
    server.resume().unwrap();
    until_read(&link).await;
}

#[tokio::test]
async fn a_partition_of_any_kind_is_noticed_without_a_call_and_healed() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    let (link, _) = link(&proxy.url(), 100);
    for network in [
        Network::Silent,
        Network::HalfOpen,
        Network::Garbled,
        Network::Cut,
    ] {
        until_read(&link).await;
        proxy.set(network);
        until(|| matches!(state(&link), LinkState::Down { .. })).await;
        proxy.set(Network::Whole);
        let back = until_read(&link).await;
        assert!(back < Duration::from_millis(2_500), "{network:?}: {back:?}");
    }
}

#[tokio::test]
async fn a_slow_network_is_no_outage_while_answers_come_in_time() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    proxy.set(Network::Slow(Duration::from_millis(20)));
    let (link, told) = link(&proxy.url(), 5_000);
    for _ in 0..5 {
        assert!(link.read(names(["key"])).await.is_ok());
    }
    assert_eq!(downs(&told), []);
}

#[tokio::test]
async fn a_connection_killed_under_load_fails_what_was_under_way_and_no_more() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let readers: Vec<_> = (0..32)
        .map(|_| {
            let link = link.clone();
            tokio::spawn(async move {
                let mut failed = 0;
                for _ in 0..200 {
                    failed += u32::from(link.read(names(["a", "b"])).await.is_err());
                }
                failed
            })
        })
        .collect();
    server
        .command(&[b"CLIENT", b"KILL", b"TYPE", b"normal"])
        .await
        .unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
    until_read(&link).await;
}

#[tokio::test]
async fn a_server_too_slow_for_the_timeout_is_left_alone_until_it_is_quick_again() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    let (link, _) = link(&proxy.url(), 100);
    until_read(&link).await;
    proxy.set(Network::Slow(Duration::from_millis(150)));
    until(|| {
        matches!(state(&link), LinkState::Down { .. }) || {
            // The heartbeat notices as well, but a caller is quicker.
            let link = link.clone();
            tokio::spawn(async move { link.read(names(["key"])).await });
            false
        }
    })
    .await;
    // It connects within its patience each time, and is found too slow before callers are sent there.
    let start = Instant::now();
    let mut slow = 0;
    while start.elapsed() < Duration::from_secs(3) {
        let call = Instant::now();
        assert!(link.read(names(["key"])).await.is_err());
        slow += u32::from(call.elapsed() > Duration::from_millis(50));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(slow, 0, "calls that waited for it");
    proxy.set(Network::Whole);
    assert!(until_read(&link).await < Duration::from_secs(5));
}
