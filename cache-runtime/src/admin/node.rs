//! How the servers are set up, and how quickly they answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Admin, PATIENCE, unavailable};
use crate::clock::{Stopwatch, unix_ms};
use crate::error::CacheError;
use crate::lease::Token;
use crate::own_thread::timeout;
use crate::redis::{Cursor, Fault, LinkState, Master, Said};
use crate::site::Named;

/// The settings of a server that matter to the cache.
const SETTINGS: &[&str] = &[
    "maxmemory",
    "maxmemory-policy",
    "tracking-table-max-keys",
    "save",
    "appendonly",
    "appendfsync",
    "min-replicas-to-write",
];

/// A node that has keys: what it says of itself, and what it may not be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NodeFacts {
    /// Its address, or the name that sentinels know it by.
    pub node: String,
    /// Why there is no connection, if there is none.
    pub away: Option<&'static str>,
    /// Whether it pushes changes to this connection: it speaks RESP3, and the user may ask for it.
    pub is_tracked: bool,
    /// What the user may not do that the cache needs: `no_permission: mget`.
    pub denied: Vec<&'static str>,
    /// Its clock, in Unix milliseconds.
    pub node_ms: Option<u64>,
    /// This machine's clock at the same moment.
    pub here_ms: u64,
    /// What `INFO` says, by field.
    pub info: BTreeMap<String, String>,
    /// Those of its settings that matter, by name; empty where the user may not ask (`config|get`).
    pub config: BTreeMap<String, String>,
    /// What `CLUSTER INFO` says, by field, of a node of a cluster.
    pub cluster: BTreeMap<String, String>,
    /// What could not be asked for, and why.
    pub refused: BTreeMap<&'static str, &'static str>,
    /// How many keys it has, of this cache or not.
    pub keys: Option<u64>,
    /// How long it takes to answer.
    pub round_trips: Option<RoundTrips>,
}

/// How long answers took, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoundTrips {
    /// How many were asked for, one after the other.
    pub count: u64,
    /// Half of them took at most this.
    pub p50_us: u64,
    /// All but one in a hundred took at most this.
    pub p99_us: u64,
}

/// What keys there are, by their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Keyspace {
    /// How many were looked at.
    pub looked_at: u64,
    /// Whether these are all.
    pub is_whole: bool,
    /// Entries of this cache.
    pub entries: u64,
    /// Leases of this cache.
    pub leases: u64,
    /// Stamps of tags, namespaces and buckets.
    pub stamps: u64,
    /// Keys under the prefix that are none of these.
    pub others: u64,
    /// Keys that are not under the prefix.
    pub foreign: u64,
}

impl Admin {
    /// Every node that has keys, with `asked` round trips measured at each. Of a cluster that can't be used these are
    /// the nodes that the URL names.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if it is not known which nodes there are. One that does not answer is told of as
    /// away.
    pub async fn nodes(&self, asked: usize) -> Result<Vec<NodeFacts>, CacheError> {
        let redis = self.redis()?;
        let found = timeout(PATIENCE, redis.masters()).await;
        let masters = match found.unwrap_or(Err(Fault::Timeout)) {
            Ok(masters) => masters,
            Err(_) if self.cache.tiers().spans_nodes() => {
                return Ok(self.facts_alone(&redis.seeds(), asked).await);
            }
            Err(fault) => return Err(unavailable("find the nodes", fault)),
        };
        let mut nodes = Vec::with_capacity(masters.len());
        for master in masters {
            nodes.push(self.facts(&master, asked).await);
        }
        Ok(nodes)
    }

    /// How long a script takes, with the way there and back; `None` if it can't be run.
    pub async fn script_round_trips(&self, asked: usize) -> Option<RoundTrips> {
        let redis = self.redis().ok()?;
        let marker = self.names().marker();
        // A lease of this token there is not, so nothing is released.
        let token = Token::default();
        let mut spans = Vec::with_capacity(asked);
        for _ in 0..asked {
            let clock = Stopwatch::start();
            redis.release(&marker, &token).await.ok()?;
            spans.push(clock.elapsed());
        }
        RoundTrips::of(spans)
    }

    /// What keys there are, looking at about `most` of them.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked.
    pub async fn keyspace(&self, most: u64) -> Result<Keyspace, CacheError> {
        let failed = |fault| unavailable("scan", fault);
        let mut cursor = self.redis()?.walk().await.map_err(failed)?;
        let (mut keyspace, mut steps) = (Keyspace::default(), 0);
        while steps < most.div_ceil(Cursor::STEP) {
            let Some(names) = cursor.next("*").await.map_err(failed)? else {
                keyspace.is_whole = true;
                break;
            };
            steps += 1;
            names
                .iter()
                .for_each(|name| self.count(&mut keyspace, name));
        }
        Ok(keyspace)
    }

    fn count(&self, keyspace: &mut Keyspace, name: &str) {
        keyspace.looked_at += 1;
        let names = self.names();
        let kind = match names.read(name.as_bytes()) {
            Some(Named::Entry(entry)) if entry.len() < name.len() => &mut keyspace.leases,
            Some(Named::Entry(entry)) if names.parts(entry).is_some() => &mut keyspace.entries,
            Some(Named::Tag(_) | Named::Namespace(_) | Named::Bucket(_)) => &mut keyspace.stamps,
            _ if names.has_prefix(name) => &mut keyspace.others,
            _ => &mut keyspace.foreign,
        };
        *kind += 1;
    }

