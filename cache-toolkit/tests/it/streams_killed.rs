//! A consumer that is killed in the middle: what is delivered, delivered twice and lost, of queues and of events.

use std::collections::BTreeMap;
use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{CacheEvent, Consumer, Queue, Toolkit as _};
use serde::{Deserialize, Serialize};

use crate::children::{Process, variable};
use crate::{server, until};

const LONG: Duration = Duration::from_secs(60);

/// How many there are to do.
const JOBS: u64 = 300;

/// How often each is delivered at most.
const MOST: u32 = 3;

/// How many each process does at once.
const AT_ONCE: usize = 4;

#[derive(CacheEvent, Serialize, Deserialize)]
#[cache_event("job.made")]
struct JobMade {
    job: u64,
}

fn queue(cache: &Cache) -> Queue<u64> {
    let queue = cache.queue("jobs").visible_for(Duration::from_secs(1));
    queue.max_deliveries(MOST)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_queue_none_is_lost_and_those_that_it_had_are_delivered_twice() {
    let (server, cache) = server().await;
    let push = async |job| queue(&cache).push(&job).await.unwrap();
    killed("queue", &server.url(), &cache, push).await;
    let stats = queue(&cache).stats().await.unwrap();
    let had = AT_ONCE as u64;
    assert_eq!((stats.pushed, stats.delivered), (JOBS, JOBS + had));
    assert_eq!((stats.redelivered, stats.finished), (had, JOBS));
    assert_eq!(
        (stats.buried, stats.dead, stats.pending, stats.waiting),
        (0, 0, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_events_none_is_lost_and_those_that_it_had_are_told_twice() {
    let (server, cache) = server().await;
    // The group is there before the first event.
    let on = || cache.on::<JobMade>("do");
    let first = on()
        .run(|_| std::future::pending::<Result<(), String>>())
        .await;
    first.unwrap().stop().await;
    let publish = async |job| cache.publish(JobMade { job }).await.unwrap();
    killed("event", &server.url(), &cache, publish).await;
    let stats = on().stats().await.unwrap();
    let had = AT_ONCE as u64;
    assert_eq!(
        (stats.behind, stats.pending, stats.missed, stats.dead),
        (0, 0, 0, 0)
    );
    assert_eq!(
        (stats.delivered, stats.redelivered, stats.finished),
        (JOBS + had, had, JOBS)
    );
}

/// A job that ends whoever takes it.
const POISON: u64 = 666;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_consumers_is_delivered_exactly_as_often_as_promised_and_set_aside() {
    let (server, cache) = server().await;
    let url = server.url();
    let queue = queue(&cache);
    queue.push(&POISON).await.unwrap();
    for job in 0..20 {
        queue.push(&job).await.unwrap();
    }
    let start = || {
        let variables = [
            ("STREAM_URL", url.as_str()),
            ("STREAM_KIND", "queue"),
            ("STREAM_HANGS_AFTER", "never"),
            // What is under way beside it ends with it, and has been delivered, too.
            ("STREAM_AT_ONCE", "1"),
        ];
        Process::start("streams_killed::a_process_that_works", &variables)
    };
    for _ in 0..MOST {
        let mut victim = start();
        until(async || victim.is_over().then_some(())).await;
    }
    let _survivor = start();
    until(async || (queue.len().await.unwrap() == 0).then_some(())).await;
    let done = did(&cache).await;
    assert_eq!(done[&POISON], u64::from(MOST));
    assert!((0..20).all(|job| done.contains_key(&job)), "{done:?}");
    let letters = queue.dead_letters().list(0, 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts()), (1, MOST));
    assert_eq!(letters[0].value::<u64>().unwrap(), POISON);
}

/// Three processes, one of which is killed while it has as many as it may.
async fn killed(kind: &str, url: &str, cache: &Cache, add: impl AsyncFn(u64) -> u64) {
    let start = |hangs_after: &str| {
        let variables = [
            ("STREAM_URL", url),
            ("STREAM_KIND", kind),
            ("STREAM_HANGS_AFTER", hangs_after),
        ];
        let mut process = Process::start("streams_killed::a_process_that_works", &variables);
        process.says("works");
        process
    };
    let mut victim = start("10");
    for job in 0..JOBS / 2 {
        add(job).await;
    }
    victim.says("hangs");
    victim.kill();
    let _others = [start("never"), start("never")];
    for job in JOBS / 2..JOBS {
        add(job).await;
    }
    let begun = std::time::Instant::now();
    let (mut done, mut finished) = (BTreeMap::new(), false);
    while !finished && begun.elapsed() < LONG {
        tokio::time::sleep(Duration::from_millis(20)).await;
        done = did(cache).await;
        finished =
            done.values().sum::<u64>() >= JOBS + AT_ONCE as u64 && is_idle(kind, cache).await;
    }
    let lost = (0..JOBS).filter(|job| !done.contains_key(job)).count();
    let twice = done.values().filter(|times| **times == 2).count();
    let more = done.values().filter(|times| **times > 2).count();
    assert_eq!(
        (lost, twice, more),
        (0, AT_ONCE, 0),
        "lost, twice, more often"
    );
}

async fn is_idle(kind: &str, cache: &Cache) -> bool {
    match kind {
        "queue" => queue(cache).len().await.unwrap() == 0,
        _ => {
            let stats = cache.on::<JobMade>("do").stats().await.unwrap();
            stats.behind + stats.pending == 0
        }
    }
}

/// How often each was done.
async fn did(cache: &Cache) -> BTreeMap<u64, u64> {
    let commands = cache.commands().unwrap();
    let key = commands.key("did", "test");
    let reply = commands.command(&key, &[b"HGETALL", key.as_bytes()]).await;
    let reply = reply.unwrap();
    let numbers = reply.list().unwrap().iter();
    let numbers: Vec<u64> = numbers
        .map(|word| word.text().unwrap().parse().unwrap())
        .collect();
    numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
}

/// It is started by another test, which may kill it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process that another test starts"]
#[expect(clippy::print_stdout, reason = "it answers on its output")]
async fn a_process_that_works() {
    let cache = crate::connected(&variable("STREAM_URL")).await;
    let at_once =
        std::env::var("STREAM_AT_ONCE").map_or(AT_ONCE, |at_once| at_once.parse().unwrap());
    let hangs_after: usize = variable("STREAM_HANGS_AFTER")
        .parse()
        .unwrap_or(usize::MAX - AT_ONCE);
    let work = {
        let begun = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let commands = cache.commands().unwrap();
        move |job: u64| {
            let (begun, commands) = (std::sync::Arc::clone(&begun), commands.clone());
            async move {
                let begun = begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                let (key, job) = (commands.key("did", "test"), job.to_string());
                let words: [&[u8]; 4] = [b"HINCRBY", key.as_bytes(), job.as_bytes(), b"1"];
                commands.command(&key, &words).await?;
                if job == POISON.to_string() {
                    std::process::abort();
                }
                if begun == hangs_after + AT_ONCE {
                    println!("\nhangs");
                }
                if begun > hangs_after {
                    std::future::pending::<()>().await;
                }
                Ok::<(), cache_runtime::commands::CommandError>(())
            }
        }
    };
    let _consumer: Consumer = match variable("STREAM_KIND").as_str() {
        "queue" => queue(&cache)
            .consume(at_once, move |job, _| work(job))
            .await
            .unwrap(),
        _ => {
            let on = cache.on::<JobMade>("do").at_once(at_once);
            let on = on.visible_for(Duration::from_secs(1));
            on.run(move |event| work(event.job)).await.unwrap()
        }
    };
    println!("\nworks");
    std::future::pending::<()>().await;
}
