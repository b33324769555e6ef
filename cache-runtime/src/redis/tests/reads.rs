//! Joined reads: each caller gets its own values, and none waits for a sender that is gone.

use std::time::Duration;

use cache_tests::Server;
use tokio::runtime::Builder;

use super::{Topology, link, names, until_read, up};

async fn numbered(link: &Topology, n: u32) -> Vec<Option<Vec<u8>>> {
    let own = format!("k{n}");
    link.read(names([&own, "none", &own]))
        .await
        .unwrap()
        .values()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_callers_gets_its_own_values_in_order() {
    let server = Server::start().await.unwrap();
    for n in 0..500 {
        let (key, value) = (format!("k{n}"), format!("v{n}"));
        server
            .command(&[b"SET", key.as_bytes(), value.as_bytes()])
            .await
            .unwrap();
    }
    let link = up(&server).await;
    let before = commands(&server).await;
    for _ in 0..4 {
        let callers: Vec<_> = (0..500)
            .map(|n| {
                let link = link.clone();
                tokio::spawn(async move { (n, numbered(&link, n).await) })
            })
            .collect();
        for caller in callers {
            let (n, values) = caller.await.unwrap();
            let own = Some(format!("v{n}").into_bytes());
            assert_eq!(values, [own.clone(), None, own]);
        }
    }
    let sent = commands(&server).await - before;
    assert!(
        sent < 2_000,
        "{sent} commands for 2000 reads: none was joined"
    );
}

/// `MGET`s that the server has seen.
async fn commands(server: &Server) -> u64 {
    let mut connection = server.connect().await.unwrap();
    let stats: String = redis::cmd("INFO")
        .arg("commandstats")
        .query_async(&mut connection)
        .await
        .unwrap();
    let line = stats
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_mget:calls="));
    line.and_then(|rest| rest.split(',').next()?.parse().ok())
        .unwrap_or(0)
}

#[test]
fn reads_of_a_runtime_that_nobody_drives_hold_up_nobody() {
    let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
    let (driven, idle) = (runtime(), runtime());
    let server = driven.block_on(Server::start()).unwrap();
    let (link, _) = link(&server.url(), 200);
    driven.block_on(until_read(&link));
    server.pause().unwrap();
    for _ in 0..20 {
        let link = link.clone();
        idle.spawn(async move { link.read(names(["key"])).await.is_ok() });
    }
    // Polled once, so that their senders are theirs, and never again.
    idle.block_on(tokio::task::yield_now());
    server.resume().unwrap();
    assert!(driven.block_on(until_read(&link)) < Duration::from_secs(5));
}
