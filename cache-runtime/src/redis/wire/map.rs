//! Which master of a cluster has which slots, as one of its nodes says.

use redis::{Pipeline, Value};

use crate::redis::terms::fault::Fault;
use crate::redis::wire::error::unwrap;
use crate::redis::wire::settings::Address;

/// First and last slot of each range.
pub(in crate::redis) type Ranges = Vec<(u16, u16)>;

/// A cluster, as one of its nodes says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::redis) struct Map {
    /// Grows with each failover, and with a slot that moves to any but whoever has the latest one.
    pub(in crate::redis) epoch: u64,
    pub(in crate::redis) masters: Vec<Master>,
    /// Its replicas, which may know more when a master is away.
    pub(in crate::redis) replicas: Vec<Address>,
}

/// A master that has slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::redis) struct Master {
    pub(in crate::redis) id: String,
    /// Without a host it is that of the node that was asked.
    pub(in crate::redis) at: Address,
    pub(in crate::redis) slots: Ranges,
}

/// Adds the commands that ask a node for its map.
pub(in crate::redis) fn add_ask(pipeline: &mut Pipeline) {
    pipeline.cmd("CLUSTER").arg("INFO");
    pipeline.cmd("CLUSTER").arg("SHARDS");
}

impl Map {
    /// Reads the answers to [`add_ask`]; an error for a node that is cut off from its cluster.
    pub(in crate::redis) fn read(
        answers: &mut impl Iterator<Item = Value>,
        tls: bool,
    ) -> Result<Self, Fault> {
        let mut answer = || unwrap(answers.next().ok_or(Fault::Protocol)?);
        let info = text(&answer()?).ok_or(Fault::Protocol)?;
        let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name));
        if field("cluster_state:").ok_or(Fault::Protocol)?.trim() != "ok" {
            return Err(Fault::ClusterDown);
        }
        let epoch = field("cluster_current_epoch:").and_then(|epoch| epoch.trim().parse().ok());
        let shards = answer()?;
        let shards = shards.as_sequence().ok_or(Fault::Protocol)?;
        let masters = shards.iter().filter_map(|shard| master(shard, tls));
        let replicas = shards
            .iter()
            .flat_map(nodes)
            .filter(|node| is(node, "role", "replica"));
        Ok(Self {
            epoch: epoch.ok_or(Fault::Protocol)?,
            masters: masters.collect(),
            replicas: replicas.filter_map(|node| address(node, tls)).collect(),
        })
    }

    /// This map with the host of the node that told it where it named none.
    pub(in crate::redis) fn seen_from(mut self, host: &str) -> Self {
        let masters = self.masters.iter_mut().map(|master| &mut master.at);
        for at in masters.chain(&mut self.replicas) {
            if at.host.is_empty() {
                host.clone_into(&mut at.host);
            }
        }
        self
    }

    /// The slots that the node of this id has as a master.
    pub(in crate::redis) fn slots_of(&self, id: &str) -> Option<&Ranges> {
        let found = self.masters.iter().find(|master| master.id == id);
        found.map(|master| &master.slots)
    }

    /// The slots of the master at this address.
    pub(in crate::redis) fn slots_at(&self, at: &Address) -> Option<&Ranges> {
        let found = self.masters.iter().find(|master| master.at == *at);
        found.map(|master| &master.slots)
    }
}

/// Whether some slot of the first is not in the second.
pub(in crate::redis) fn lost_some(before: &Ranges, now: &Ranges) -> bool {
    let kept = |slot: u16| now.iter().any(|(from, to)| (*from..=*to).contains(&slot));
    let mut slots = before.iter().flat_map(|(from, to)| *from..=*to);
    // Most often nothing changed, and the ranges need not be walked.
    before != now && !slots.all(kept)
}

fn master(shard: &Value, tls: bool) -> Option<Master> {
    let bounds = value(shard, "slots")?.as_sequence()?;
    let bounds: Option<Vec<u16>> = bounds.iter().map(number).collect();
    let slots: Ranges = bounds?.chunks_exact(2).map(|b| (b[0], b[1])).collect();
    if slots.is_empty() {
        return None;
    }
    let mut masters = nodes(shard).filter(|node| is(node, "role", "master"));
    // A failed one may still be called master beside its successor.
    let node = masters
        .clone()
        .find(|node| is(node, "health", "online"))
        .or_else(|| masters.next())?;
    Some(Master {
        id: value(node, "id").and_then(text)?,
        at: address(node, tls)?,
        slots,
    })
}

