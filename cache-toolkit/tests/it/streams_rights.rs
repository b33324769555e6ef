//! The rights that `docs/operations.md` names are all that queues, events and topics need, and each of them is.

use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{CacheEvent, Message, Toolkit as _, ToolkitError};
use serde::{Deserialize, Serialize};

const LONG: Duration = Duration::from_secs(60);

#[derive(CacheEvent, Serialize, Deserialize)]
#[cache_event("job.made")]
struct JobMade {
    job: u64,
}

/// The rights of a cache on one server, and those that stand beside.
fn rights() -> Vec<String> {
    let text = include_str!("../../../docs/operations.md");
    let user = text.split("### Rights on one server").nth(1).unwrap();
    let user = user
        .lines()
        .find(|line| line.starts_with("ACL SETUSER"))
        .unwrap();
    let beside = text.split("Queues, events and topics take").nth(1).unwrap();
    let beside = beside.split('`').nth(1).unwrap();
    let words = user
        .split_whitespace()
        .skip(3)
        .chain(beside.split_whitespace());
    words.map(str::to_owned).collect()
}

async fn grant(server: &cache_tests::Server, rights: &[String]) {
    let mut words = vec!["ACL", "SETUSER", "cache", "reset"];
    words.extend(rights.iter().map(String::as_str));
    server.run(&words).await.unwrap();
}

async fn on(server: &cache_tests::Server) -> Cache {
    let url = server.url().replace("redis://", "redis://cache:PASSWORD@");
    crate::connected(&url).await
}

/// Each thing that is ever asked of a server.
async fn everything(cache: &Cache) -> Result<(), ToolkitError> {
    let queue = cache.queue::<u64>("jobs").max_deliveries(1);
    queue.push(&1).await?;
    queue.push_after(&2, Duration::from_millis(1)).await?;
    let one = queue.next().await?;
    one.renew().await?;
    one.ack().await?;
    queue.next().await?.retry("no").await?;
    let dead = queue.dead_letters();
    let letter = dead.list(0, 1).await?.pop().expect("it is there");
    dead.redrive(letter.id()).await?;
    queue.next().await?.bury("no").await?;
    dead.delete(letter.id()).await?;
    queue.keep_dead(1).stats().await?;
    // Delivered a second time, and dropped as there are more dead letters than are kept.
    let queue = cache
        .queue::<u64>("late")
        .visible_for(Duration::from_millis(100))
        .max_deliveries(2)
        .keep_dead(1);
    for job in [1, 2] {
        queue.push(&job).await?;
        drop(queue.next().await?);
        queue.next().await?.bury("no").await?;
    }

    let (tell, mut told) = tokio::sync::mpsc::channel(9);
    let handler = move |event: JobMade| {
        let tell = tell.clone();
        async move { tell.send(event.job).await }
    };
    let _consumer = cache.on::<JobMade>("do").run(handler).await?;
    cache
        .publish(JobMade { job: 7 })
        .await
        .map_err(|_| ToolkitError::Late)?;
    assert_eq!(told.recv().await, Some(7));

    assert!(cache.on::<JobMade>("do").forget().await?);

    let topic = cache.topic::<u64>("news");
    let mut listener = topic.subscribe().await?;
    for news in [8, 9] {
        topic.publish(&news).await?;
        let heard = listener.recv().await?;
        assert!(matches!(heard, Message::Value { value, .. } if value == news));
    }
    Ok(())
}

#[tokio::test]
async fn the_documented_rights_do_everything_and_none_can_be_spared() {
    let server = cache_tests::Server::start().await.unwrap();
    let all = rights();
    grant(&server, &all).await;
    let within = tokio::time::timeout(LONG, everything(&on(&server).await)).await;
    within.expect("in time").unwrap();
    let beside = all.iter().position(|right| right == "+xadd").unwrap();
    for spared in &all[beside..] {
        server.run(&["FLUSHALL"]).await.unwrap();
        let rest: Vec<_> = all
            .iter()
            .filter(|right| *right != spared)
            .cloned()
            .collect();
        grant(&server, &rest).await;
        let cache = on(&server).await;
        // One whose lack is not told is waited for in vain.
        let done = tokio::time::timeout(Duration::from_secs(3), everything(&cache)).await;
        assert!(!matches!(done, Ok(Ok(()))), "{spared} can be spared");
    }
}
