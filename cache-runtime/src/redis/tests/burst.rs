//! Many commands at once: a burst of one's own is no outage, and an outage is one for all of it.

use std::time::{Duration, Instant};

use cache_tests::{Network, Proxy, Server};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::{downs, first_down, link, names, state, until, until_read};
use crate::redis::{Fault, LinkState, Topology};

/// Runs this many at once, and says how each ended.
async fn claims(link: &Topology, count: u32) -> Vec<Result<(), Fault>> {
    let calls: Vec<_> = (0..count)
        .map(|n| {
            let link = link.clone();
            tokio::spawn(async move {
                let names = (&*format!("k{n}"), "none");
                link.claim(names, &[0; 16], 60_000).await.map(drop)
            })
        })
        .collect();
    let mut ended = Vec::new();
    for call in calls {
        ended.push(call.await.unwrap());
    }
    ended
}

/// Reads this many at once, most of which come when those who send joined ones are under way with a few.
async fn reads(link: &Topology, count: u32) -> Vec<Result<(), Fault>> {
    let read = async |n: u32| {
        let few = u64::from(n.min(4));
        tokio::time::sleep(Duration::from_millis(4 * few)).await;
        link.read(names([&format!("k{n}")])).await.map(drop)
    };
    join_all((0..count).map(read)).await
}

#[tokio::test]
async fn a_burst_that_takes_longer_than_a_command_may_is_answered_to_its_end() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    let (link, told) = link(&proxy.url(), 100);
    until_read(&link).await;
    // An answer of six bytes takes over half a millisecond, and all take seven times the timeout.
    proxy.set(Network::Narrow(10_000));
    let start = Instant::now();
    let failed = claims(&link, 1_200).await;
    let failed: Vec<_> = failed.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed, []);
    assert!(
        start.elapsed() > Duration::from_millis(300),
        "it was narrow"
    );
    assert_eq!(downs(&told), []);
}

#[tokio::test]
async fn a_burst_that_comes_before_the_first_connection_waits_for_it_twice_as_long() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    // Each step of the way takes longer than one timeout: to be let in, to greet, to beat.
    let slow = Network::SlowReplies(Duration::from_millis(280));
    for of_reads in [false, true] {
        proxy.set(slow);
        let burst = async |link, count| match of_reads {
            false => claims(link, count).await,
            true => reads(link, count).await,
        };
        let (few, told) = link(&proxy.url(), 200);
        assert!(burst(&few, 8).await.iter().all(Result::is_err));
        assert_eq!(first_down(&told).await, Fault::Timeout);
        let (many, told) = link(&proxy.url(), 200);
        let connected = async {
            until(|| !told.lock().is_empty()).await;
            proxy.set(Network::Whole);
        };
        let (ended, ()) = tokio::join!(burst(&many, 300), connected);
        let failed: Vec<_> = ended.into_iter().filter_map(Result::err).collect();
        assert_eq!(failed, [], "reads: {of_reads}");
        assert_eq!(downs(&told), []);
    }
}

#[tokio::test]
async fn reads_that_are_joined_are_waited_for_as_many() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    let (link, told) = link(&proxy.url(), 200);
    until_read(&link).await;
    // They go out as two commands, the later of which takes one and a half times the timeout.
    proxy.set(Network::Narrow(2_500));
    let start = Instant::now();
    let ended = reads(&link, 250).await;
    let failed: Vec<_> = ended.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed, []);
    assert!(
        start.elapsed() > Duration::from_millis(250),
        "it was narrow"
    );
    assert_eq!(downs(&told), []);
}

#[tokio::test]
async fn a_hitch_shorter_than_two_timeouts_costs_a_burst_nothing() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    let (link, told) = link(&proxy.url(), 500);
    until_read(&link).await;
    proxy.set(Network::Silent);
    let hitch = async {
        tokio::time::sleep(Duration::from_millis(600)).await;
        proxy.set(Network::Whole);
    };
    let (ended, ()) = tokio::join!(claims(&link, 600), hitch);
    let failed: Vec<_> = ended.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed, [], "not even of its head");
    assert_eq!(downs(&told), []);
}

/// They stand for calls in a `buffered` stream whose consumer is busy.
#[tokio::test]
async fn callers_that_are_never_polled_again_make_no_hung_server_cost_more() {
    let server = Server::start().await.unwrap();
    let (link, _) = link(&server.url(), 100);
    until_read(&link).await;
    let claim = |n: u32| {
        let link = link.clone();
        Box::pin(async move {
            let names = (&*format!("u{n}"), "none");
            link.claim(names, &[0; 16], 60_000).await
        })
    };
    let mut unpolled: Vec<_> = (0..1_500).map(claim).collect();
    server.pause().unwrap();
    for one in &mut unpolled {
        assert!(one.now_or_never().is_none());
    }
    let start = Instant::now();
    for _ in 0..3 {
        assert!(link.read(names(["key"])).await.is_err());
    }
    // Each would wait a second longer.
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    until(|| matches!(state(&link), LinkState::Down { .. })).await;
    server.resume().unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_in_a_burst_costs_all_of_it_two_timeouts_at_most() {
    let server = Server::start().await.unwrap();
    let (link, told) = link(&server.url(), 200);
    until_read(&link).await;
    server.pause().unwrap();
    let start = Instant::now();
    let ended = claims(&link, 1_500).await;
    // Alone the last of them would wait a second longer.
    let took = start.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(ended.iter().all(Result::is_err), "nothing answered");
    assert_eq!(first_down(&told).await, Fault::Timeout);
    server.resume().unwrap();
    until_read(&link).await;
}
