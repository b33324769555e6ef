//! A real Prometheus that scrapes a program, and the alerts of `docs/alerts`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache_metrics::Exporter;
use cache_metrics::alerts::{Alarm, Alerts, Change, Rule, Wrong, rules};
use cache_runtime::{Cache, cached};
use cache_tests::Server;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::prometheus::{Prometheus, program};

const ALERTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/alerts");

#[cached(ns = "scraped", ttl = "1h")]
async fn square(id: u64) -> u64 {
    id * id
}

/// The rules, of which each fires within a second.
fn hasty(folder: &Path) -> PathBuf {
    let rules = fs::read_to_string(Path::new(ALERTS).join("cache.rules.yml")).unwrap();
    let hasty = rules
        .lines()
        .map(|line| match line.trim_start().starts_with("for: ") {
            true => "        for: 1s\n".to_owned(),
            false => format!("{line}\n"),
        });
    let file = folder.join("cache.rules.yml");
    fs::write(&file, hasty.collect::<String>()).unwrap();
    file
}

#[test]
fn each_alert_fires_when_it_should_and_not_otherwise() {
    let tested = Command::new(program("promtool"))
        .args(["test", "rules", "cache.test.yml"])
        .current_dir(ALERTS)
        .output()
        .expect("promtool, which `cargo xtask test` brings");
    assert!(tested.status.success(), "{tested:?}");
    let tests = fs::read_to_string(Path::new(ALERTS).join("cache.test.yml")).unwrap();
    let runbook = fs::read_to_string(Path::new(ALERTS).join("README.md")).unwrap();
    let rules = fs::read_to_string(Path::new(ALERTS).join("cache.rules.yml")).unwrap();
    let alerts = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    for alert in alerts {
        assert!(
            tests.contains(&format!("alertname: {alert}\n")),
            "no test of {alert}"
        );
    }
    let chapters = rules
        .lines()
        .filter_map(|line| line.split_once("README.md#"));
    for (_, chapter) in chapters {
        let title = |line: &str| line.strip_prefix("## ").map(str::to_lowercase);
        let found = runbook
            .lines()
            .filter_map(title)
            .any(|title| title == chapter.trim_matches('"'));
        assert!(found, "no chapter {chapter}");
    }
}

/// The names that rules and dashboards ask for are names that are exported.
#[test]
fn rules_ask_for_metrics_that_there_are() {
    let rules = fs::read_to_string(Path::new(ALERTS).join("cache.rules.yml")).unwrap();
    let known: Vec<_> = cache_metrics::metrics()
        .map(|metric| metric.full_name("cache"))
        .collect();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = rules
        .split(|c| !is_name(c))
        .filter(|word| word.starts_with("cache_"));
    let mut count = 0;
    for word in words {
        let name = word.strip_suffix("_bucket").unwrap_or(word);
        assert!(known.iter().any(|known| known == name), "{word}");
        count += 1;
    }
    assert!(count > 10);
}

/// A rule as the file for Prometheus has it.
#[derive(Debug, PartialEq)]
struct Written {
    alert: String,
    limits: Vec<(Wrong, f64)>,
    hold: Duration,
    severity: String,
    runbook: String,
}

impl Written {
    fn of(rule: &Rule) -> Self {
        let limits = rule.limits.iter().map(|limit| (limit.wrong, limit.at));
        Self {
            alert: rule.alarm.name().to_owned(),
            limits: limits.collect(),
            hold: rule.hold,
            severity: rule.severity.as_str().to_owned(),
            runbook: rule.runbook.to_owned(),
        }
    }

    fn read(text: &str) -> Self {
        let field = |name: &str| {
            let found = text.lines().find_map(|line| line.trim().strip_prefix(name));
            found
                .unwrap_or_else(|| panic!("no {name} in {text}"))
                .trim()
        };
        let (_, expr) = text.split_once("expr: ").unwrap();
        let (expr, _) = expr.split_once("        for: ").unwrap();
        let hold = field("for: ");
        let (number, unit) = hold.split_at(hold.len() - 1);
        let seconds = if unit == "m" { 60 } else { 1 };
        let severity = field("labels: { severity: ");
        Self {
            alert: text.lines().next().unwrap().trim().to_owned(),
            limits: limits(expr),
            hold: Duration::from_secs(number.parse::<u64>().unwrap() * seconds),
            severity: severity.trim_end_matches(" }").to_owned(),
            runbook: field("runbook: ").trim_matches('"').to_owned(),
        }
    }
}

/// What an expression compares with, in its order.
fn limits(expr: &str) -> Vec<(Wrong, f64)> {
    // A server without a limit is left out.
    let expr = expr.replace("(redis_memory_max_bytes > 0)", "redis_memory_max_bytes");
    let words: Vec<&str> = expr.split_whitespace().collect();
    let compared = words.windows(2).filter_map(|pair| {
        let wrong = match pair[0] {
            "<" => Wrong::Below,
            ">" => Wrong::Above,
            "==" => Wrong::Equal,
            _ => return None,
        };
        Some((wrong, pair[1].parse().unwrap()))
    });
    compared.collect()
}

