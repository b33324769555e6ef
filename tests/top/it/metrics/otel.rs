//! Metrics, as a receiver of OTLP gets them.

use cache_metrics::{Exporter, metrics};
use cache_runtime::{Cache, cached};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_otlp::{MetricExporter, Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Label;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint, metric::Data};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::otlp::{Client, receiver};

#[cached(ns = "otel", ttl = "1h")]
async fn triple(id: u64) -> u64 {
    id * 3
}

fn all(request: ExportMetricsServiceRequest) -> Vec<Metric> {
    let resources = request.resource_metrics.into_iter();
    let scopes = resources.flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

fn points(metric: &Metric) -> &[NumberDataPoint] {
    match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => {
            assert!(sum.is_monotonic, "{}", metric.name);
            &sum.data_points
        }
        Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("{other:?}"),
    }
}

fn label(of: &KeyValue) -> (&str, &str) {
    match of.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Label::StringValue(text)) => (&of.key, text),
        other => panic!("{other:?}"),
    }
}

/// The point of a metric with these labels.
fn point(metrics: &[Metric], name: &str, labels: &[(&str, &str)]) -> f64 {
    let metric = metrics.iter().find(|metric| metric.name == name);
    let metric = metric.unwrap_or_else(|| panic!("no {name}"));
    let is_it = |point: &&NumberDataPoint| {
        let has = |wanted: &(&str, &str)| point.attributes.iter().any(|of| label(of) == *wanted);
        point.attributes.len() == labels.len() && labels.iter().all(has)
    };
    let point = points(metric).iter().find(is_it);
    let point = point.unwrap_or_else(|| panic!("{name} {labels:?}: {metric:?}"));
    match point.value.unwrap() {
        Value::AsInt(count) => count as f64,
        Value::AsDouble(number) => number,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_gets_each_metric_with_its_labels_and_unit() {
    let (mut told, url) = receiver::<ExportMetricsServiceRequest>("/v1/metrics").await;
    let sender = MetricExporter::builder()
        .with_http()
        .with_http_client(Client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .build()
        .unwrap();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(sender)
        .build();
    let cache = Cache::memory();
    Exporter::new(&cache).instrument(&provider.meter("cache"));
    cache
        .scope(async {
            for _ in 0..4 {
                assert_eq!(triple(1).await, 3);
            }
        })
        .await;
    let flushing = provider.clone();
    tokio::task::spawn_blocking(move || flushing.force_flush())
        .await
        .unwrap()
        .unwrap();
    let sent = all(told.recv().await.unwrap());
    let row = [
        ("namespace", "otel"),
        ("function", "top::metrics::otel::triple"),
    ];
    let hits = [&row[..], &[("tier", "memory")]].concat();
    assert_eq!(point(&sent, "cache_hits", &hits), 3.0);
    assert_eq!(point(&sent, "cache_entries", &[("tier", "memory")]), 1.0);
    let loads = [("namespace", "otel"), ("outcome", "load")];
    assert_eq!(point(&sent, "cache_latency.count", &loads), 1.0);
    let infinite = [&loads[..], &[("le", "inf")]].concat();
    assert_eq!(point(&sent, "cache_latency.bucket", &infinite), 1.0);
    assert!(point(&sent, "cache_latency.sum", &loads) > 0.0);
    let unit = |name: &str| &sent.iter().find(|metric| metric.name == name).unwrap().unit;
    assert_eq!(
        (
            unit("cache_latency.sum").as_str(),
            unit("cache_memory_usage").as_str()
        ),
        ("s", "By")
    );
    // Those that nothing happened to have no point, and no other is there.
    let known: Vec<_> = metrics()
        .map(|metric| format!("cache_{}", metric.name))
        .collect();
    for metric in &sent {
        let name = metric.name.split('.').next().unwrap();
        assert!(known.iter().any(|known| known == name), "{name}");
    }
    tokio::task::spawn_blocking(move || provider.shutdown())
        .await
        .unwrap()
        .unwrap();
}
