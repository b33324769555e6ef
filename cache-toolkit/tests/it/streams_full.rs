//! A server whose memory is full delivers and finishes what it has, and refuses what is new.

use std::time::Duration;

use cache_toolkit::{Delivery, Queue, Toolkit as _};

use crate::{in_time, server, until};

const LONG: Duration = Duration::from_secs(60);

async fn next(queue: &Queue<u64>) -> Delivery<u64> {
    in_time(queue.next()).await.unwrap()
}

#[tokio::test]
async fn on_a_full_server_jobs_are_delivered_finished_failed_and_set_aside_and_none_is_added() {
    let (server, cache) = server().await;
    let queue = cache.queue::<u64>("jobs").max_deliveries(2);
    let queue = queue.back_off(Duration::from_millis(10), LONG);
    for job in 1..=4 {
        queue.push(&job).await.unwrap();
    }
    queue
        .push_after(&5, Duration::from_millis(50))
        .await
        .unwrap();
    server
        .run(&["CONFIG", "SET", "maxmemory", "1"])
        .await
        .unwrap();
    let refused = queue.push(&6).await.unwrap_err().to_string();
    assert!(refused.contains("memory"), "{refused}");

    next(&queue).await.ack().await.unwrap();
    // One fails as often as it may, the others are finished.
    until(async || {
        let one = next(&queue).await;
        match *one.job() {
            2 => one.retry("no").await.unwrap(),
            _ => one.ack().await.unwrap(),
        }
        (queue.len().await.unwrap() == 0).then_some(())
    })
    .await;
    let stats = queue.stats().await.unwrap();
    assert_eq!((stats.finished, stats.buried, stats.dead), (4, 1, 1));
    server
        .run(&["CONFIG", "SET", "maxmemory", "0"])
        .await
        .unwrap();
    queue.push(&7).await.unwrap();
    assert_eq!(*next(&queue).await.job(), 7);
}
