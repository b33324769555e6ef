//! The text of a scrape.

use std::collections::BTreeSet;
use std::time::Duration;

use cache_metrics::{Exporter, Text, metrics};
use cache_runtime::{Cache, Policy, cached};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use super::sample;
use crate::http;

#[cached(ns = "text", ttl = "1h")]
async fn half(id: u32) -> Result<u32, String> {
    match id.checked_rem(2) {
        Some(0) => Ok(id / 2),
        _ => Err(format!("{id} is odd")),
    }
}

/// A cache after three hits, one load and one error.
async fn used() -> Cache {
    let cache = Cache::memory();
    cache
        .scope(async {
            for _ in 0..4 {
                assert_eq!(half(2).await, Ok(1));
            }
            assert!(half(1).await.is_err());
        })
        .await;
    cache
}

const PATH: &str = "top::metrics::text::half";

#[tokio::test]
async fn a_scrape_says_what_calls_came_to_in_both_forms() {
    let exporter = Exporter::new(&used().await);
    for text in [Text::OpenMetrics, Text::Classic] {
        let written = exporter.render(text);
        for line in [
            format!("cache_hits_total{{namespace=\"text\",function=\"{PATH}\",tier=\"memory\"}} 3"),
            format!(
                "cache_calls_total{{namespace=\"text\",function=\"{PATH}\",outcome=\"failed\"}} 1"
            ),
            format!("cache_loads_total{{namespace=\"text\",function=\"{PATH}\",end=\"error\"}} 1"),
            "cache_latency_seconds_count{namespace=\"text\",outcome=\"load\"} 2".to_owned(),
            match text {
                Text::OpenMetrics => {
                    r#"cache_latency_seconds_bucket{le="+Inf",namespace="text",outcome="load"} 2"#
                }
                Text::Classic => {
                    r#"cache_latency_seconds_bucket{namespace="text",outcome="load",le="+Inf"} 2"#
                }
            }
            .to_owned(),
            "cache_hit_rate{namespace=\"\"} 0.6".to_owned(),
            "cache_entries{tier=\"memory\"} 1".to_owned(),
        ] {
            let found = written.lines().any(|written| written == line);
            assert!(found, "{text:?} lacks {line}:\n{written}");
        }
    }
    assert!(exporter.render(Text::OpenMetrics).ends_with("# EOF\n"));
}

#[tokio::test]
async fn no_series_is_told_twice_and_no_name_runs_into_another() {
    let written = Exporter::new(&used().await).render(Text::OpenMetrics);
    let mut series = BTreeSet::new();
    for line in written.lines().filter(|line| !line.starts_with('#')) {
        let (name, _) = line.rsplit_once(' ').unwrap();
        assert!(series.insert(name), "{name} twice");
    }
    assert!(series.len() > 20, "{written}");
    let names: Vec<_> = metrics().map(|metric| metric.full_name("cache")).collect();
    let apart: BTreeSet<_> = names.iter().collect();
    assert_eq!(apart.len(), names.len());
    // Suffixes that a counter and a histogram are given are nobody's name.
    for name in names {
        for suffix in [
            "_total_total",
            "_seconds_seconds",
            "_bytes_bytes",
            "_bucket",
            "_count",
            "_sum",
        ] {
            assert!(!name.ends_with(suffix), "{name}");
        }
    }
}

#[tokio::test]
async fn no_label_is_text_from_outside() {
    let cache = used().await;
    let policy = Policy::new(Duration::from_secs(60));
    for n in 0..3_000 {
        // Half of them are names that the cache accepts.
        let namespace = match n % 2 {
            0 => format!("tenant-{n}"),
            _ => format!("tenant-{n}\"}} 1"),
        };
        let load = async { Ok::<_, String>(n) };
        let loaded = cache.get_or_load(&namespace, &1, &policy, load).await;
        assert_eq!(loaded, Ok(n));
    }
    let exporter = Exporter::new(&cache);
    let written = exporter.render(Text::OpenMetrics);
    assert!(!written.contains("tenant-"), "{written}");
    assert!(written.len() < 100_000, "{} bytes", written.len());
    let loads = sample(&exporter, "loads", &["(at run time)", "", "value"]);
    let refused = sample(&exporter, "calls", &["(at run time)", "", "uncached"]);
    assert_eq!(
        loads.unwrap_or_default() + refused.unwrap_or_default(),
        3_000.0
    );
}

#[tokio::test]
async fn two_caches_have_prefixes_and_a_bad_one_is_told_of() {
    let (users, prices) = (used().await, Cache::memory());
    let users = Exporter::with_prefix(&users, "users_cache").unwrap();
    let prices = Exporter::with_prefix(&prices, "prices_cache").unwrap();
    let mut registry = Registry::with_prefix("shop");
    users.register(&mut registry);
    prices.register(&mut registry);
    let mut written = String::new();
    prometheus_client::encoding::text::encode(&mut written, &registry).unwrap();
    assert!(
        written.contains("\nshop_users_cache_entries{tier=\"memory\"} 1\n"),
        "{written}"
    );
    assert!(
        written.contains("\nshop_prices_cache_entries{tier=\"memory\"} 0\n"),
        "{written}"
    );
    for bad in ["", "1", "a-b", "a b", "a\n", "ä", "cache_"] {
        let error = Exporter::with_prefix(&Cache::memory(), bad).unwrap_err();
        assert!(
            error.to_string().contains("such as \"shop_cache\""),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_scrape_gets_the_form_that_it_asks_for_and_nothing_else_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let exporter = Exporter::new(&used().await);
    let serving = tokio::spawn(async move { exporter.serve(listener).await });
    let plain = http::get(&address, "/metrics", "").await.unwrap();
    assert!(plain.head.contains("200 OK"), "{}", plain.head);
    assert!(
        plain.head.contains("text/plain; version=0.0.4"),
        "{}",
        plain.head
    );
    assert!(!plain.body.contains("# EOF"));
    let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n";
    let open = http::get(&address, "/metrics", accept).await.unwrap();
    assert!(
        open.head.contains("application/openmetrics-text"),
        "{}",
        open.head
    );
    assert!(open.body.ends_with("# EOF\n"));
    let other = http::get(&address, "/", "").await.unwrap();
    assert!(other.head.contains("404"), "{}", other.head);
    serving.abort();
}
