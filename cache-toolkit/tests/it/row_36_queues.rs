//! Row 36: queues.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{Level, Queue, Toolkit as _, ToolkitError};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::{connected, in_time, server, until};

const LONG: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_millis(200);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mail {
    pub(crate) to: String,
}

pub(crate) fn mail(to: impl ToString) -> Mail {
    Mail { to: to.to_string() }
}

/// Both places that a queue can be in.
async fn places() -> (cache_tests::Server, [Cache; 2]) {
    let (server, cache) = server().await;
    (server, [cache, Cache::memory()])
}

async fn next(queue: &Queue<Mail>) -> cache_toolkit::Delivery<Mail> {
    in_time(queue.next()).await.unwrap()
}

#[tokio::test]
async fn row_36_a_job_is_delivered_finished_and_gone() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails");
        assert_eq!(mails.push(&mail("ada")).await.unwrap(), 1);
        assert_eq!(mails.push(&mail("bob")).await.unwrap(), 2);
        assert_eq!(mails.len().await.unwrap(), 2);
        let first = next(&mails).await;
        assert_eq!((first.job(), first.id()), (&mail("ada"), 1));
        assert_eq!((first.attempt().number, first.attempt().most), (1, 5));
        let stats = mails.stats().await.unwrap();
        assert_eq!((stats.waiting, stats.pending), (1, 1));
        first.ack().await.unwrap();
        assert_eq!(first.ack().await, Err(ToolkitError::Late));
        next(&mails).await.ack().await.unwrap();
        let stats = mails.stats().await.unwrap();
        assert_eq!((stats.waiting, stats.pending, stats.dead), (0, 0, 0));
        let did = (
            stats.pushed,
            stats.delivered,
            stats.redelivered,
            stats.finished,
        );
        assert_eq!(did, (2, 2, 0, 2));
        assert_eq!(mails.len().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn the_urgent_come_first_and_each_level_in_its_order() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails");
        for (level, to) in [
            (Level::Low, "e"),
            (Level::Normal, "c"),
            (Level::High, "a"),
            (Level::Normal, "d"),
            (Level::High, "b"),
        ] {
            mails.clone().level(level).push(&mail(to)).await.unwrap();
        }
        let mut order = String::new();
        for _ in 0..5 {
            let one = next(&mails).await;
            order.push_str(&one.job().to);
            one.ack().await.unwrap();
        }
        assert_eq!(order, "abcde");
    }
}

#[tokio::test]
async fn a_delayed_job_is_delivered_when_its_time_has_come_and_not_before() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails");
        let pushed = std::time::Instant::now();
        let urgent = mails.clone().level(Level::High);
        urgent.push_after(&mail("later"), SOON).await.unwrap();
        urgent
            .push_after(&mail("much later"), LONG * 60)
            .await
            .unwrap();
        mails.push(&mail("now")).await.unwrap();
        assert_eq!(next(&mails).await.job(), &mail("now"));
        assert_eq!(mails.stats().await.unwrap().delayed, 2);
        let later = next(&mails).await;
        assert_eq!(later.job(), &mail("later"));
        // The server's milliseconds begin somewhere within ours.
        assert!(pushed.elapsed() + Duration::from_millis(2) >= SOON);
        assert_eq!(mails.stats().await.unwrap().delayed, 1);
        assert_eq!(mails.len().await.unwrap(), 3, "two are not finished");
    }
}

