//! Queues, events and topics that are used wrongly say what to do.

use std::collections::BTreeMap;
use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{CacheEvent, Message, PublishError, Toolkit as _, ToolkitError};
use serde::{Deserialize, Serialize};

use crate::{in_time, server, until};

const LONG: Duration = Duration::from_secs(60);

#[derive(CacheEvent, Serialize, Deserialize)]
#[cache_event("job.made", invalidates = ["job:{job}"])]
struct JobMade {
    job: String,
}

/// An event whose tags are made by hand, one of which is none.
#[derive(Serialize, Deserialize)]
struct Nameless;

impl CacheEvent for Nameless {
    const NAME: &'static str = "nameless";

    fn invalidates(&self) -> Vec<cache_runtime::Tag> {
        vec!["".into()]
    }
}

fn says<T: std::fmt::Debug, E: std::fmt::Display>(done: Result<T, E>, part: &str) {
    let error = done.map_err(|error| error.to_string()).unwrap_err();
    assert!(error.contains(part), "{error} has no {part:?}");
}

#[tokio::test]
async fn names_and_sizes_that_are_none_are_refused_and_hostile_ones_are_names_like_others() {
    let (_server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        says(cache.queue("").push(&1).await, "it is empty");
        says(cache.queue::<u8>("").next().await.map(drop), "it is empty");
        says(cache.topic("").publish(&1).await, "it is empty");
        says(
            cache.topic::<u8>("").subscribe().await.map(drop),
            "it is empty",
        );
        let huge = "x".repeat(1 << 20);
        says(cache.queue("a").push(&huge).await, "at most 1 MiB");
        says(cache.topic("a").publish(&huge).await, "at most 1 MiB");
        let by_list = BTreeMap::from([(vec![1], 2)]);
        says(
            cache.queue("a").push(&by_list).await,
            "can't be written as JSON",
        );
        for (at, name) in ["{", "}{", "a:b", "\0\r\n", "é\u{202e}", &huge]
            .into_iter()
            .enumerate()
        {
            let queue = cache.queue::<usize>(name);
            queue.push(&at).await.unwrap();
            let one = queue.next().await.unwrap();
            assert_eq!(*one.job(), at, "{name:.9?}");
            one.ack().await.unwrap();
            let mut listener = cache.topic::<usize>(name).subscribe().await.unwrap();
            cache.topic(name).publish(&at).await.unwrap();
            let heard = listener.recv().await.unwrap();
            assert!(matches!(heard, Message::Value { value, .. } if value == at));
        }
        for group in ["", "a b", "a}", &huge] {
            let on = cache
                .on::<JobMade>(group)
                .run(async |_| Ok::<(), String>(()));
            says(on.await.map(drop), "1 to 100 of the characters");
        }
    }
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let (_server, cache) = server().await;
    let queue = || cache.queue::<u8>("a");
    let (zero, year) = (Duration::ZERO, Duration::from_secs(365 * 24 * 3_600));
    for (queue, part) in [
        (queue().visible_for(zero), "from 100 ms"),
        (queue().visible_for(year), "to 7 days"),
        (queue().max_deliveries(0), "no second try"),
        (queue().back_off(zero, LONG), "over zero"),
        (queue().back_off(LONG * 2, LONG), "at most the longest"),
        (queue().keep_dead(0), "from 1 to"),
    ] {
        says(queue.next().await.map(drop), part);
        let consumer = queue.consume(1, async |_, _| Ok::<(), String>(())).await;
        says(consumer.map(drop), part);
    }
    for at_once in [0, usize::MAX] {
        let consumer = queue()
            .consume(at_once, async |_, _| Ok::<(), String>(()))
            .await;
        says(consumer.map(drop), "from 1 to 10,000");
    }
    says(queue().max_len(0).push(&1).await, "nothing could ever");
    says(queue().push_after(&1, Duration::MAX).await, "10 years");
    let topic = || cache.topic::<u8>("a");
    says(topic().keep(0, LONG).publish(&1).await, "from 1 to");
    says(topic().keep(1, year).subscribe().await.map(drop), "30 days");
    says(cache.publish(Nameless).await, "it is empty");
}

#[test]
fn outside_of_a_runtime_it_is_an_error_and_no_panic() {
    let queue = Cache::memory().queue::<u8>("a");
    let consumer =
        futures_util::FutureExt::now_or_never(queue.consume(1, async |_, _| Ok::<(), String>(())));
    says(consumer.unwrap().map(drop), "within a tokio runtime");
}

