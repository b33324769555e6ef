//! Figures of the whole fleet, and of this process among it.

use std::time::Duration;

use cache_console::Console;
use cache_runtime::admin::Admin;
use cache_runtime::{Cache, CacheError};
use cache_tests::Server;
use serde_json::{Value, json};

use super::another::Another;
use super::{Site, built, call, until};

async fn told(site: &Site, view: &str) -> Value {
    let answer = site.get(&format!("api/{view}"), "").await;
    assert!(answer.head.contains(" 200 "), "{view}: {}", answer.head);
    serde_json::from_str(&answer.body).unwrap()
}

/// The row of the other process's function.
fn of_another(functions: &Value) -> Option<&Value> {
    let mut rows = functions["functions"].as_array().unwrap().iter();
    rows.find(|row| row["namespace"] == "another" && row["calls"] != 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_of_the_fleet_unless_those_of_the_process_are_asked_for()
-> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    let another = Another::start(&server.url());
    for _ in 0..10 {
        another.call();
    }
    call(&cache, 7, 5).await;
    let site = Site::serve(&Console::new(&cache)).await;
    let functions = until("the other's figures", async || {
        let functions = told(&site, "functions").await;
        let is_there = of_another(&functions).is_some_and(|row| row["calls"] == 10);
        is_there.then_some(functions)
    })
    .await;
    assert_eq!(functions["scope"]["of"], "fleet");
    assert_eq!(functions["scope"]["processes"], 2);
    let overview = told(&site, "overview").await;
    assert_eq!(
        (&overview["calls"], &overview["loads"]),
        (&json!(15), &json!(2))
    );
    assert_eq!(overview["loads_under_way"], Value::Null);
    let one = told(&site, "function?namespace=page&function=top::console::page").await;
    assert_eq!(
        (&one["calls"], &one["scope"]["of"]),
        (&json!(5), &json!("fleet"))
    );
    // Asked for, it is this process, and links lead on to it.
    let own = told(&site, "overview?of=process").await;
    assert_eq!(
        (&own["calls"], &own["scope"]["of"]),
        (&json!(5), &json!("process"))
    );
    assert!(of_another(&told(&site, "functions?of=process").await).is_none());
    let page = site.get("functions?of=process", "").await.body;
    assert!(page.contains("href=\"namespaces?of=process\""), "{page}");
    assert!(
        page.contains("function=top%3A%3Aconsole%3A%3Apage&#38;of=process\""),
        "{page}"
    );
    // A process that goes away takes its counts along, and makes no rate negative.
    let rate = async |site: &Site| told(site, "overview").await["lately"]["calls"].as_f64();
    until("a rate", async || {
        rate(&site).await.filter(|rate| *rate >= 0.0)
    })
    .await;
    drop(another);
    until("one process", async || {
        let overview = told(&site, "overview").await;
        assert!(
            overview["lately"]["calls"].as_f64() >= Some(0.0),
            "{overview}"
        );
        (overview["scope"]["processes"] == 1 && overview["calls"] == 5).then_some(())
    })
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_from_outside_is_no_process_of_the_fleet() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    call(&cache, 7, 5).await;
    let admin = Admin::new(Cache::builder().url(server.url()))?;
    let site = Site::serve(&Console::of_fleet(&admin)).await;
    let overview = until("the process", async || {
        let overview = told(&site, "overview").await;
        (overview["calls"] == 5).then_some(overview)
    })
    .await;
    let alone = json!({ "of": "fleet", "has_choice": false, "is_away": false, "processes": 1 });
    assert_eq!(overview["scope"], alone);
    let processes = told(&site, "processes").await;
    assert_eq!(processes["processes"].as_array().unwrap().len(), 1);
    assert_eq!(processes["processes"][0]["is_this"], false);
    // Nothing else can be asked for.
    assert_eq!(told(&site, "overview?of=process").await["scope"], alone);
    let memory = site.get("memory", "").await.body;
    assert!(memory.contains("known to that process alone"), "{memory}");
    cache.close().await?;
    until("nobody", async || {
        let page = site.get("overview", "").await.body;
        page.contains("no process has published its figures")
            .then_some(())
    })
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_it_is_this_process_and_that_is_said() -> Result<(), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    call(&cache, 7, 5).await;
    let admin = Admin::new(
        Cache::builder()
            .url(server.url())
            .lag(Duration::from_secs(1)),
    )?;
    let site = Site::serve(&Console::new(&cache)).await;
    let outside = Site::serve(&Console::of_fleet(&admin)).await;
    drop(server);
    let own = until("Redis to be away", async || {
        let own = told(&site, "overview").await;
        (own["scope"]["is_away"] == true).then_some(own)
    })
    .await;
    assert_eq!(
        (&own["calls"], &own["scope"]["of"]),
        (&json!(5), &json!("process"))
    );
    let page = site.get("functions", "").await.body;
    assert!(
        page.contains("These figures are of this process alone"),
        "{page}"
    );
    until("Redis to be away from outside", async || {
        let page = outside.get("functions", "").await.body;
        assert!(!page.contains("of this process alone"), "{page}");
        page.contains("Redis away: what the processes")
            .then_some(())
    })
    .await;
    Ok(())
}
