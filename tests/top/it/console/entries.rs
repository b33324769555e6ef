//! The page of one key.

use cache_console::Console;
use cache_runtime::{Cache, CacheError, cached};
use cache_tests::Server;
use serde_json::Value;

use super::{Site, built, until};
use crate::http::post;

#[cached(ns = "person", key = "person:{id}", ttl = "1h", tags = ["team:{id}"])]
async fn person(id: u64) -> String {
    format!("secret of {id}")
}

async fn told(site: &Site, query: &str) -> Value {
    let answer = site.get(&format!("api/key?{query}"), "").await;
    assert!(answer.head.contains(" 200 "), "{query}: {}", answer.head);
    serde_json::from_str(&answer.body).unwrap()
}

/// A server, and a cache that has a person there.
async fn stored() -> Result<(Server, Cache), CacheError> {
    let server = Server::start().await.unwrap();
    let cache = built(&server.url());
    cache.connect().await?;
    cache.scope(person(7)).await;
    Ok((server, cache))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_found_and_explained_by_the_code_of_a_read() -> Result<(), CacheError> {
    let (server, cache) = stored().await?;
    let site = Site::serve(&Console::new(&cache)).await;
    let found = told(&site, "name=person:7").await["found"].take();
    let entry = &found["entries"][0];
    assert_eq!(entry["explanation"]["verdict"]["is"], "fresh", "{found}");
    assert!(
        entry["reason"]
            .as_str()
            .unwrap()
            .starts_with("it is fresh for another")
    );
    assert_eq!(entry["value"], Value::Null);
    let name = entry["name"].as_str().unwrap();
    assert!(name.starts_with("cache:e:person:{person:7-"), "{name}");
    // By its name it is looked at, and nothing is searched for.
    cache.tag("team:7").invalidate().await?;
    let found = told(&site, &format!("name={name}")).await["found"].take();
    let verdict = &found["entries"][0]["explanation"]["verdict"];
    assert_eq!(
        (&verdict["is"], &verdict["tag"]),
        (&"tag_invalidated".into(), &"team:7".into())
    );
    let page = site.get(&format!("key?name={name}"), "").await.body;
    assert!(
        page.contains("the tag team:7 was invalidated after it was loaded"),
        "{page}"
    );
    assert!(page.contains("gone: what carries it is invalid"), "{page}");
    assert!(
        !page.contains("secret of 7") && !page.contains("Show its value"),
        "{page}"
    );
    // Of another namespace there is none, and of no key.
    for query in ["name=person:7&namespace=other", "name=person:8"] {
        let none = told(&site, query).await["found"].take();
        assert_eq!(none["entries"].as_array().unwrap().len(), 0, "{none}");
    }
    assert_eq!(told(&site, "").await["found"]["is"], "nothing");
    drop(server);
    let page = until("Redis to be away", async || {
        let page = site.get(&format!("key?name={name}"), "").await.body;
        page.contains("its node can&#39;t be reached")
            .then_some(page)
    })
    .await;
    assert!(page.contains("Redis away"), "{page}");
    let searched = site.get("key?name=person:7", "").await.body;
    assert!(
        searched.contains("Redis away, or it refused to tell"),
        "{searched}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_shown_where_that_was_allowed_and_asked_for() -> Result<(), CacheError> {
    let (_server, cache) = stored().await?;
    let hidden = Site::serve(&Console::new(&cache)).await;
    let shown = Site::serve(&Console::new(&cache).show_values()).await;
    for (site, query, is_shown) in [
        (&hidden, "key?name=person:7&value=true", false),
        (&shown, "key?name=person:7", false),
        (&shown, "key?name=person:7&value=true", true),
        (&hidden, "api/key?name=person:7&value=true", false),
    ] {
        let page = site.get(query, "").await.body;
        // As bincode it is known by its bytes alone.
        let digits: String = b"secret of 7"
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let is_there = page.contains("secret of 7") || page.contains(&digits);
        assert_eq!(is_there, is_shown, "{query}: {page}");
    }
    let page = shown.get("key?name=person:7", "").await.body;
    assert!(page.contains("Show its value"), "{page}");
    Ok(())
}

#[tokio::test]
async fn without_redis_it_is_said_what_can_be_told() {
    let site = Site::serve(&Console::new(&Cache::memory())).await;
    assert_eq!(
        told(&site, "name=person:7").await["found"]["is"],
        "no_redis"
    );
    let page = site.get("key?name=person:7", "").await.body;
    assert!(
        page.contains("memory alone") && !page.contains("<form"),
        "{page}"
    );
    let events = site.get("events", "").await.body;
    assert!(events.contains("no server tells of changes"), "{events}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_is_invalidated_by_hand_and_the_log_of_the_fleet_says_who_did_it()
-> Result<(), CacheError> {
    let (_server, cache) = stored().await?;
    let console = Console::new(&cache).allow_actions(|_| Some("ada".to_owned()));
    // Another process behind the same balancer takes the form, as they have a secret in common.
    let site = Site::serve(&console.clone().secret([7; 32])).await;
    let balanced = Console::new(&cache).allow_actions(|_| Some("ada".to_owned()));
    let balanced = Site::serve(&balanced.secret([7; 32])).await;
    let other = Site::serve(&console.secret([8; 32])).await;
    let found = told(&site, "name=person:7").await["found"].take();
    let name = found["entries"][0]["name"].as_str().unwrap().to_owned();
    let ask = format!("act?how=invalidate&kind=entry&name={name}");
    let asked = site.get(&ask, "").await;
    assert!(asked.body.contains("One load"), "{}", asked.body);
    let cookie = asked
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap().split(';').next().unwrap();
    let (_, token) = asked.body.split_once("name=\"token\" value=\"").unwrap();
    let token = token.split('"').next().unwrap();
    let send = async |site: &Site, name: &str| {
        let headers = format!("Cookie: {cookie}\r\nOrigin: http://{}\r\n", site.address);
        let form = format!("how=invalidate&kind=entry&name={name}&token={token}");
        let path = format!("{}/act", super::UNDER);
        post(&site.address, &path, &headers, &form).await.unwrap()
    };
    let refused = send(&other, &name).await;
    assert!(refused.head.contains(" 403 "), "{}", refused.head);
    let wrong = send(&balanced, "no-entry").await;
    assert!(
        wrong.head.contains(" 400 "),
        "{} {}",
        wrong.head,
        wrong.body
    );
    let is_stored = async || {
        let found = told(&site, &format!("name={name}")).await["found"].take();
        found["entries"][0]["explanation"]["verdict"]["is"] == "fresh"
    };
    assert!(is_stored().await);
    let done = send(&balanced, &name).await;
    assert!(
        done.head.contains(" 200 ") && done.body.contains("<h1>Done</h1>"),
        "{}",
        done.body
    );
    assert!(!is_stored().await);
    // The page of the entry tells who did it, as `cachectl log` does.
    let page = site.get(&format!("key?name={name}"), "").await.body;
    assert!(page.contains("ada (page) did it: invalidate key"), "{page}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_key_is_text_and_a_long_one_is_cut() -> Result<(), CacheError> {
    let (server, cache) = stored().await?;
    let hostile = "cache:e:x:{<script>alert(1)</script>\u{202e}}";
    server.run(&["SET", hostile, "nonsense"]).await.unwrap();
    let long = format!("cache:e:x:{{long:{}-0123abcd}}", "<b>".repeat(350_000));
    server.run(&["SET", &long, "nonsense"]).await.unwrap();
    let console = Console::new(&cache).allow_actions(|_| Some("ada".to_owned()));
    let site = Site::serve(&console).await;
    let encoded = "cache:e:x:%7B%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE%7D";
    let page = site.get(&format!("key?name={encoded}"), "").await.body;
    assert!(page.contains("can&#39;t be read as this entry"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("\\u{202e}"), "{page}");
    // The form and the links carry it as it is, where no text is written in that direction.
    let shown = page.replace(
        "value=\"cache:e:x:{&#60;script&#62;alert(1)&#60;/script&#62;\u{202e}}\"",
        "",
    );
    assert!(!shown.contains('\u{202e}'), "{page}");
    // Found by a pattern that a key can't be: what stands there has no readable key of this text.
    let page = site.get("key?name=long:*", "").await.body;
    assert!(page.contains("Nothing is stored"), "{page}");
    assert!(page.len() < 20_000, "{} bytes", page.len());
    Ok(())
}

#[cached(ns = "odd", key = "odd:{name}", ttl = "1h")]
async fn odd(name: &str) -> usize {
    name.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_heaviest_keys_of_a_function_are_text_and_lead_to_their_pages() -> Result<(), CacheError>
{
    let (_server, cache) = stored().await?;
    let name = "<img src=x>\u{202e}&";
    cache.scope(odd(name)).await;
    for id in 0..5 {
        cache.scope(odd(&id.to_string())).await;
    }
    let site = Site::serve(&Console::new(&cache)).await;
    let view = "function?of=process&namespace=odd&function=top::console::entries::odd";
    let told: Value =
        serde_json::from_str(&site.get(&format!("api/{view}"), "").await.body).unwrap();
    let lists = told["insight"]["heavy"].as_array().unwrap();
    let by_loads = lists.iter().find(|list| list["by"] == "loads").unwrap();
    let mut keys = by_loads["keys"].as_array().unwrap().iter();
    // As it stands in Redis, where an argument's own signs are escaped.
    let key = keys.find(|key| key["key"] == "odd:%3Cimg%20src%3Dx%3E%202E%26");
    let key = key.unwrap_or_else(|| panic!("{by_loads}"));
    assert_eq!(key["at_least"], "1");
    assert_eq!(
        told["insight"]["hours"]["points"].as_array().unwrap().len(),
        24
    );
    let page = site.get(view, "").await.body;
    assert!(
        !page.contains("<img src=x>") && !page.contains('\u{202e}'),
        "{page}"
    );
    let link = "key?name=odd%3A%253Cimg%2520src%253Dx%253E%25202E%2526";
    assert!(page.contains(link), "{page}");
    let explained = site.get(link, "").await.body;
    assert!(explained.contains("it is fresh for another"), "{explained}");
    Ok(())
}