#[tokio::test]
async fn what_others_have_stored_under_the_name_is_told_and_stays() {
    let (server, cache) = server().await;
    for key in [
        "queue-normal:{a}",
        "queue-number:{a}",
        "queue-due.all:{a}",
        "topic:{a}",
        "event-all:{job.made}",
    ] {
        server.run(&["FLUSHALL"]).await.unwrap();
        let key = format!("cache:k:{key}");
        server.run(&["LPUSH", &key, "foreign"]).await.unwrap();
        let done = async {
            let pushed = cache.queue("a").push(&1).await;
            let queue = cache.queue::<u8>("a");
            let taken = tokio::time::timeout(Duration::from_millis(100), queue.next()).await;
            let taken = taken.unwrap_or(Err(ToolkitError::Late)).map(drop);
            let told = cache.topic("a").publish(&1).await;
            let published = cache.publish(JobMade { job: "a".into() }).await;
            [
                pushed.err().map(|error| error.to_string()),
                taken.err().map(|error| error.to_string()),
                told.err().map(|error| error.to_string()),
                published.err().map(|error| error.to_string()),
            ]
        };
        let said = done.await;
        let told = said
            .iter()
            .flatten()
            .any(|error| error.contains("another type") || error.contains("refused"));
        assert!(told, "{key}: {said:?}");
        let kept = server.run(&["LRANGE", &key, "0", "-1"]).await.unwrap();
        assert_eq!(
            redis::from_redis_value::<Vec<String>>(kept).unwrap(),
            ["foreign"],
            "{key}"
        );
    }
    // Members of the right type that this crate did not write.
    server.run(&["FLUSHALL"]).await.unwrap();
    server
        .run(&["ZADD", "cache:k:queue-dead.all:{a}", "1", "foreign"])
        .await
        .unwrap();
    says(
        cache.queue::<u8>("a").dead_letters().list(0, 1).await,
        "another name",
    );
}

#[tokio::test]
async fn jobs_of_another_type_are_failures_and_never_a_panic_or_a_quote() {
    let (_server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        let texts = cache.queue::<String>("a");
        texts.push(&"a secret".to_owned()).await.unwrap();
        let numbers = cache.queue::<u8>("a").max_deliveries(2);
        let numbers = numbers.back_off(Duration::from_millis(1), LONG);
        let next = tokio::time::timeout(Duration::from_millis(500), numbers.next()).await;
        assert!(next.is_err(), "it is passed over");
        let letter = numbers.dead_letters().list(0, 1).await.unwrap().remove(0);
        assert_eq!(letter.attempts(), 2);
        assert!(
            letter.error().contains("no JSON of the type"),
            "{}",
            letter.error()
        );
        assert!(!format!("{letter:?} {}", letter.error()).contains("secret"));
        assert!(letter.value::<u8>().is_err());
        assert_eq!(letter.value::<String>().unwrap(), "a secret");
    }
}

#[tokio::test]
async fn while_redis_is_away_it_is_an_error_and_a_consumer_goes_on_when_it_is_back() {
    let (mut server, cache) = server().await;
    let queue = cache.queue::<u8>("a");
    let (tell, mut told) = tokio::sync::mpsc::channel(9);
    let handler = move |job, _| {
        let tell = tell.clone();
        async move { tell.send(job).await }
    };
    let consumer = queue.consume(1, handler).await.unwrap();
    server.kill9().unwrap();
    let is_outage =
        |error: &ToolkitError| matches!(error, ToolkitError::Command(error) if error.is_outage());
    assert!(is_outage(&queue.push(&1).await.unwrap_err()));
    assert!(is_outage(&queue.next().await.unwrap_err()));
    assert!(is_outage(&cache.topic("a").publish(&1).await.unwrap_err()));
    let on = cache
        .on::<JobMade>("a")
        .run(async |_| Ok::<(), String>(()))
        .await;
    assert!(is_outage(&on.unwrap_err()));
    server.restart().await.unwrap();
    cache.connect().await.unwrap();
    queue.push(&2).await.unwrap();
    assert_eq!(in_time(told.recv()).await, Some(2));
    consumer.stop().await;
}

#[tokio::test]
async fn a_closed_cache_says_so_and_its_consumer_can_be_stopped() {
    let (_server, cache) = server().await;
    let queue = cache.queue::<u8>("a");
    let consumer = queue
        .consume(1, async |_, _| Ok::<(), String>(()))
        .await
        .unwrap();
    cache.close().await.unwrap();
    says(queue.push(&1).await, "redis is away");
    let error = cache
        .publish(JobMade { job: "a".into() })
        .await
        .unwrap_err();
    assert!(!matches!(error, PublishError::Unwritable { .. }), "{error}");
    in_time(consumer.stop()).await;
}

#[tokio::test]
async fn a_push_a_wait_or_a_listener_that_is_dropped_half_way_breaks_nothing() {
    let (_server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        let queue = cache
            .queue::<u8>("a")
            .visible_for(Duration::from_millis(200));
        let mut listener = cache.topic::<u8>("a").subscribe().await.unwrap();
        for job in 0..20 {
            let step = Duration::from_micros(u64::from(job) * 50);
            let _ = tokio::time::timeout(step, queue.push(&job)).await;
            let _ = tokio::time::timeout(step, queue.next()).await;
            let _ = tokio::time::timeout(step, listener.recv()).await;
        }
        queue.push(&100).await.unwrap();
        cache.topic("a").publish(&100_u8).await.unwrap();
        until(async || {
            let one = queue.next().await.unwrap();
            one.ack().await.unwrap();
            (queue.len().await.unwrap() == 0).then_some(())
        })
        .await;
        let heard = until(async || match listener.recv().await.unwrap() {
            Message::Value { value: 100, .. } => Some(()),
            _ => None,
        });
        heard.await;
    }
}
