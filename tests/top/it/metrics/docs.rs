//! What is made of the list of metrics: the table in the guide, and the dashboard. With `BLESS=1` they are written anew.

use std::fs;
use std::path::Path;

use cache_metrics::{Kind, Metric, Unit, metrics};
use serde_json::{Value, json};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

const BEGIN: &str = "<!-- the table is made of the list of metrics -->\n";
const END: &str = "<!-- the end of it -->\n";

/// What a file is to be, and what it is.
fn same(file: &str, expected: &str) {
    let path = Path::new(DOCS).join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{file} is not of the list of metrics: run this test with BLESS=1"
    );
}

#[test]
fn the_guides_table_has_all_metrics() {
    let page = "guide/src/watching.md";
    let text = fs::read_to_string(Path::new(DOCS).join(page)).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let mut table = "\n| metric | what | labels | it is |\n|---|---|---|---|\n".to_owned();
    for metric in metrics() {
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let row = format!(
            "| `{}` | {} | {} | {} |\n",
            metric.full_name("cache"),
            kind(metric),
            labels.join(", "),
            metric.help
        );
        table.push_str(&row);
    }
    same(page, &format!("{before}{BEGIN}{table}\n{END}{after}"));
}

fn kind(metric: &Metric) -> &'static str {
    match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_dashboard_has_all_metrics() {
    let panels: Vec<_> = metrics().enumerate().map(panel).collect();
    let dashboard = json!({
        "title": "Cache",
        "uid": "cache",
        "tags": ["cache"],
        "schemaVersion": 39,
        "editable": true,
        "refresh": "15s",
        "time": { "from": "now-1h", "to": "now" },
        "templating": { "list": [
            { "name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus" },
            variable("instance", "label_values(cache_entries, instance)"),
            variable("namespace", "label_values(cache_hits_total, namespace)"),
        ] },
        "panels": panels,
    });
    let text = serde_json::to_string_pretty(&dashboard).unwrap();
    same("grafana/cache.json", &format!("{text}\n"));
}

/// One that is chosen at the top of the page.
fn variable(name: &str, query: &str) -> Value {
    json!({
        "name": name,
        "type": "query",
        "query": query,
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": { "text": "All", "value": "$__all" },
        "refresh": 2,
    })
}

fn panel((at, metric): (usize, &Metric)) -> Value {
    let name = metric.full_name("cache");
    let of = match metric.labels.contains(&"namespace") {
        true => "instance=~\"$instance\", namespace=~\"$namespace|\"",
        false => "instance=~\"$instance\"",
    };
    // A row for each function would be too many lines for a picture.
    let labels: Vec<_> = metric
        .labels
        .iter()
        .filter(|label| **label != "function")
        .copied()
        .collect();
    let by = labels.join(", ");
    let (expression, unit) = match metric.kind {
        Kind::Counter => (
            format!("sum by ({by}) (rate({name}{{{of}}}[$__rate_interval]))"),
            rate(metric.unit),
        ),
        Kind::Gauge if name.ends_with("_rate") => {
            (format!("avg by ({by}) ({name}{{{of}}})"), "percentunit")
        }
        Kind::Gauge => (format!("sum by ({by}) ({name}{{{of}}})"), unit(metric.unit)),
        Kind::Histogram => {
            let by: Vec<_> = labels.iter().copied().chain(["le"]).collect();
            let rate = format!("rate({name}_bucket{{{of}}}[$__rate_interval])");
            let sum = format!("sum by ({}) ({rate})", by.join(", "));
            (
                format!("histogram_quantile(0.99, {sum})"),
                unit(metric.unit),
            )
        }
        other => panic!("{other:?}"),
    };
    let legend: Vec<_> = labels
        .iter()
        .map(|label| format!("{{{{{label}}}}}"))
        .collect();
    json!({
        "id": at + 1,
        "type": "timeseries",
        "title": title(metric),
        "description": metric.help,
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "gridPos": { "h": 8, "w": 12, "x": at % 2 * 12, "y": at / 2 * 8 },
        "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
        "targets": [{ "refId": "A", "expr": expression, "legendFormat": legend.join(" ") }],
    })
}

fn title(metric: &Metric) -> String {
    let words = metric.name.replace('_', " ");
    let (first, rest) = words.split_at(1);
    let what = match metric.kind {
        Kind::Counter => ", a second",
        Kind::Histogram => ", p99",
        _ => "",
    };
    format!("{}{rest}{what}", first.to_uppercase())
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "s",
        Unit::Bytes => "bytes",
        _ => "short",
    }
}

fn rate(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "Bps",
        _ => "ops",
    }
}
