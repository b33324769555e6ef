//! The recorder that a program has installed for the [`metrics`] facade, told of the figures from time to time.

use std::collections::HashMap;
use std::time::Duration;

use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString};
use tokio::time::{MissedTickBehavior, interval};

use crate::exporter::Exporter;
use crate::list::metrics as all;
use crate::metric::{Distribution, Kind, Metric, Sample, Unit, Value};

const METADATA: Metadata<'static> = Metadata::new("cache", Level::INFO, Some(module_path!()));

/// Tells the recorder of a program what a cache counts.
///
/// Counters are told as what they are, however often; of histograms the recorder is told what came since the last time,
/// each value as the upper bound of its bucket. A server of Redis that is started anew counts from zero: what it counts
/// then is added to what it had counted. A gauge of what is no longer there keeps what it was told last.
#[derive(Debug)]
pub struct Bridge {
    exporter: Exporter,
    /// What was told of each histogram.
    told: HashMap<Key, Vec<u64>>,
    /// What each counter of a server came to.
    risen: HashMap<Key, Risen>,
}

/// A counter that begins anew when its server does, as one that never falls.
#[derive(Debug, Default)]
struct Risen {
    last: u64,
    total: u64,
}

impl Risen {
    /// What it is in all, where the server has counted so many.
    fn to(&mut self, count: u64) -> u64 {
        // After a fall all of it is new.
        let more = count.checked_sub(self.last).unwrap_or(count);
        self.last = count;
        self.total = self.total.saturating_add(more);
        self.total
    }
}

impl Bridge {
    /// A bridge for one cache; the recorder may be installed later.
    #[must_use]
    pub fn new(exporter: &Exporter) -> Self {
        Self {
            exporter: exporter.clone(),
            told: HashMap::new(),
            risen: HashMap::new(),
        }
    }

    /// Tells the recorder at this interval, and at once.
    ///
    /// # Cancellation
    ///
    /// It never ends by itself, and may be dropped at any time: `tokio::spawn(bridge.run(..))`, and abort the task.
    pub async fn run(mut self, every: Duration) {
        let mut ticks = interval(every.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tell();
        }
    }

    /// Tells the recorder now.
    pub fn tell(&mut self) {
        metrics::with_recorder(|recorder| {
            self.describe(recorder);
            for family in self.exporter.families() {
                for sample in &family.samples {
                    self.tell_one(recorder, family.metric, sample);
                }
            }
        });
    }

    /// Each time, as a recorder that is installed later has not heard of it.
    fn describe(&self, recorder: &dyn Recorder) {
        for metric in all() {
            let name = KeyName::from(metric.full_name(self.exporter.prefix()));
            let help = SharedString::const_str(metric.help);
            let unit = match metric.unit {
                Unit::None => metrics::Unit::Count,
                Unit::Seconds => metrics::Unit::Seconds,
                Unit::Bytes => metrics::Unit::Bytes,
            };
            match metric.kind {
                // A counter of the facade is a whole number.
                Kind::Counter if metric.is_sum() => {
                    recorder.describe_gauge(name, Some(unit), help);
                }
                Kind::Counter => recorder.describe_counter(name, Some(unit), help),
                Kind::Gauge => recorder.describe_gauge(name, Some(unit), help),
                Kind::Histogram => recorder.describe_histogram(name, Some(unit), help),
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge of entries or bytes")]
    fn tell_one(&mut self, recorder: &dyn Recorder, metric: &Metric, sample: &Sample) {
        let labels = metric.labels.iter().zip(&sample.labels);
        let labels = labels.map(|(name, label)| Label::new(*name, label.clone()));
        let name = metric.full_name(self.exporter.prefix());
        let key = Key::from_parts(name, labels.collect::<Vec<_>>());
        match (&sample.value, metric.kind) {
            (Value::Count(count), Kind::Counter) => {
                let counter = recorder.register_counter(&key, &METADATA);
                let total = match metric.is_of_server {
                    true => self.risen.entry(key).or_default().to(*count),
                    false => *count,
                };
                counter.absolute(total);
            }
            (Value::Count(count), _) => {
                recorder.register_gauge(&key, &METADATA).set(*count as f64);
            }
            (Value::Number(number), _) => recorder.register_gauge(&key, &METADATA).set(*number),
            (Value::Distribution(of), _) => self.tell_more(recorder, key, of),
        }
    }

    /// What came to a histogram since the last time.
    fn tell_more(&mut self, recorder: &dyn Recorder, key: Key, of: &Distribution) {
        let histogram = recorder.register_histogram(&key, &METADATA);
        let told = self.told.entry(key).or_default();
        told.resize(of.buckets.len(), 0);
        let mut bound = 0.0;
        for ((upper, count), told) in of.buckets.iter().zip(told) {
            // What is past all bounds is told as the last of them.
            bound = if upper.is_finite() { *upper } else { bound };
            let more = usize::try_from(count.saturating_sub(*told)).unwrap_or(usize::MAX);
            if more > 0 {
                histogram.record_many(bound, more);
            }
            *told = *count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_goes_on_after_its_server_was_started_anew() {
        let mut risen = Risen::default();
        let totals = [10, 10, 15, 3, 4, 0, 2].map(|count| risen.to(count));
        assert_eq!(totals, [10, 10, 15, 18, 19, 19, 21]);
    }
}
