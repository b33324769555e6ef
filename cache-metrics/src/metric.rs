//! What a metric is, and what is read of it at one moment.

use crate::seen::Seen;

/// One metric: the exporters, the table in the docs and the dashboard are all made of these.
pub struct Metric {
    /// Its name, without prefix, unit and `_total`.
    pub name: &'static str,
    /// What it counts or measures, in a sentence.
    pub help: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it is in.
    pub unit: Unit,
    /// Whether it is a server's own figure, which [`watch_servers`](crate::Exporter) asks for: its name has no prefix.
    pub is_of_server: bool,
    /// Its labels, in the order in which a sample has them.
    pub labels: &'static [&'static str],
    pub(crate) read: fn(&Seen, &mut Samples),
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It grows, and begins at zero with the process.
    Counter,
    /// It is what is there at this moment.
    Gauge,
    /// It is how many values were how large, and begins at zero with the process.
    Histogram,
}

/// What a metric is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Things, or a share of them.
    None,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

/// A metric and its samples at one moment.
#[derive(Debug)]
pub struct Family {
    /// What they are of.
    pub metric: &'static Metric,
    /// One for each set of labels that there is something to say of.
    pub samples: Vec<Sample>,
}

/// What a metric was with one set of labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The values of the metric's labels, in their order.
    pub labels: Vec<String>,
    /// What it was.
    pub value: Value,
}

/// What a metric was.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A count.
    Count(u64),
    /// A sum or a measure.
    Number(f64),
    /// How many values were how large.
    Distribution(Distribution),
}

/// How many values were how large.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// How many there were.
    pub count: u64,
    /// Their sum, in the metric's unit.
    pub sum: f64,
    /// Upper bounds in ascending order, in the metric's unit, and how many values were below each and not below the one
    /// before. The last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
}

/// Takes the samples of one metric.
#[derive(Debug, Default)]
pub(crate) struct Samples(pub(crate) Vec<Sample>);

impl Samples {
    /// A count that is there though it is zero.
    pub(crate) fn count(&mut self, labels: &[&str], count: u64) {
        self.add(labels, Value::Count(count));
    }

    /// A count that is left out while it is zero: of a cause that most rows never have.
    pub(crate) fn seldom(&mut self, labels: &[&str], count: u64) {
        if count > 0 {
            self.count(labels, count);
        }
    }

    pub(crate) fn number(&mut self, labels: &[&str], number: f64) {
        self.add(labels, Value::Number(number));
    }

    /// Left out while nothing was measured.
    pub(crate) fn distribution(&mut self, labels: &[&str], distribution: Distribution) {
        if distribution.count > 0 {
            self.add(labels, Value::Distribution(distribution));
        }
    }

    fn add(&mut self, labels: &[&str], value: Value) {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.0.push(Sample { labels, value });
    }
}

impl Metric {
    /// Its name in Prometheus, and in all other exporters: with the prefix and the unit, and `_total` where it counts.
    #[must_use]
    pub fn full_name(&self, prefix: &str) -> String {
        let unit = match self.unit {
            Unit::None => "",
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
        };
        let total = if self.kind == Kind::Counter {
            "_total"
        } else {
            ""
        };
        format!("{}{unit}{total}", self.stem(prefix))
    }

    /// Its name without unit and `_total`.
    pub(crate) fn stem(&self, prefix: &str) -> String {
        match self.is_of_server {
            true => self.name.to_owned(),
            false => format!("{prefix}_{}", self.name),
        }
    }

    /// Whether it counts what is no whole number.
    #[cfg(any(feature = "otel", feature = "facade"))]
    pub(crate) fn is_sum(&self) -> bool {
        self.kind == Kind::Counter && self.unit == Unit::Seconds
    }

    pub(crate) fn family(&'static self, seen: &Seen) -> Family {
        let mut samples = Samples::default();
        (self.read)(seen, &mut samples);
        Family {
            metric: self,
            samples: samples.0,
        }
    }
}

impl std::fmt::Debug for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Metric").field(&self.name).finish()
    }
}