    /// Of nodes that are connected to for this alone.
    async fn facts_alone(&self, masters: &[Master], asked: usize) -> Vec<NodeFacts> {
        let mut nodes = Vec::with_capacity(masters.len());
        for master in masters {
            // What comes of it stands in its report.
            let _ = timeout(PATIENCE, master.up()).await;
            nodes.push(self.facts(master, asked).await);
            master.close().await;
        }
        nodes
    }

    async fn facts(&self, master: &Master, asked: usize) -> NodeFacts {
        let mut facts = NodeFacts::of(master);
        if facts.away.is_none() {
            self.ask_of(master, &mut facts).await;
            facts.round_trips = round_trips(master, asked).await;
        }
        facts
    }

    async fn ask_of(&self, master: &Master, facts: &mut NodeFacts) {
        let mut config: Vec<&[u8]> = vec![b"CONFIG", b"GET"];
        // A server before 7.0 takes one pattern, so each is asked for by itself.
        for setting in SETTINGS {
            config.truncate(2);
            config.push(setting.as_bytes());
            match master.say(&config).await {
                Ok(said) => facts.config.extend(pair(&said)),
                Err(fault) => {
                    facts.refused.insert("CONFIG GET", fault.as_str());
                    break;
                }
            }
        }
        let spans_nodes = self.cache.tiers().spans_nodes();
        facts.ask_info(master, spans_nodes).await;
        match master.say(&[b"DBSIZE"]).await {
            Ok(said) => facts.keys = said.number().and_then(|keys| u64::try_from(keys).ok()),
            Err(fault) => drop(facts.refused.insert("DBSIZE", fault.as_str())),
        }
    }
}

impl NodeFacts {
    /// What is known of a node that was asked for nothing yet.
    pub(super) fn of(master: &Master) -> Self {
        let report = master.report();
        Self {
            node: report.node,
            away: match report.state {
                LinkState::Up => None,
                LinkState::Connecting => Some(Fault::Timeout.as_str()),
                LinkState::Down { cause, .. } => Some(cause.as_str()),
            },
            is_tracked: report.vouch.is_some_and(|vouch| vouch.pushes()),
            denied: report.denied.iter().map(|fault| fault.as_str()).collect(),
            node_ms: master.node_ms(),
            here_ms: unix_ms(),
            info: BTreeMap::new(),
            config: BTreeMap::new(),
            cluster: BTreeMap::new(),
            refused: BTreeMap::new(),
            keys: None,
            round_trips: None,
        }
    }

    /// What it says by `INFO` and, in a cluster, by `CLUSTER INFO`.
    pub(super) async fn ask_info(&mut self, master: &Master, spans_nodes: bool) {
        match master.say(&[b"INFO"]).await {
            Ok(said) => self.info = fields(&said),
            Err(fault) => drop(self.refused.insert("INFO", fault.as_str())),
        }
        if spans_nodes {
            match master.say(&[b"CLUSTER", b"INFO"]).await {
                Ok(said) => self.cluster = fields(&said),
                Err(fault) => drop(self.refused.insert("CLUSTER INFO", fault.as_str())),
            }
        }
    }
}

async fn round_trips(master: &Master, asked: usize) -> Option<RoundTrips> {
    let mut spans = Vec::with_capacity(asked);
    for _ in 0..asked {
        let clock = Stopwatch::start();
        master.say(&[b"TIME"]).await.ok()?;
        spans.push(clock.elapsed());
    }
    RoundTrips::of(spans)
}

impl RoundTrips {
    fn of(mut spans: Vec<Duration>) -> Option<Self> {
        spans.sort_unstable();
        let at = |percent: usize| {
            let rank = (spans.len() * percent).div_ceil(100).max(1);
            let span = spans.get(rank - 1)?;
            u64::try_from(span.as_micros()).ok()
        };
        Some(Self {
            count: spans.len() as u64,
            p50_us: at(50)?,
            p99_us: at(99)?,
        })
    }
}

/// A setting, as `CONFIG GET` of one name has it.
fn pair(said: &Said) -> Option<(String, String)> {
    match said.list()? {
        [name, value] => Some((name.text()?.to_owned(), value.text()?.to_owned())),
        _ => None,
    }
}

/// The lines `field:value` of a text.
pub(super) fn fields(said: &Said) -> BTreeMap<String, String> {
    let lines = said.text().unwrap_or_default().lines();
    let pairs = lines.filter_map(|line| line.trim_end().split_once(':'));
    pairs
        .map(|(field, value)| (field.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let spans = (1..=100).map(Duration::from_micros).collect();
        let trips = RoundTrips::of(spans).unwrap();
        assert_eq!((trips.count, trips.p50_us, trips.p99_us), (100, 50, 99));
        let one = RoundTrips::of(vec![Duration::from_micros(7)]).unwrap();
        assert_eq!((one.p50_us, one.p99_us), (7, 7));
        assert_eq!(RoundTrips::of(Vec::new()), None);
    }

    #[test]
    fn a_text_of_fields_is_read() {
        let said = Said::Bytes(b"# Server\r\nredis_version:7.0.15\r\nos:Linux: 6\r\n".to_vec());
        let fields = fields(&said);
        assert_eq!(fields["redis_version"], "7.0.15");
        assert_eq!(fields["os"], "Linux: 6");
        assert_eq!(fields.len(), 2);
    }
}
