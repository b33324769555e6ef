//! What the servers of a running program say of themselves, for who exports it.

use super::node::fields;
use super::{NodeFacts, PATIENCE, unavailable};
use crate::cache::Cache;
use crate::error::CacheError;
use crate::own_thread::timeout;
use crate::redis::Fault;

/// What each server with keys says of itself, asked over the connections that the program's own cache has:
/// [`info`](NodeFacts::info), with a field `cmdstat_..` for each command, and in a cluster
/// [`cluster`](NodeFacts::cluster). Settings, keys and round trips, which take more, are left empty;
/// [`Admin::nodes`](super::Admin::nodes) asks for these.
///
/// It is two commands a server ([`INFO`](https://redis.io/docs/latest/commands/info/)), of a cluster three; each takes a
/// server some 100 µs, so it is for a task, and not for each scrape. A server that does not answer is told of as away, one
/// whose user may not ask (`info`) by [`refused`](NodeFacts::refused).
///
/// # Errors
///
/// [`CacheError::Unavailable`] without Redis, or if it is not known which servers there are.
///
/// # Cancellation
///
/// Dropping the future leaves nothing behind.
pub async fn servers(cache: &Cache) -> Result<Vec<NodeFacts>, CacheError> {
    const DOING: &str = "ask the servers";
    let tiers = cache.tiers();
    let redis = tiers.redis.as_ref().filter(|_| tiers.is_on());
    let redis = redis.ok_or_else(|| unavailable(DOING, Fault::Down))?;
    let found = timeout(PATIENCE, redis.masters()).await;
    let masters = found.unwrap_or(Err(Fault::Timeout));
    let masters = masters.map_err(|fault| unavailable(DOING, fault))?;
    let mut servers = Vec::with_capacity(masters.len());
    for master in masters {
        let mut facts = NodeFacts::of(&master);
        if facts.away.is_none() {
            facts.ask_info(&master, tiers.spans_nodes()).await;
            match master.say(&[b"INFO", b"commandstats"]).await {
                Ok(said) => facts.info.extend(fields(&said)),
                Err(fault) => drop(facts.refused.insert("INFO commandstats", fault.as_str())),
            }
        }
        servers.push(facts);
    }
    Ok(servers)
}