fn nodes(shard: &Value) -> std::slice::Iter<'_, Value> {
    let nodes = value(shard, "nodes").and_then(Value::as_sequence);
    nodes.unwrap_or_default().iter()
}

fn is(node: &Value, name: &str, what: &str) -> bool {
    let found = value(node, name).and_then(text);
    found.is_some_and(|text| text == what)
}

fn address(node: &Value, tls: bool) -> Option<Address> {
    let port = match tls {
        true => value(node, "tls-port").or_else(|| value(node, "port")),
        false => value(node, "port"),
    };
    let endpoint = value(node, "endpoint").and_then(text);
    Some(Address {
        // A node that doesn't know its name says so with a question mark.
        host: endpoint.filter(|host| host != "?").unwrap_or_default(),
        port: number(port?)?,
    })
}

/// A field of a map, or of the list of names and values that RESP2 has in its place.
fn value<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    let mut fields = map.as_map_iter()?;
    fields.find_map(|(key, value)| (text(key)? == name).then_some(value))
}

fn number(value: &Value) -> Option<u16> {
    redis::from_redis_value_ref(value).ok()
}

/// What is text in either protocol; a null is none.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Nil => None,
        value => redis::from_redis_value_ref(value).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn map(fields: &[(&str, Value)]) -> Value {
        Value::Map(
            fields
                .iter()
                .map(|(name, value)| (word(name), value.clone()))
                .collect(),
        )
    }

    fn node(id: &str, role: &str, health: &str) -> Value {
        map(&[
            ("id", word(id)),
            ("port", Value::Int(7_000)),
            ("tls-port", Value::Int(7_100)),
            ("endpoint", word("10.0.0.1")),
            ("role", word(role)),
            ("health", word(health)),
        ])
    }

    fn shard(slots: &[i64], nodes: Vec<Value>) -> Value {
        let slots = slots.iter().map(|slot| Value::Int(*slot)).collect();
        map(&[
            ("slots", Value::Array(slots)),
            ("nodes", Value::Array(nodes)),
        ])
    }

    fn info(state: &str) -> Value {
        word(&format!(
            "cluster_state:{state}\r\ncluster_current_epoch:7\r\n"
        ))
    }

    fn read(state: &str, shards: Vec<Value>, tls: bool) -> Result<Map, Fault> {
        Map::read(&mut [info(state), Value::Array(shards)].into_iter(), tls)
    }

    #[test]
    fn the_masters_that_have_slots_are_read() {
        let shards = vec![
            shard(
                &[0, 99, 200, 200],
                vec![
                    node("r", "replica", "online"),
                    node("m", "master", "online"),
                ],
            ),
            shard(&[], vec![node("empty", "master", "online")]),
            shard(
                &[300, 400],
                vec![
                    node("gone", "master", "fail"),
                    node("new", "master", "online"),
                ],
            ),
        ];
        let map = read("ok", shards, false).unwrap();
        assert_eq!(map.epoch, 7);
        assert_eq!(map.slots_of("m"), Some(&vec![(0, 99), (200, 200)]));
        assert_eq!(map.slots_of("new"), Some(&vec![(300, 400)]));
        assert!(map.slots_of("gone").is_none() && map.slots_of("empty").is_none());
        assert_eq!(map.masters[0].at.to_string(), "10.0.0.1:7000");
        assert_eq!(map.replicas.len(), 1);
    }

    #[test]
    fn a_node_is_asked_at_its_tls_port_where_tls_is_spoken() {
        let shards = vec![shard(&[0, 1], vec![node("m", "master", "online")])];
        assert_eq!(read("ok", shards, true).unwrap().masters[0].at.port, 7_100);
    }

    #[test]
    fn a_node_that_is_cut_off_or_talks_nonsense_has_no_map() {
        assert_eq!(read("fail", Vec::new(), false), Err(Fault::ClusterDown));
        for answers in [
            vec![],
            vec![word("x"), word("y")],
            vec![info("ok"), word("y")],
        ] {
            let map = Map::read(&mut answers.into_iter(), false);
            assert_eq!(map, Err(Fault::Protocol));
        }
    }

    #[test]
    fn a_slot_that_went_away_is_noticed_and_one_that_came_is_not() {
        let before = vec![(0, 10), (20, 30)];
        assert!(!lost_some(&before, &before));
        assert!(!lost_some(&before, &vec![(0, 40)]));
        assert!(lost_some(&before, &vec![(0, 10), (20, 29)]));
        assert!(lost_some(&before, &Vec::new()));
    }
}
