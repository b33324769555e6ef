//! Asking a cluster's nodes for its map, over connections of the moment.

use std::sync::Arc;
use std::time::Duration;

use redis::{AsyncConnectionConfig, ProtocolVersion};
use tokio::task::JoinSet;

use crate::boxed::boxed;
use crate::own_thread::timeout;
use crate::redis::link::opened;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::map::{self, Map};
use crate::redis::wire::settings::{Address, LinkSettings};

/// At most this many nodes are asked at once.
const ASKED: usize = 8;

/// How long another may take that knows of a later change than the first to answer.
const GRACE: Duration = Duration::from_millis(20);

/// The latest map that some of these nodes know, all asked at once: one that hangs costs nothing.
/// It says so whenever one of them let it in.
pub(super) async fn discover(
    settings: &LinkSettings,
    nodes: Vec<Address>,
    at_step: Arc<dyn Fn() + Send + Sync>,
) -> Result<Map, Fault> {
    let mut asking = JoinSet::new();
    for node in nodes.into_iter().take(ASKED) {
        let (settings, limit) = (settings.clone(), patience(settings));
        let at_step = Arc::clone(&at_step);
        asking.spawn(async move {
            let asked = timeout(limit, ask(&settings, &node, &*at_step));
            asked.await.unwrap_or(Err(Fault::Timeout))
        });
    }
    let (mut latest, mut cause) = (None::<Map>, Fault::Unreachable);
    loop {
        let answer = match &latest {
            None => asking.join_next().await,
            Some(_) => timeout(GRACE, asking.join_next()).await.unwrap_or(None),
        };
        match answer {
            Some(Ok(Ok(map))) => {
                if latest.as_ref().is_none_or(|known| known.epoch < map.epoch) {
                    latest = Some(map);
                }
            }
            Some(Ok(Err(fault))) => cause = worse(cause, fault),
            // A task that was dropped with its runtime.
            Some(Err(_)) => {}
            None => return latest.ok_or(cause),
        }
    }
}

/// What is told where none had a map: a word of a node's says more than that another is away.
fn worse(one: Fault, other: Fault) -> Fault {
    let rank = |fault| match fault {
        Fault::Unreachable => 0,
        Fault::Timeout | Fault::Broken => 1,
        _ => 2,
    };
    if rank(other) > rank(one) { other } else { one }
}

async fn ask(
    settings: &LinkSettings,
    node: &Address,
    at_step: &(dyn Fn() + Send + Sync),
) -> Result<Map, Fault> {
    let settings = settings.at(&node.host, node.port);
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None);
    let client = settings
        .client(ProtocolVersion::RESP2)
        .map_err(|error| Fault::from(&error))?;
    let opening = boxed(|| client.get_multiplexed_async_connection_with_config(&config));
    let mut connection = opened(&settings, opening).await?;
    at_step();
    let mut pipeline = redis::pipe();
    map::add_ask(&mut pipeline);
    let answers = connection.send_packed_commands(&pipeline, 0, pipeline.len());
    let answers = answers.await.map_err(|error| Fault::from(&error))?;
    let map = Map::read(&mut answers.into_iter(), settings.speaks_tls())?;
    Ok(map.seen_from(&node.host))
}

/// How long a node may take to say where the others are.
fn patience(settings: &LinkSettings) -> Duration {
    settings.op_timeout.max(Duration::from_millis(500))
}
