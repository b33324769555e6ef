//! Spans of a call, as a receiver of OTLP gets them.

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::otlp::{Client, receiver};

#[cached(ns = "spans", ttl = "1h", tags = ["spans:{id}"])]
async fn traced(id: u64) -> u64 {
    async { id + 1 }
        .instrument(tracing::info_span!("query"))
        .await
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    let span = spans.iter().find(|span| span.name == name);
    span.unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

/// It runs on one thread, which the spans are of.
#[tokio::test]
async fn a_trace_shows_what_a_miss_does_below_its_caller_and_nothing_of_a_hit() {
    let (mut told, url) = receiver::<ExportTraceServiceRequest>("/v1/traces").await;
    let sender = SpanExporter::builder()
        .with_http()
        .with_http_client(Client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .build()
        .unwrap();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(sender)
        .build();
    // Of one subscriber alone `tracing` asks that of the thread which is the first to come by, perhaps another test's.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let server = Server::start().await.unwrap();
    let cache = Cache::builder().url(server.url()).build().unwrap();
    let calls = cache.scope(async {
        let handler = tracing::info_span!("handler");
        assert_eq!(traced(1).instrument(handler).await, 2);
        let again = tracing::info_span!("again");
        assert_eq!(traced(1).instrument(again).await, 2);
        let change = tracing::info_span!("change");
        cache
            .tag("spans:1")
            .invalidate()
            .instrument(change)
            .await
            .unwrap();
    });
    calls.await;
    let flushing = provider.clone();
    tokio::task::spawn_blocking(move || flushing.force_flush())
        .await
        .unwrap()
        .unwrap();
    let sent = told.recv().await.unwrap().resource_spans.into_iter();
    let sent = sent.flat_map(|resource| resource.scope_spans);
    let spans: Vec<Span> = sent.flat_map(|scope| scope.spans).collect();

    for (child, parent) in [
        ("cache.miss", "handler"),
        ("cache.load", "cache.miss"),
        ("query", "cache.load"),
        ("cache.fill", "cache.miss"),
        ("cache.invalidate", "change"),
    ] {
        let (child, parent) = (named(&spans, child), named(&spans, parent));
        assert_eq!(
            child.parent_span_id, parent.span_id,
            "{} in {}",
            child.name, parent.name
        );
        assert_eq!(child.trace_id, parent.trace_id);
    }
    let hit = named(&spans, "again");
    assert!(
        spans.iter().all(|span| span.parent_span_id != hit.span_id),
        "a hit has none"
    );
    let attributes = &named(&spans, "cache.load").attributes;
    let function = attributes.iter().find(|of| of.key == "function").unwrap();
    assert!(
        format!("{function:?}").contains("top::spans::traced"),
        "{function:?}"
    );
    tokio::task::spawn_blocking(move || provider.shutdown())
        .await
        .unwrap()
        .unwrap();
}
