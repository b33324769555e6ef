//! All metrics, each with where its figures are read.

mod of_calls;
mod of_nodes;
mod of_process;
mod of_servers;
mod of_time;

use cache_runtime::Counts;

use crate::metric::{Kind, Metric, Samples, Unit};
use crate::seen::Seen;

const NAMESPACE: &str = "namespace";
const FUNCTION: &str = "function";
const CAUSE: &str = "cause";
const NODE: &str = "node";

/// Every metric that a cache has, in the order in which they are exported.
pub fn metrics() -> impl Iterator<Item = &'static Metric> {
    let parts: [&'static [Metric]; 5] = [
        of_calls::METRICS,
        of_time::METRICS,
        of_process::METRICS,
        of_nodes::METRICS,
        of_servers::METRICS,
    ];
    parts.into_iter().flatten()
}

type Read = fn(&Seen, &mut Samples);

const fn counter(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    read: Read,
) -> Metric {
    metric(Kind::Counter, (name, Unit::None), help, labels, read)
}

const fn gauge(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    read: Read,
) -> Metric {
    metric(Kind::Gauge, (name, Unit::None), help, labels, read)
}

const fn metric(
    kind: Kind,
    (name, unit): (&'static str, Unit),
    help: &'static str,
    labels: &'static [&'static str],
    read: Read,
) -> Metric {
    Metric {
        name,
        help,
        kind,
        unit,
        is_of_server: false,
        labels,
        read,
    }
}

/// A figure of each function, and of what belongs to no function of a namespace, under an empty name.
fn by_function(seen: &Seen, samples: &mut Samples, more: &[&str], of: impl Fn(&Counts) -> u64) {
    rows(seen, &of, |(namespace, function), count| {
        samples.count(&[&[namespace, function], more].concat(), count);
    });
}

/// The same of what most functions never have: left out where it is zero.
fn seldom(seen: &Seen, samples: &mut Samples, more: &[&str], of: impl Fn(&Counts) -> u64) {
    rows(seen, &of, |(namespace, function), count| {
        samples.seldom(&[&[namespace, function], more].concat(), count);
    });
}

fn rows<'a>(
    seen: &'a Seen,
    of: &impl Fn(&Counts) -> u64,
    mut tell: impl FnMut((&'a str, &'a str), u64),
) {
    for (namespace, all) in &seen.namespaces {
        let from = (namespace.clone(), String::new());
        let functions = seen.functions.range(from..);
        let mut rest = of(all);
        for ((_, function), counts) in functions.take_while(|((owner, _), _)| owner == namespace) {
            let count = of(counts);
            rest = rest.saturating_sub(count);
            tell((namespace, function), count);
        }
        // Calls by hand, and invalidations of the namespace.
        if rest > 0 {
            tell((namespace, ""), rest);
        }
    }
}

/// A figure of each namespace.
fn by_namespace(seen: &Seen, mut tell: impl FnMut(&str, &Counts)) {
    for (namespace, counts) in &seen.namespaces {
        tell(namespace, counts);
    }
}
