//! Instruments on a program's own OpenTelemetry meter, by the API alone: what collects and sends them is the program's.
//!
//! All are observable: they are asked when the meter's provider collects, and cost nothing before. The API has no
//! observable histogram, so that each is three counters: `.count`, `.sum`, and `.bucket`, whose `le` is the upper bound of
//! all values that are counted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};
use parking_lot::Mutex;

use crate::exporter::Exporter;
use crate::list::metrics;
use crate::metric::{Distribution, Family, Kind, Metric, Sample, Unit, Value};

/// A provider asks all instruments one after the other: so long they are answered from one look.
const ONE_LOOK: Duration = Duration::from_millis(500);

impl Exporter {
    /// Makes an instrument of each metric, for as long as the meter's provider lives.
    ///
    /// Their names are those of Prometheus without `_total` and unit, which the instrument has by itself. Make them once:
    /// a second time everything is told twice.
    pub fn instrument(&self, meter: &Meter) {
        let looks = Arc::new(Looks {
            exporter: self.clone(),
            last: Mutex::default(),
        });
        for metric in metrics() {
            instrument(meter, metric.stem(self.prefix()), metric, &looks);
        }
    }
}

fn instrument(meter: &Meter, name: String, metric: &'static Metric, looks: &Arc<Looks>) {
    let (help, unit, looks) = (metric.help, unit(metric.unit), Arc::clone(looks));
    match metric.kind {
        Kind::Counter if metric.is_sum() => {
            let counter = meter.f64_observable_counter(name);
            let tell = move |to: &dyn AsyncInstrument<f64>| looks.numbers(metric, to);
            counter
                .with_description(help)
                .with_unit(unit)
                .with_callback(tell)
                .build();
        }
        Kind::Counter => {
            let counter = meter.u64_observable_counter(name);
            let tell = move |to: &dyn AsyncInstrument<u64>| looks.counts(metric, to);
            counter
                .with_description(help)
                .with_unit(unit)
                .with_callback(tell)
                .build();
        }
        Kind::Gauge => {
            let gauge = meter.f64_observable_gauge(name);
            let tell = move |to: &dyn AsyncInstrument<f64>| looks.numbers(metric, to);
            gauge
                .with_description(help)
                .with_unit(unit)
                .with_callback(tell)
                .build();
        }
        Kind::Histogram => histogram(meter, &name, metric, &looks),
    }
}

fn histogram(meter: &Meter, name: &str, metric: &'static Metric, looks: &Arc<Looks>) {
    let of = Arc::clone(looks);
    let tell = move |to: &dyn AsyncInstrument<f64>| {
        of.distributions(metric, |labels, of| to.observe(of.sum, labels));
    };
    let sum = meter.f64_observable_counter(format!("{name}.sum"));
    let sum = sum
        .with_description(metric.help)
        .with_unit(unit(metric.unit));
    sum.with_callback(tell).build();
    let of = Arc::clone(looks);
    let tell = move |to: &dyn AsyncInstrument<u64>| {
        of.distributions(metric, |labels, of| to.observe(of.count, labels));
    };
    let count = meter.u64_observable_counter(format!("{name}.count"));
    count
        .with_description(metric.help)
        .with_callback(tell)
        .build();
    let of = Arc::clone(looks);
    let tell = move |to: &dyn AsyncInstrument<u64>| {
        of.distributions(metric, |labels, of| buckets(labels, of, to));
    };
    let bucket = meter.u64_observable_counter(format!("{name}.bucket"));
    bucket
        .with_description(metric.help)
        .with_callback(tell)
        .build();
}

fn buckets(labels: &[KeyValue], of: &Distribution, to: &dyn AsyncInstrument<u64>) {
    let mut below = 0;
    for (bound, count) in &of.buckets {
        below += count;
        let bound = KeyValue::new("le", bound.to_string());
        to.observe(below, &[labels, &[bound]].concat());
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::None => "1",
        Unit::Seconds => "s",
        Unit::Bytes => "By",
    }
}

/// What was seen last.
struct Looks {
    exporter: Exporter,
    last: Mutex<Option<(Instant, Arc<Vec<Family>>)>>,
}

impl Looks {
    fn families(&self) -> Arc<Vec<Family>> {
        let mut last = self.last.lock();
        if let Some((at, families)) = &*last
            && at.elapsed() < ONE_LOOK
        {
            return Arc::clone(families);
        }
        let families = Arc::new(self.exporter.families());
        *last = Some((Instant::now(), Arc::clone(&families)));
        families
    }

    fn each(&self, metric: &Metric, mut tell: impl FnMut(&[KeyValue], &Sample)) {
        let families = self.families();
        let of = families
            .iter()
            .find(|family| family.metric.name == metric.name);
        for sample in of.into_iter().flat_map(|family| &family.samples) {
            let labels = metric.labels.iter().zip(&sample.labels);
            let labels = labels.map(|(name, label)| KeyValue::new(*name, label.clone()));
            tell(&labels.collect::<Vec<_>>(), sample);
        }
    }

    fn counts(&self, metric: &Metric, to: &dyn AsyncInstrument<u64>) {
        self.each(metric, |labels, sample| {
            if let Value::Count(count) = sample.value {
                to.observe(count, labels);
            }
        });
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge of entries or bytes")]
    fn numbers(&self, metric: &Metric, to: &dyn AsyncInstrument<f64>) {
        self.each(metric, |labels, sample| match sample.value {
            Value::Count(count) => to.observe(count as f64, labels),
            Value::Number(number) => to.observe(number, labels),
            Value::Distribution(_) => {}
        });
    }

    fn distributions(&self, metric: &Metric, mut tell: impl FnMut(&[KeyValue], &Distribution)) {
        self.each(metric, |labels, sample| {
            if let Value::Distribution(of) = &sample.value {
                tell(labels, of);
            }
        });
    }
}
