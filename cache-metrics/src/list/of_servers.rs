//! What the servers of Redis say of themselves, where a task asks them.
//!
//! Their names have no prefix, and are those that `redis_exporter` has for some of them: beside it they would collide.

use super::{NODE, Read};
use crate::metric::{Kind, Metric, Samples, Unit};
use crate::seen::{Seen, Server};

pub(super) const METRICS: &[Metric] = &[
    gauge(
        ("redis_memory_used", Unit::Bytes),
        "What a server's data takes of its memory, by its own count",
        |seen, samples| counts(seen, samples, |server| server.number("used_memory")),
    ),
    gauge(
        ("redis_memory_max", Unit::Bytes),
        "What a server's data may take of its memory; 0 for no limit",
        |seen, samples| counts(seen, samples, |server| server.number("maxmemory")),
    ),
    gauge(
        ("redis_memory_fragmentation_ratio", Unit::None),
        "What a server takes of the machine's memory, as a multiple of what its data takes",
        |seen, samples| {
            numbers(seen, samples, |server| {
                server.number("mem_fragmentation_ratio")
            });
        },
    ),
    counter(
        ("redis_commands_processed", Unit::None),
        "Commands that a server has run, of all its clients",
        |seen, samples| {
            counts(seen, samples, |server| {
                server.number("total_commands_processed")
            });
        },
    ),
    counter(
        ("redis_commands_duration", Unit::Seconds),
        "How long a server has run commands in all, of all its clients",
        |seen, samples| numbers(seen, samples, Server::commands_seconds),
    ),
    counter(
        ("redis_keyspace_hits", Unit::None),
        "Keys that a server was asked for and had, by all its clients",
        |seen, samples| counts(seen, samples, |server| server.number("keyspace_hits")),
    ),
    counter(
        ("redis_keyspace_misses", Unit::None),
        "Keys that a server was asked for and had not, by all its clients",
        |seen, samples| counts(seen, samples, |server| server.number("keyspace_misses")),
    ),
    gauge(
        ("redis_cluster_nodes", Unit::None),
        "Nodes of the cluster, replicas among them, as a server knows it",
        |seen, samples| {
            counts(seen, samples, |server| {
                server.of_cluster("cluster_known_nodes")
            });
        },
    ),
    gauge(
        ("redis_cluster_slots_assigned", Unit::None),
        "Slots of the cluster that some node has, of 16,384, as a server knows it",
        |seen, samples| {
            counts(seen, samples, |server| {
                server.of_cluster("cluster_slots_assigned")
            });
        },
    ),
    gauge(
        ("redis_cluster_slots_ok", Unit::None),
        "Slots of the cluster whose node answers, of 16,384, as a server knows it",
        |seen, samples| {
            counts(seen, samples, |server| {
                server.of_cluster("cluster_slots_ok")
            });
        },
    ),
    gauge(
        ("redis_cluster_state", Unit::None),
        "Whether the cluster takes commands, as a server knows it",
        |seen, samples| counts(seen, samples, Server::cluster_is_ok),
    ),
];

const fn gauge(named: (&'static str, Unit), help: &'static str, read: Read) -> Metric {
    metric(Kind::Gauge, named, help, read)
}

const fn counter(named: (&'static str, Unit), help: &'static str, read: Read) -> Metric {
    metric(Kind::Counter, named, help, read)
}

const fn metric(kind: Kind, named: (&'static str, Unit), help: &'static str, read: Read) -> Metric {
    let of_cache = super::metric(kind, named, help, &[NODE], read);
    Metric {
        is_of_server: true,
        ..of_cache
    }
}

/// A figure of each server that tells it. One that is away tells none: a zero would be a lie.
fn numbers(seen: &Seen, samples: &mut Samples, of: impl Fn(&Server) -> Option<f64>) {
    for server in &seen.servers {
        if let Some(number) = of(server) {
            samples.number(&[&server.node], number);
        }
    }
}

/// The same of what is a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count that the server gives in whole numbers"
)]
fn counts(seen: &Seen, samples: &mut Samples, of: impl Fn(&Server) -> Option<f64>) {
    for server in &seen.servers {
        if let Some(number) = of(server) {
            samples.count(&[&server.node], number as u64);
        }
    }
}

impl Server {
    /// A field of `INFO`.
    pub(crate) fn number(&self, field: &str) -> Option<f64> {
        number(self.info.get(field)?)
    }

    /// A field of `CLUSTER INFO`.
    fn of_cluster(&self, field: &str) -> Option<f64> {
        number(self.cluster.get(field)?)
    }

    fn cluster_is_ok(&self) -> Option<f64> {
        let state = self.cluster.get("cluster_state")?;
        Some(if state == "ok" { 1.0 } else { 0.0 })
    }

    /// All that `INFO commandstats` tells of, added up.
    fn commands_seconds(&self) -> Option<f64> {
        let commands = self
            .info
            .iter()
            .filter(|(field, _)| field.starts_with("cmdstat_"));
        let spent = commands.filter_map(|(_, stats)| {
            let mut fields = stats.split(',');
            number(fields.find_map(|field| field.strip_prefix("usec="))?)
        });
        let spent: Vec<f64> = spent.collect();
        (!spent.is_empty()).then(|| spent.iter().sum::<f64>() / 1e6)
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_does_not_tell_or_tells_wrongly_is_left_out() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()));
            pairs.collect()
        };
        let server = Server {
            node: "one".to_owned(),
            info: of(&[
                ("used_memory", "7"),
                ("maxmemory", "much"),
                ("mem_fragmentation_ratio", "-nan"),
                ("cmdstat_get", "calls=2,usec=1500000,usec_per_call=1.0"),
                ("cmdstat_set", "calls=1,usec=500000"),
            ]),
            cluster: of(&[("cluster_state", "fail")]),
        };
        assert_eq!(server.number("used_memory"), Some(7.0));
        assert_eq!(server.number("maxmemory"), None);
        assert_eq!(server.number("mem_fragmentation_ratio"), None);
        assert_eq!(server.number("keyspace_hits"), None);
        assert_eq!(server.commands_seconds(), Some(2.0));
        assert_eq!(server.cluster_is_ok(), Some(0.0));
        assert_eq!(Server::default().commands_seconds(), None);
        assert_eq!(Server::default().cluster_is_ok(), None);
    }
}