#[tokio::test]
async fn what_fails_is_delivered_again_as_often_as_promised_and_then_set_aside_with_its_error() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails").max_deliveries(3);
        let mails = mails.back_off(Duration::from_millis(20), LONG);
        mails.push(&mail("nobody")).await.unwrap();
        for attempt in 1..=3 {
            let one = next(&mails).await;
            assert_eq!((one.id(), one.attempt().number), (1, attempt));
            assert_eq!(one.attempt().is_last(), attempt == 3);
            one.retry(format!("no such box, {attempt}")).await.unwrap();
        }
        let dead = mails.dead_letters();
        let letters = dead.list(0, 10).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].id(), letters[0].attempts()), (1, 3));
        assert_eq!(letters[0].error(), "no such box, 3");
        assert_eq!(letters[0].value::<Mail>().unwrap(), mail("nobody"));
        assert_eq!(mails.len().await.unwrap(), 0);
        let stats = mails.stats().await.unwrap();
        assert_eq!(
            (stats.delivered, stats.failed, stats.buried, stats.dead),
            (3, 3, 1, 1)
        );

        // Once more, as if it were new.
        assert!(dead.redrive(1).await.unwrap());
        assert!(!dead.redrive(1).await.unwrap());
        let again = next(&mails).await;
        assert_eq!((again.id(), again.attempt().number), (1, 1));
        again.bury("it is hopeless").await.unwrap();
        let letters = dead.list(0, 10).await.unwrap();
        assert_eq!(
            (letters[0].attempts(), letters[0].error()),
            (1, "it is hopeless")
        );
        assert!(dead.delete(1).await.unwrap());
        assert!(dead.list(0, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_is_neither_finished_nor_renewed_in_time_is_another_s() {
    let (server, cache) = server().await;
    let other = connected(&server.url()).await;
    for caches in [[cache, other], {
        let memory = Cache::memory();
        [memory.clone(), memory]
    }] {
        let [ours, theirs] = caches.map(|cache| {
            cache
                .queue::<Mail>("mails")
                .visible_for(SOON)
                .max_deliveries(2)
        });
        ours.push(&mail("ada")).await.unwrap();
        let late = next(&ours).await;
        late.renew().await.unwrap();
        let again = next(&theirs).await;
        assert_eq!((again.id(), again.attempt().number), (1, 2));
        assert_eq!(late.renew().await, Err(ToolkitError::Late));
        assert_eq!(late.retry("too late").await, Err(ToolkitError::Late));
        // It was done, whoever has it.
        late.ack().await.unwrap();
        assert_eq!(again.ack().await, Err(ToolkitError::Late));

        // One that nobody ever finishes is set aside when its last time is over.
        ours.push(&mail("poison")).await.unwrap();
        drop(next(&ours).await);
        drop(next(&theirs).await);
        let waiting = tokio::spawn({
            let theirs = theirs.clone();
            async move { theirs.next().await.unwrap().ack().await }
        });
        let dead = ours.dead_letters();
        let letter = until(async || dead.list(0, 1).await.unwrap().pop()).await;
        assert_eq!((letter.id(), letter.attempts()), (2, 2));
        assert!(
            letter.error().contains("within its time"),
            "{}",
            letter.error()
        );
        assert_eq!(ours.stats().await.unwrap().delivered, 4);
        ours.push(&mail("bob")).await.unwrap();
        in_time(waiting).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn more_than_there_is_room_for_is_refused_and_nothing_is_lost() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails").max_len(3);
        mails.push(&mail(1)).await.unwrap();
        mails.push_after(&mail(2), LONG).await.unwrap();
        mails.push(&mail(3)).await.unwrap();
        let full = mails.push(&mail(4)).await.unwrap_err();
        assert!(matches!(full, ToolkitError::Full { most: 3, .. }), "{full}");
        let one = next(&mails).await;
        assert!(mails.push(&mail(4)).await.is_err(), "it is not finished");
        one.ack().await.unwrap();
        mails.push(&mail(4)).await.unwrap();
        assert_eq!(mails.len().await.unwrap(), 3);
    }
}

#[tokio::test]
async fn who_waits_is_told_by_a_push_and_asks_for_nothing_meanwhile() {
    let (server, cache) = server().await;
    let other = connected(&server.url()).await;
    let waiting = tokio::spawn(async move { next(&other.queue("mails")).await.job().clone() });
    until(async || (scripts(&server).await >= 2).then_some(())).await;
    // It has taken, looked and taken once more by now, or does it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = scripts(&server).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        scripts(&server).await,
        before,
        "it does not ask again and again"
    );
    cache.queue("mails").push(&mail("ada")).await.unwrap();
    let taken = tokio::time::timeout(LONG / 4, waiting).await;
    assert_eq!(
        taken.expect("sooner than it looks by itself").unwrap(),
        mail("ada")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_blocks_its_thread_is_renewed_all_the_same() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails").visible_for(SOON * 3);
        let block = async |_, _| {
            std::thread::sleep(SOON * 9);
            Ok::<(), String>(())
        };
        let consumer = mails.consume(1, block).await.unwrap();
        mails.push(&mail("ada")).await.unwrap();
        until(async || (consumer.stats().under_way > 0).then_some(())).await;
        let other = cache.queue::<Mail>("mails").visible_for(SOON * 3);
        let waiting = tokio::spawn(async move { other.next().await.map(drop) });
        until(async || (consumer.stats().finished > 0).then_some(())).await;
        let stats = mails.stats().await.unwrap();
        assert_eq!((stats.delivered, stats.redelivered), (1, 0));
        waiting.abort();
    }
}

#[tokio::test]
async fn of_more_dead_letters_than_are_kept_the_oldest_are_dropped_and_counted() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails").keep_dead(2);
        for n in 1..=5 {
            mails.push(&mail(n)).await.unwrap();
            next(&mails).await.bury(n).await.unwrap();
        }
        let dead = mails.dead_letters();
        let kept = dead.list(0, 10).await.unwrap();
        assert_eq!(
            kept.iter().map(|letter| letter.id()).collect::<Vec<_>>(),
            [4, 5]
        );
        let page = dead.list(4, 10).await.unwrap();
        assert_eq!((page.len(), page[0].error()), (1, "5"));
        let stats = mails.stats().await.unwrap();
        assert_eq!((stats.buried, stats.dead, stats.dropped), (5, 2, 3));
        assert_eq!(dead.redrive_all().await.unwrap(), 2);
        let stats = mails.stats().await.unwrap();
        assert_eq!((stats.dead, stats.waiting, stats.redriven), (0, 2, 2));
    }
}

