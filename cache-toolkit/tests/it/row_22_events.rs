//! Row 22: events, what they make invalid, and who is told.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_toolkit::{CacheEvent, PublishError, Toolkit as _};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::children::{Process, variable};
use crate::log::Log;
use crate::{connected, server, until};

const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, CacheEvent, Serialize, Deserialize)]
#[cache_event(
    "entity.updated",
    invalidates = ["entity:{entity_id}", "baseline:{entity_id}", "prediction:{entity_id}", "relationship:{entity_id}"]
)]
struct EntityUpdated {
    entity_id: u64,
}

#[derive(Debug, CacheEvent, Serialize, Deserialize)]
#[cache_event(
    "threat.detected",
    invalidates = ["threat:{entity_id}", "risk:{entity_id}", "metrics:{tenant_id}"]
)]
struct ThreatDetected {
    entity_id: u64,
    tenant_id: u64,
}

#[derive(Debug, CacheEvent, Serialize, Deserialize)]
#[cache_event("model.updated", invalidates = ["model:{model_version}", "predictions of {model_version}"])]
struct ModelUpdated {
    model_version: String,
}

#[derive(Debug, CacheEvent, Serialize, Deserialize)]
#[cache_event(
    "baseline.updated",
    invalidates = ["baseline:{entity_id}", "prediction:{entity_id}", "anomaly:{entity_id}"]
)]
struct BaselineUpdated {
    entity_id: u64,
}

/// Functions whose every load gives another value.
macro_rules! loads {
    ($($name:ident($($argument:ident: $ty:ty),*) [$($tag:literal),*];)*) => {$(
        #[cached(ttl = "1h", tags = [$($tag),*])]
        async fn $name($($argument: $ty),*) -> u64 {
            $(let _ = $argument;)*
            rand::random()
        }
    )*};
}

loads! {
    entity(id: u64) ["entity:{id}"];
    baseline(id: u64) ["baseline:{id}"];
    prediction(id: u64, version: &str) ["prediction:{id}", "predictions of {version}"];
    relationships(id: u64) ["relationship:{id}"];
    threat(id: u64) ["threat:{id}"];
    risk(id: u64) ["risk:{id}"];
    metrics(tenant: u64) ["metrics:{tenant}"];
    model(version: &str) ["model:{version}"];
    anomalies(id: u64) ["anomaly:{id}"];
}

/// What all of them give now: of entity 7 of tenant 3 with model v2, and of others.
async fn all() -> Vec<(&'static str, u64)> {
    vec![
        ("entity", entity(7).await),
        ("baseline", baseline(7).await),
        ("prediction", prediction(7, "v2").await),
        ("relationships", relationships(7).await),
        ("threat", threat(7).await),
        ("risk", risk(7).await),
        ("metrics", metrics(3).await),
        ("model", model("v2").await),
        ("anomalies", anomalies(7).await),
        ("another's prediction", prediction(8, "v2").await),
        ("another's entity", entity(8).await),
        ("another's baseline", baseline(8).await),
        ("another's metrics", metrics(4).await),
        ("another model", model("v1").await),
    ]
}

