//! The recorder of the `metrics` facade.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use cache_metrics::{Bridge, Exporter, metrics as all};
use cache_runtime::{Cache, cached};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

#[cached(ns = "facade", ttl = "1h")]
async fn double(id: u64) -> u64 {
    id * 2
}

/// Writes down what it is told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<BTreeMap<String, f64>>>);

struct Line(Told, String);

impl Told {
    fn line(&self, key: &Key) -> Arc<Line> {
        let labels = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<_> = labels.collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        Arc::new(Line(self.clone(), name))
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.0.lock().unwrap().get(name).copied()
    }
}

impl Line {
    fn set(&self, value: f64) {
        let Self(Told(told), name) = self;
        told.lock().unwrap().insert(name.clone(), value);
    }

    fn add(&self, value: f64) {
        let Self(Told(told), name) = self;
        *told.lock().unwrap().entry(name.clone()).or_default() += value;
    }
}

impl CounterFn for Line {
    fn increment(&self, value: u64) {
        self.add(value as f64);
    }

    fn absolute(&self, value: u64) {
        self.set(value as f64);
    }
}

impl GaugeFn for Line {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, value: f64) {
        Line::set(self, value);
    }
}

impl HistogramFn for Line {
    fn record(&self, _: f64) {
        self.add(1.0);
    }
}

impl Recorder for Told {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.0.lock().unwrap().insert(name.as_str().to_owned(), 0.0);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe_counter(name, unit, help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe_counter(name, unit, help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.line(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.line(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.line(key))
    }
}

#[tokio::test]
async fn a_recorder_is_told_of_all_that_was_counted_and_of_no_value_twice() {
    let (cache, told) = (Cache::memory(), Told::default());
    let mut bridge = Bridge::new(&Exporter::new(&cache));
    let row = "namespace=facade function=top::metrics::facade::double";
    for round in 1..=3_u64 {
        cache.scope(double(round)).await;
        cache.scope(double(round)).await;
        metrics::with_local_recorder(&told, || bridge.tell());
        let hits = told.get(&format!("cache_hits_total {row} tier=memory"));
        assert_eq!(hits, Some(round as f64));
        let loads = told.get("cache_latency_seconds namespace=facade outcome=load");
        assert_eq!(loads, Some(round as f64), "each load once");
        assert_eq!(told.get("cache_entries tier=memory"), Some(round as f64));
    }
    for metric in all() {
        assert!(
            told.get(&metric.full_name("cache")).is_some(),
            "{metric:?} is not described"
        );
    }
}
