//! The text that Prometheus scrapes: [OpenMetrics 1.0](https://prometheus.io/docs/specs/om/open_metrics_spec/), or the
//! older [text format 0.0.4](https://prometheus.io/docs/instrumenting/exposition_formats/).

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel as _, EncodeLabelSet, LabelSetEncoder, MetricEncoder,
    NoLabelSet, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit as Named};

use crate::exporter::Exporter;
use crate::metric::{Family, Kind, Metric, Sample, Unit, Value};

/// A form of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// OpenMetrics 1.0, which Prometheus asks for since 2.5.
    #[default]
    OpenMetrics,
    /// The text format 0.0.4, which everything reads.
    Classic,
}

impl Text {
    /// The form that an `Accept` header asks for.
    #[must_use]
    pub fn accepted(accept: &str) -> Self {
        match accept.contains("application/openmetrics-text") {
            true => Self::OpenMetrics,
            false => Self::Classic,
        }
    }

    /// What the text is to be sent as.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

impl Exporter {
    /// All figures as text.
    #[must_use]
    pub fn render(&self, text: Text) -> String {
        let mut registry = Registry::default();
        self.register(&mut registry);
        let mut written = String::new();
        let encoded = match text {
            Text::OpenMetrics => text::encode(&mut written, &registry),
            Text::Classic => prometheus_text::encode(&mut written, &registry),
        };
        match encoded {
            Ok(()) => written,
            // Only the writer fails, and a string does not; half a text is not to be taken for all of it.
            Err(fmt::Error) => String::new(),
        }
    }

    /// Adds the figures to a program's own registry, to be asked for at each scrape. The registry's prefix stands before
    /// this one's.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(self.clone()));
    }
}

impl Collector for Exporter {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in self.families() {
            encode(&family, self.prefix(), &mut encoder)?;
        }
        Ok(())
    }
}

fn encode(family: &Family, prefix: &str, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    // An empty family has a header and nothing under it, which tells nobody anything.
    if family.samples.is_empty() {
        return Ok(());
    }
    let metric = family.metric;
    // The encoder adds the unit and `_total`.
    let (name, unit) = (metric.stem(prefix), unit(metric.unit));
    let kind = match metric.kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram => MetricType::Histogram,
    };
    let mut encoder = encoder.encode_descriptor(&name, metric.help, unit.as_ref(), kind)?;
    for sample in &family.samples {
        let labels = Labels(metric, sample);
        match sample.labels.is_empty() {
            true => value(metric.kind, &sample.value, &mut encoder)?,
            false => value(
                metric.kind,
                &sample.value,
                &mut encoder.encode_family(&labels)?,
            )?,
        }
    }
    Ok(())
}

fn value(kind: Kind, value: &Value, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    const NO_EXEMPLAR: Option<&Exemplar<NoLabelSet, f64>> = None;
    match (value, kind) {
        (Value::Count(count), Kind::Counter) => encoder.encode_counter(count, NO_EXEMPLAR),
        (Value::Number(number), Kind::Counter) => encoder.encode_counter(number, NO_EXEMPLAR),
        (Value::Count(count), _) => encoder.encode_gauge(count),
        (Value::Number(number), _) => encoder.encode_gauge(number),
        (Value::Distribution(of), _) => {
            encoder.encode_histogram::<NoLabelSet>(of.sum, of.count, &of.buckets, None)
        }
    }
}

fn unit(unit: Unit) -> Option<Named> {
    match unit {
        Unit::None => None,
        Unit::Seconds => Some(Named::Seconds),
        Unit::Bytes => Some(Named::Bytes),
    }
}

/// The labels of a sample, which the encoder escapes.
struct Labels<'a>(&'a Metric, &'a Sample);

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        for (name, label) in self.0.labels.iter().zip(&self.1.labels) {
            (*name, label.as_str()).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}