/// Those that are others than before.
fn changed(before: &[(&'static str, u64)], now: &[(&'static str, u64)]) -> String {
    let both = before.iter().zip(now);
    let changed = both.filter(|(before, now)| before != now);
    let names: Vec<&str> = changed.map(|(_, (name, _))| *name).collect();
    names.join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn row_22_each_event_clears_what_the_table_says_here_and_in_another_process_which_is_told() {
    let (server, cache) = server().await;
    let url = server.url();
    let mut other = Process::start(
        "row_22_events::a_process_that_is_told",
        &[("EVENT_URL", &url)],
    );
    other.says("listens");
    let of_entity = "entity, baseline, prediction, relationships";
    let of_threat = "threat, risk, metrics";
    let of_model = "prediction, model, another's prediction";
    let of_baseline = "baseline, prediction, anomalies";
    cache
        .scope(async {
            for round in 0..2 {
                for (name, clears) in [
                    ("entity.updated", of_entity),
                    ("threat.detected", of_threat),
                    ("model.updated", of_model),
                    ("baseline.updated", of_baseline),
                ] {
                    let before = all().await;
                    publish(&cache, name).await;
                    let here = changed(&before, &all().await);
                    assert_eq!(here, clears, "{name} here, round {round}");
                    let told = other.says("told");
                    assert_eq!(told, format!("{name}: {clears}"), "there, round {round}");
                }
            }
        })
        .await;
}

async fn publish(cache: &Cache, name: &str) {
    let (entity_id, tenant_id) = (7, 3);
    let model_version = "v2".to_owned();
    let published = match name {
        "entity.updated" => cache.publish(EntityUpdated { entity_id }).await,
        "threat.detected" => {
            let event = ThreatDetected {
                entity_id,
                tenant_id,
            };
            cache.publish(event).await
        }
        "model.updated" => cache.publish(ModelUpdated { model_version }).await,
        _ => cache.publish(BaselineUpdated { entity_id }).await,
    };
    published.unwrap();
}

/// It is started by another test, which publishes.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process that another test starts"]
#[expect(clippy::print_stdout, reason = "it answers on its output")]
async fn a_process_that_is_told() {
    let cache = connected(&variable("EVENT_URL")).await;
    cache.install().unwrap();
    let known = Arc::new(tokio::sync::Mutex::new(all().await));
    /// What is other than it was when it last looked, once it is told.
    async fn on<E: CacheEvent>(
        cache: &Cache,
        known: &Arc<tokio::sync::Mutex<Vec<(&'static str, u64)>>>,
    ) -> cache_toolkit::Consumer {
        let known = Arc::clone(known);
        let told = move |_: E| {
            let known = Arc::clone(&known);
            async move {
                let mut known = known.lock().await;
                let now = all().await;
                println!("\ntold {}: {}", E::NAME, changed(&known, &now));
                *known = now;
                Ok::<(), String>(())
            }
        };
        cache.on::<E>("watch").run(told).await.unwrap()
    }
    let _consumers = [
        on::<EntityUpdated>(&cache, &known).await,
        on::<ThreatDetected>(&cache, &known).await,
        on::<ModelUpdated>(&cache, &known).await,
        on::<BaselineUpdated>(&cache, &known).await,
    ];
    println!("\nlistens");
    std::future::pending::<()>().await;
}

/// What handlers were told, in their order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u64>>>);

impl Told {
    /// A handler that writes down what it is told.
    fn handler(&self) -> impl Fn(EntityUpdated) -> std::future::Ready<Result<(), String>> + use<> {
        let told = self.clone();
        move |event| {
            told.0.lock().push(event.entity_id);
            std::future::ready(Ok(()))
        }
    }

    async fn until(&self, count: usize) -> Vec<u64> {
        until(async || (self.0.lock().len() >= count).then_some(())).await;
        self.0.lock().clone()
    }
}

async fn updated(cache: &Cache, entity_id: u64) -> u64 {
    cache.publish(EntityUpdated { entity_id }).await.unwrap()
}

#[tokio::test]
async fn each_group_is_told_once_over_its_processes_and_one_that_was_down_catches_up() {
    let (server, first) = server().await;
    let second = connected(&server.url()).await;
    updated(&first, 1).await;
    let (search, mail, late) = (Told::default(), Told::default(), Told::default());
    let on = async |cache: &Cache, group: &str, told: &Told| {
        let on = cache.on::<EntityUpdated>(group);
        on.run(told.handler()).await.unwrap()
    };
    let _mail = on(&first, "mail", &mail).await;
    let searches = [
        on(&first, "search", &search).await,
        on(&second, "search", &search).await,
    ];
    for id in 2..=100 {
        updated(&first, id).await;
    }
    assert_eq!(
        mail.until(99).await,
        (2..=100).collect::<Vec<_>>(),
        "in their order"
    );
    let mut once = search.until(99).await;
    once.sort_unstable();
    assert_eq!(once, (2..=100).collect::<Vec<_>>());
    for consumer in searches {
        consumer.stop().await;
    }
    // Nobody of the group is there.
    for id in 101..=110 {
        updated(&second, id).await;
    }
    assert_eq!(mail.until(109).await.len(), 109);
    let on_search = second.on::<EntityUpdated>("search");
    assert_eq!(on_search.stats().await.unwrap().behind, 10);
    let again = Told::default();
    let consumer = on(&second, "search", &again).await;
    assert_eq!(again.until(10).await, (101..=110).collect::<Vec<_>>());
    // A group of its own begins with what is kept, where it says so.
    let from_start = first.on::<EntityUpdated>("late").from_start();
    let _late = from_start.run(late.handler()).await.unwrap();
    assert_eq!(late.until(110).await, (1..=110).collect::<Vec<_>>());
    consumer.stop().await;
    let stats = second.on::<EntityUpdated>("search").stats().await.unwrap();
    assert_eq!((stats.behind, stats.pending), (0, 0));
    assert_eq!(
        (stats.delivered, stats.finished, stats.redelivered),
        (109, 109, 0)
    );
}

#[tokio::test]
async fn a_poison_event_goes_aside_after_its_tries_and_is_told_to_its_group_alone_once_more() {
    let (_server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        let log = Log::default();
        let _guard = log.listen();
        let tries = Arc::new(Mutex::new(Vec::new()));
        let other = Told::default();
        let _other = cache.on("other").run(other.handler()).await.unwrap();
        let on = || {
            let on = cache.on::<EntityUpdated>("search").max_deliveries(3);
            on.back_off(Duration::from_millis(5), LONG)
        };
        let handler = {
            let tries = Arc::clone(&tries);
            move |event: EntityUpdated| {
                let tries = Arc::clone(&tries);
                async move {
                    let before = tries
                        .lock()
                        .iter()
                        .filter(|id| **id == event.entity_id)
                        .count();
                    tries.lock().push(event.entity_id);
                    match (event.entity_id, before) {
                        (2, 0) => panic!("a test's own panic"),
                        (2, ..3) => Err("it can't be indexed"),
                        _ => Ok(()),
                    }
                }
            }
        };
        let consumer = on().run(handler).await.unwrap();
        for id in 1..=3 {
            updated(&cache, id).await;
        }
        let dead = on().dead_letters();
        let letter = until(async || dead.list(0, 10).await.unwrap().pop()).await;
        assert_eq!((letter.id(), letter.attempts()), (2, 3));
        assert_eq!(letter.error(), "it can't be indexed");
        assert_eq!(letter.value::<EntityUpdated>().unwrap().entity_id, 2);
        // It knows once it has the answer.
        until(async || (consumer.stats().buried > 0).then_some(())).await;
        let stats = consumer.stats();
        assert_eq!((stats.failed, stats.panicked, stats.buried), (3, 1, 1));
        assert_eq!(other.until(3).await, [1, 2, 3]);

        let told = log.lines("an entry was set aside");
        assert_eq!(told.len(), 1, "{told:?}");
        for part in [
            "WARN",
            "entity.updated",
            "search",
            "number=2",
            "attempts=3",
            "it can't be indexed",
        ] {
            assert!(told[0].contains(part), "{} has no {part}", told[0]);
        }

        // The fourth time it is dealt with, by the group that failed.
        assert_eq!(dead.redrive_all().await.unwrap(), 1);
        updated(&cache, 4).await;
        assert_eq!(other.until(4).await, [1, 2, 3, 4]);
        until(async || (consumer.stats().finished >= 4).then_some(())).await;
        let mut all = tries.lock().clone();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 2, 2, 2, 3, 4]);
        let stats = on().stats().await.unwrap();
        assert_eq!(
            (stats.behind, stats.pending, stats.dead, stats.missed),
            (0, 0, 0, 0)
        );
    }
}

