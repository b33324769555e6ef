//! Heavy keys, hours and advice, from what processes have published.

use std::fs;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use serde_json::Value;

use crate::{LIMIT, run, server};

#[cached(ns = "user", ttl = "1h", key = "user:{name}")]
async fn user(name: &str) -> usize {
    name.len()
}

#[cached(ns = "packed", ttl = "1h", compress)]
async fn packed(id: u32) -> Vec<u64> {
    // No two bytes that are near each other are alike, more often than by chance.
    let mut last = u64::from(id) + 1;
    let next = std::iter::repeat_with(|| {
        last ^= last << 13;
        last ^= last >> 7;
        last ^= last << 17;
        last
    });
    next.take(400).collect()
}

async fn publishing(url: &str) -> Cache {
    let builder = Cache::builder().url(url);
    let cache = builder
        .fleet_interval(Duration::from_millis(100))
        .build()
        .unwrap();
    cache.connect().await.unwrap();
    cache
}

/// Asks until it is so.
async fn until(url: &str, arguments: &[&str], is_so: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let told = run(url, arguments).json();
        if is_so(&told) {
            return told;
        }
        assert!(start.elapsed() < LIMIT, "{told:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_heaviest_keys_are_those_of_all_processes() {
    const HOSTILE: &str = "<b>\u{1b}[2J\u{202e}x";
    let server = server().await;
    let url = server.url();
    let none = run(&url, &["keys"]);
    assert_eq!(
        (none.exit, none.out.contains("no process")),
        (1, true),
        "{none:?}"
    );

    let caches = [publishing(&url).await, publishing(&url).await];
    for cache in &caches {
        cache
            .scope(async {
                for name in ["ada", "ada", "bob", HOSTILE] {
                    user(name).await;
                    user_entry(name).invalidate().await.unwrap();
                }
            })
            .await;
    }
    let loads = |told: &Value| told["functions"][0]["heaviest"]["total"] == 8;
    let told = until(&url, &["--json", "keys", "--by", "loads"], loads).await;
    let of = &told["functions"][0];
    assert_eq!(
        (&of["pattern"], &of["namespace"]),
        (&"user:{name}".into(), &"user".into())
    );
    let first = &of["heaviest"]["keys"][0];
    assert_eq!(
        (&first["name"], &first["weight"], &first["error"]),
        (&"user:ada".into(), &4.into(), &0.into())
    );
    let invalidations = run(
        &url,
        &["--json", "keys", "--by", "invalidations", "--limit", "1"],
    )
    .json();
    let heaviest = &invalidations["functions"][0]["heaviest"];
    assert_eq!(
        (
            heaviest["keys"].as_array().unwrap().len(),
            &heaviest["keys"][0]["weight"]
        ),
        (1, &4.into())
    );
    assert_eq!(heaviest["others_at_most"], 2);

    let table = run(&url, &["keys", "--function", "user"]);
    assert_eq!(table.exit, 0, "{table:?}");
    assert!(
        table.out.contains("user:ada") && table.out.contains("never read"),
        "{table:?}"
    );
    assert!(
        !table.out.contains('\u{1b}') && !table.out.contains('\u{202e}'),
        "{table:?}"
    );
    assert_eq!(run(&url, &["keys", "--function", "ser"]).exit, 1);
    assert_eq!(run(&url, &["keys", "--namespace", "other"]).exit, 1);

    let hours = run(&url, &["--json", "hours"]).json();
    let hours = hours["functions"][0]["hours"].as_array().unwrap().clone();
    let misses: u64 = hours
        .iter()
        .map(|hour| hour["misses"].as_u64().unwrap())
        .sum();
    assert_eq!(misses, 8, "{hours:?}");
    let table = run(&url, &["hours"]);
    assert!(
        table.exit == 0 && table.out.contains("user:{name}"),
        "{table:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_is_shown_and_written_where_it_is_asked_for() {
    let server = server().await;
    let url = server.url();
    assert_eq!(run(&url, &["advice"]).exit, 1);
    let cache = publishing(&url).await;
    cache.scope(packed(0)).await;
    let nothing = until(&url, &["--json", "advice"], |told| told["processes"] == 1).await;
    assert_eq!(nothing["items"], Value::Array(Vec::new()));
    assert_eq!(
        run(&url, &["advice"]).exit,
        1,
        "nothing is advised of so little"
    );

    cache
        .scope(async {
            for id in 1..60 {
                packed(id).await;
            }
        })
        .await;
    let any = |told: &Value| {
        told["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty())
    };
    let told = until(&url, &["--json", "advice"], any).await;
    let item = &told["items"][0];
    let id = item["id"].as_str().unwrap();
    assert!(
        id.starts_with("compress_off:") && id.ends_with("::packed"),
        "{told:#}"
    );
    assert!(item["confidence"].as_f64() > Some(0.8), "{told:#}");
    let table = run(&url, &["advice"]);
    assert!(table.exit == 0 && table.out.contains(id), "{table:?}");
    assert_eq!(run(&url, &["advice", "--least", "1"]).exit, 1);
    assert_eq!(run(&url, &["advice", "--least", "2"]).exit, 2);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache.toml");
    let path = file.to_str().unwrap();
    let missing = run(&url, &["advice", "--apply", path, "--item", id]);
    assert!(
        missing.exit == 2 && missing.err.contains("CACHE_CONFIG"),
        "{missing:?}"
    );
    fs::write(&file, "# ours\n").unwrap();
    let other = run(&url, &["advice", "--apply", path, "--item", "ttl_longer:x"]);
    assert!(
        other.exit == 2 && other.err.contains("is not advised"),
        "{other:?}"
    );
    let written = run(&url, &["advice", "--apply", path, "--item", id]);
    assert!(
        written.exit == 0 && written.out.contains("written"),
        "{written:?}"
    );
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("# ours\n") && text.contains("compress = \"none\""),
        "{text}"
    );
}
