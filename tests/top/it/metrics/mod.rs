//! What exporters tell of a cache.

mod alerts;
mod docs;
mod facade;
mod moves;
mod otel;
mod servers;
mod text;

use std::collections::BTreeMap;

use cache_metrics::{Exporter, Value};

/// The samples of one metric, by their labels; of a distribution how many values it has.
fn samples(exporter: &Exporter, name: &str) -> BTreeMap<Vec<String>, f64> {
    let families = exporter.families();
    let family = families.iter().find(|family| family.metric.name == name);
    let family = family.unwrap_or_else(|| panic!("no metric is called {name}"));
    let samples = family.samples.iter();
    let samples = samples.map(|sample| (sample.labels.clone(), number(&sample.value)));
    samples.collect()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Count(count) => *count as f64,
        Value::Number(number) => *number,
        Value::Distribution(of) => of.count as f64,
        other => panic!("{other:?}"),
    }
}

/// The one that has these labels.
fn sample(exporter: &Exporter, name: &str, labels: &[&str]) -> Option<f64> {
    let labels: Vec<_> = labels.iter().map(|label| (*label).to_owned()).collect();
    samples(exporter, name).remove(&labels)
}