#[tokio::test]
async fn a_group_that_is_forgotten_leaves_nothing_and_others_are_as_they_were() {
    let (server, cache) = server().await;
    for cache in [cache, Cache::memory()] {
        let on = |group| cache.on::<EntityUpdated>(group).max_deliveries(1);
        let told = Told::default();
        let fails = async |_| Err::<(), _>("always");
        let failing = on("old").run(fails).await.unwrap();
        let _kept = on("kept").run(told.handler()).await.unwrap();
        updated(&cache, 1).await;
        until(async || (failing.stats().buried > 0).then_some(())).await;
        failing.stop().await;
        assert!(on("old").forget().await.unwrap());
        assert!(!on("old").forget().await.unwrap());
        assert!(
            on("old")
                .dead_letters()
                .list(0, 1)
                .await
                .unwrap()
                .is_empty()
        );
        updated(&cache, 2).await;
        assert_eq!(told.until(2).await, [1, 2]);
    }
    let left = server.keys().await.unwrap();
    assert!(left.iter().all(|key| !key.contains(".old")), "{left:?}");
}

#[tokio::test]
async fn what_was_trimmed_away_while_a_group_was_down_is_told() {
    let (server, cache) = server().await;
    let told = Told::default();
    let on = async || {
        cache
            .on::<EntityUpdated>("search")
            .run(told.handler())
            .await
            .unwrap()
    };
    let consumer = on().await;
    updated(&cache, 1).await;
    told.until(1).await;
    consumer.stop().await;
    for id in 2..=9 {
        updated(&cache, id).await;
    }
    let words = ["XTRIM", "cache:k:event-all:{entity.updated}", "MAXLEN", "2"];
    server.run(&words).await.unwrap();
    let log = Log::default();
    let _guard = log.listen();
    let consumer = on().await;
    assert_eq!(told.until(3).await, [1, 8, 9]);
    let warned = log.lines("trimmed away before");
    assert!(
        warned.len() == 1 && warned[0].contains("missed=6"),
        "{warned:?}"
    );
    assert_eq!(consumer.stats().missed, 6);
    let stats = cache.on::<EntityUpdated>("search").stats().await.unwrap();
    assert_eq!(stats.missed, 6);
}