#[tokio::test]
async fn who_waits_is_told_of_what_another_failed() {
    let (server, cache) = server().await;
    let other = connected(&server.url()).await;
    let memory = Cache::memory();
    for caches in [[cache, other], [memory.clone(), memory]] {
        let [ours, theirs] = caches.map(|cache| {
            let mails = cache.queue::<Mail>("mails").visible_for(LONG);
            mails.back_off(SOON, LONG)
        });
        ours.push(&mail("ada")).await.unwrap();
        let one = next(&ours).await;
        let waiting = tokio::spawn(async move { next(&theirs).await.attempt().number });
        // Until it has seen that there is nothing, and waits.
        tokio::time::sleep(SOON).await;
        one.retry("no").await.unwrap();
        assert_eq!(
            in_time(waiting).await.unwrap(),
            2,
            "long before it looks by itself"
        );
    }
}

/// How many scripts the server has run.
async fn scripts(server: &cache_tests::Server) -> u64 {
    let info = server.run(&["INFO", "commandstats"]).await.unwrap();
    let info: String = redis::from_redis_value(info).unwrap();
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    line.and_then(|line| line.split(',').next()?.parse().ok())
        .unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_of_two_caches_do_each_job_once_and_errors_and_panics_are_failures() {
    const JOBS: usize = 500;
    let (server, cache) = server().await;
    let caches = [cache, connected(&server.url()).await];
    let done: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
    let queues = caches.map(|cache| {
        let mails = cache.queue::<Mail>("mails").max_deliveries(3);
        mails.back_off(Duration::from_millis(5), LONG)
    });
    let mut consumers = Vec::new();
    for queue in &queues {
        let done = Arc::clone(&done);
        let consumer = queue.consume(4, move |mail, attempt| {
            let done = Arc::clone(&done);
            async move {
                *done.lock().entry(mail.to.clone()).or_default() += 1;
                match (mail.to.as_str(), attempt.number) {
                    ("7", 1) => Err("the first time"),
                    ("8", 1) => panic!("a test's own panic"),
                    ("9", _) => Err("always"),
                    _ => Ok(()),
                }
            }
        });
        consumers.push(consumer.await.unwrap());
    }
    for n in 0..JOBS {
        queues[0].push(&mail(n)).await.unwrap();
    }
    until(async || (queues[0].len().await.unwrap() == 0).then_some(())).await;
    let stats: Vec<_> = consumers.iter().map(|consumer| consumer.stats()).collect();
    for consumer in consumers {
        consumer.stop().await;
    }
    let done = done.lock().clone();
    assert_eq!(done.len(), JOBS);
    for (to, times) in &done {
        let expected = match to.as_str() {
            "7" | "8" => 2,
            "9" => 3,
            _ => 1,
        };
        assert_eq!(*times, expected, "{to}");
    }
    let sum = |of: fn(&cache_toolkit::ConsumerStats) -> u64| stats.iter().map(of).sum::<u64>();
    assert_eq!(sum(|stats| stats.delivered), JOBS as u64 + 4);
    assert_eq!(sum(|stats| stats.redelivered), 4);
    assert_eq!(
        (sum(|stats| stats.failed), sum(|stats| stats.panicked)),
        (5, 1)
    );
    assert_eq!((sum(|stats| stats.buried), sum(|stats| stats.late)), (1, 0));
    assert!(
        stats.iter().all(|stats| stats.finished > 0),
        "both did some: {stats:?}"
    );
    let letters = queues[0].dead_letters().list(0, 9).await.unwrap();
    assert_eq!((letters.len(), letters[0].error()), (1, "always"));
}

#[tokio::test]
async fn a_consumer_that_is_stopped_finishes_what_it_has_and_one_that_is_dropped_leaves_it() {
    let (_server, caches) = places().await;
    for cache in caches {
        let mails = cache.queue::<Mail>("mails").visible_for(SOON);
        mails.push(&mail("ada")).await.unwrap();
        let begun = Arc::new(tokio::sync::Semaphore::new(0));
        let go_on = Arc::new(tokio::sync::Semaphore::new(0));
        let consume = async || {
            let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
            let handler = move |_: Mail, _| {
                let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
                async move {
                    begun.add_permits(1);
                    go_on.acquire().await.map(|permit| permit.forget())
                }
            };
            mails.consume(1, handler).await.unwrap()
        };
        let dropped = consume().await;
        in_time(begun.acquire()).await.unwrap().forget();
        assert_eq!(dropped.stats().under_way, 1);
        drop(dropped);
        let stopped = consume().await;
        in_time(begun.acquire()).await.unwrap().forget();
        // Longer than its time: it is renewed while its handler runs, so nobody else has it.
        let other = cache.queue::<Mail>("mails").visible_for(SOON);
        let taken = tokio::time::timeout(SOON * 3, other.next()).await;
        assert!(taken.is_err(), "{taken:?}");
        let stop = tokio::spawn(stopped.stop());
        go_on.add_permits(1);
        in_time(stop).await.unwrap();
        let stats = mails.stats().await.unwrap();
        assert_eq!((stats.delivered, stats.finished, stats.pending), (2, 1, 0));
    }
}
