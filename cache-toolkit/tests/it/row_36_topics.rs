//! Row 36: pub/sub that tells what was missed.

use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{Message, Position, Subscription, Toolkit as _, ToolkitError};
use serde::de::DeserializeOwned;

use crate::{connected, in_time, server, until};

const LONG: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// What comes next: a message's number and value, or how many were missed.
async fn next<T: DeserializeOwned>(
    subscription: &mut Subscription<T>,
) -> Result<(u64, T), Option<u64>> {
    match in_time(subscription.recv()).await.unwrap() {
        Message::Value { number, value } => Ok((number, value)),
        Message::Missed { count } => Err(count),
    }
}

#[tokio::test]
async fn row_36_all_who_listen_are_told_in_order_of_what_is_published_from_then_on() {
    let (server, cache) = server().await;
    let other = connected(&server.url()).await;
    let memory = Cache::memory();
    for [here, there] in [[cache, other], [memory.clone(), memory]] {
        let [here, there] = [here, there].map(|cache| cache.topic::<u64>("prices"));
        here.publish(&0).await.unwrap();
        let mut listeners = [
            here.subscribe().await.unwrap(),
            there.subscribe().await.unwrap(),
        ];
        for price in 1..=250 {
            assert_eq!(there.publish(&price).await.unwrap(), price + 1);
        }
        for listener in &mut listeners {
            for price in 1..=250 {
                assert_eq!(next(listener).await, Ok((price + 1, price)));
            }
        }
        // One who waits is told.
        let [mut listener, _] = listeners;
        let waiting = tokio::spawn(async move { next(&mut listener).await });
        tokio::task::yield_now().await;
        there.publish(&300).await.unwrap();
        assert_eq!(in_time(waiting).await.unwrap(), Ok((252, 300)));
    }
}

#[tokio::test]
async fn who_waits_asks_for_nothing_and_is_told_by_a_push() {
    let (server, cache) = server().await;
    let other = connected(&server.url()).await;
    let mut listener = other.topic::<u64>("prices").subscribe().await.unwrap();
    let waiting = tokio::spawn(async move { next(&mut listener).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = scripts(&server).await;
    assert!(
        before > 2,
        "it has begun, looked, and looked once more: {before}"
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        scripts(&server).await,
        before,
        "it does not ask again and again"
    );
    cache.topic("prices").publish(&7_u64).await.unwrap();
    let told = tokio::time::timeout(LONG / 4, waiting).await;
    assert_eq!(
        told.expect("sooner than it looks by itself").unwrap(),
        Ok((1, 7))
    );
}

async fn scripts(server: &cache_tests::Server) -> u64 {
    let info = server.run(&["INFO", "commandstats"]).await.unwrap();
    let info: String = redis::from_redis_value(info).unwrap();
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    line.and_then(|line| line.split(',').next()?.parse().ok())
        .unwrap_or(0)
}

#[tokio::test]
async fn how_many_were_trimmed_away_is_told_before_what_is_left() {
    let (_server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        let prices = cache.topic::<u64>("prices").keep(3, HOUR);
        let mut listener = prices.subscribe().await.unwrap();
        prices.publish(&1).await.unwrap();
        assert_eq!(next(&mut listener).await, Ok((1, 1)));
        for price in 2..=9 {
            prices.publish(&price).await.unwrap();
        }
        assert_eq!(next(&mut listener).await, Err(Some(5)));
        for price in 7..=9 {
            assert_eq!(next(&mut listener).await, Ok((price, price)));
        }
    }
}

#[tokio::test]
async fn what_was_published_and_is_too_old_is_missed_even_where_nothing_is_left() {
    let (server, cache) = server().await;
    let prices = cache
        .topic::<u64>("prices")
        .keep(100, Duration::from_millis(20));
    let mut listener = prices.subscribe().await.unwrap();
    for price in 1..=4 {
        prices.publish(&price).await.unwrap();
    }
    until(async || {
        let there = server.run(&["EXISTS", "cache:k:topic:{prices}"]).await;
        (there.unwrap() == redis::Value::Int(0)).then_some(())
    })
    .await;
    assert_eq!(next(&mut listener).await, Err(Some(4)));
    let kept = cache.topic::<u64>("prices");
    kept.publish(&5).await.unwrap();
    assert_eq!(next(&mut listener).await, Ok((5, 5)));
}

#[tokio::test]
async fn a_listener_that_comes_back_reads_on_where_it_was() {
    let (server, cache) = server().await;
    let prices = cache.topic::<u64>("prices").keep(10, HOUR);
    let mut listener = prices.subscribe().await.unwrap();
    prices.publish(&1).await.unwrap();
    prices.publish(&2).await.unwrap();
    assert_eq!(next(&mut listener).await, Ok((1, 1)));
    let position = serde_json::to_string(&listener.position()).unwrap();
    drop(listener);
    prices.publish(&3).await.unwrap();
    let position: Position = serde_json::from_str(&position).unwrap();
    let other = connected(&server.url()).await;
    let mut listener = other
        .topic::<u64>("prices")
        .subscribe_from(position.clone());
    assert_eq!(next(&mut listener).await, Ok((2, 2)));
    assert_eq!(next(&mut listener).await, Ok((3, 3)));
    for price in 4..=20 {
        prices.publish(&price).await.unwrap();
    }
    let mut listener = other.topic::<u64>("prices").subscribe_from(position);
    assert_eq!(next(&mut listener).await, Err(Some(9)));
    // Told once, it is behind it.
    let mut again = other
        .topic::<u64>("prices")
        .subscribe_from(listener.position());
    for listener in [&mut listener, &mut again] {
        assert_eq!(next(listener).await, Ok((11, 11)));
    }
}

#[tokio::test]
async fn a_lost_connection_loses_nothing_and_a_server_that_went_back_is_told() {
    let (mut server, cache) = server().await;
    let prices = cache.topic::<u64>("prices");
    let mut listener = prices.subscribe().await.unwrap();
    prices.publish(&1).await.unwrap();
    assert_eq!(next(&mut listener).await, Ok((1, 1)));
    let words: [&[u8]; 4] = [b"CLIENT", b"KILL", b"TYPE", b"normal"];
    let _ = server.command(&words).await;
    until(async || prices.publish(&2).await.ok()).await;
    assert_eq!(next(&mut listener).await, Ok((2, 2)));

    // All is gone: nobody knows what it held last.
    server.kill9().unwrap();
    server.restart().await.unwrap();
    cache.connect().await.unwrap();
    assert_eq!(next(&mut listener).await, Err(None));
    prices.publish(&7).await.unwrap();
    assert_eq!(next(&mut listener).await, Ok((1, 7)));

    // As it is where that has happened unseen: numbers begin anew.
    for price in 8..=9 {
        prices.publish(&price).await.unwrap();
    }
    server.run(&["FLUSHALL"]).await.unwrap();
    prices.publish(&1).await.unwrap();
    assert_eq!(next(&mut listener).await, Err(None));
    assert_eq!(next(&mut listener).await, Ok((1, 1)));
}

#[tokio::test]
async fn a_message_of_another_type_is_an_error_and_is_passed_over() {
    let (_server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        let mut listener = cache.topic::<u64>("prices").subscribe().await.unwrap();
        cache
            .topic::<&str>("prices")
            .publish(&"secret")
            .await
            .unwrap();
        cache.topic::<u64>("prices").publish(&8).await.unwrap();
        let error = listener.recv().await.unwrap_err();
        assert!(matches!(error, ToolkitError::Unreadable { .. }), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(next(&mut listener).await, Ok((2, 8)));
    }
}