#[test]
fn the_rules_for_prometheus_are_those_of_the_program() {
    let file = fs::read_to_string(Path::new(ALERTS).join("cache.rules.yml")).unwrap();
    let mut written: Vec<_> = file.split("- alert: ").skip(1).map(Written::read).collect();
    let mut own: Vec<_> = rules().iter().map(Written::of).collect();
    written.sort_by(|one, other| one.alert.cmp(&other.alert));
    own.sort_by(|one, other| one.alert.cmp(&other.alert));
    assert_eq!(written.len(), own.len());
    for (written, own) in written.iter().zip(&own) {
        assert_eq!(written, own);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_of_the_program_comes_and_goes_with_redis() {
    const SHORT: Duration = Duration::from_millis(100);
    let mut redis = Server::start().await.unwrap();
    let cache = Cache::builder().url(redis.url()).build().unwrap();
    cache.connect().await.unwrap();
    let told = Arc::<Mutex<Vec<(Alarm, Change, String)>>>::default();
    let telling = Arc::clone(&told);
    let watched = Alerts::of(&Exporter::new(&cache))
        .hold(Alarm::BreakerOpen, SHORT)
        .every(Duration::from_millis(20))
        .resolves_after(SHORT)
        .on_change(move |alert| {
            let change = (alert.alarm, alert.change, alert.about.clone());
            telling.lock().unwrap().push(change);
        })
        .watch()
        .unwrap();
    let until = async |count: usize| {
        let limit = std::time::Instant::now() + Duration::from_secs(20);
        while told.lock().unwrap().len() < count {
            assert!(std::time::Instant::now() < limit, "{told:?}");
            cache.scope(square(100)).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert_eq!(watched.firing(), []);
    redis.kill9().unwrap();
    until(1).await;
    let firing = watched.firing();
    assert_eq!(firing.len(), 1, "{firing:?}");
    let node = firing[0].about.clone();
    assert!(node.contains(&redis.port().to_string()), "{firing:?}");
    assert!(firing[0].runbook.ends_with("#cachebreakeropen"));
    redis.restart().await.unwrap();
    until(2).await;
    assert_eq!(watched.firing(), []);
    let expected = [Change::Fires, Change::IsOver];
    let expected = expected.map(|change| (Alarm::BreakerOpen, change, node.clone()));
    assert_eq!(*told.lock().unwrap(), expected);

    // Dropped, it tells of nothing.
    drop(watched);
    redis.kill9().unwrap();
    tokio::time::sleep(SHORT * 4).await;
    assert_eq!(told.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_reads_what_was_counted_and_an_alert_comes_and_goes_with_redis() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = Server::start().await.unwrap();
    let cache = Cache::builder().url(redis.url()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let exporter = Exporter::new(&cache);
    let served = exporter.clone();
    let serving = tokio::spawn(async move { served.serve(listener).await });
    let prometheus = Prometheus::start(&target, &hasty(folder.path())).await;
    cache
        .scope(async {
            for id in 0..10 {
                square(id).await;
                square(id).await;
            }
        })
        .await;
    let hits = "sum(cache_hits_total{namespace=\"scraped\"})";
    prometheus
        .until("ten hits", async || {
            let rows = prometheus.query(hits).await;
            rows.iter().any(|(_, value)| *value == 10.0).then_some(())
        })
        .await;
    let calls = prometheus.query("sum(cache_calls_total)").await;
    assert_eq!(calls[0].1, 20.0, "{calls:?}");
    assert_eq!(prometheus.alerts("CacheBreakerOpen").await, [""; 0]);
    each_picture_is_drawn(&prometheus, &exporter).await;

    redis.kill9().unwrap();
    prometheus
        .until("the alert to fire", async || {
            // Calls run their bodies meanwhile.
            cache.scope(square(100)).await;
            let alerts = prometheus.alerts("CacheBreakerOpen").await;
            (alerts == ["firing"]).then_some(())
        })
        .await;
    redis.restart().await.unwrap();
    prometheus
        .until("the alert to be over", async || {
            prometheus
                .alerts("CacheBreakerOpen")
                .await
                .is_empty()
                .then_some(())
        })
        .await;
    let up = prometheus.query("cache_node_up").await;
    assert_eq!(up[0].1, 1.0, "{up:?}");
    serving.abort();
    cache.close_within(Duration::from_secs(1)).await.unwrap();
}

/// Asks for what each picture of the dashboard asks for: there is something to draw of each metric that has a sample.
async fn each_picture_is_drawn(prometheus: &Prometheus, exporter: &Exporter) {
    let dashboard = Path::new(ALERTS).join("../grafana/cache.json");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(dashboard).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let families = exporter.families();
    assert_eq!(panels.len(), families.len());
    let variables = [
        ("$instance", ".*"),
        ("$namespace", ".*"),
        ("$__rate_interval", "1m"),
    ];
    for (panel, family) in panels.iter().zip(families) {
        let expression = panel["targets"][0]["expr"].as_str().unwrap();
        let expression = variables
            .iter()
            .fold(expression.to_owned(), |text, (name, value)| {
                text.replace(name, value)
            });
        // One that is not understood panics.
        let ask = async || !prometheus.query(&expression).await.is_empty();
        let what = format!("a picture of {expression}");
        prometheus
            .until(&what, async || {
                (ask().await || family.samples.is_empty()).then_some(())
            })
            .await;
    }
}