#[tokio::test]
async fn an_error_says_which_half_was_not_done() {
    let (mut server, cache) = server().await;
    let before = cache.scope(entity(7)).await;
    server
        .run(&["SET", "cache:k:event-all:{entity.updated}", "foreign"])
        .await
        .unwrap();
    let error = cache
        .publish(EntityUpdated { entity_id: 7 })
        .await
        .unwrap_err();
    assert!(matches!(error, PublishError::NotTold { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("all that it invalidates is invalid"),
        "{error}"
    );
    let after = cache.scope(entity(7)).await;
    assert_ne!(before, after, "it was invalidated");
    server.kill9().unwrap();
    let error = cache
        .publish(EntityUpdated { entity_id: 7 })
        .await
        .unwrap_err();
    assert!(
        matches!(error, PublishError::NotInvalidated { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("publish it again"), "{error}");
}

#[tokio::test]
async fn on_a_cache_without_redis_handlers_are_in_the_process() {
    let cache = Cache::memory();
    let told = Told::default();
    updated(&cache, 1).await;
    let consumer = cache.on("search").run(told.handler()).await.unwrap();
    let before = cache.scope(entity(7)).await;
    for id in [7, 8, 9] {
        updated(&cache, id).await;
    }
    assert_ne!(cache.scope(entity(7)).await, before);
    assert_eq!(told.until(3).await, [7, 8, 9]);
    consumer.stop().await;
}
