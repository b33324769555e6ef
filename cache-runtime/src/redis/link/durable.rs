//! Deletions that are acknowledged only once replicas have them.
//!
//! `WAIT` stands for the writes of its own connection and holds up whatever is sent behind it, so it
//! gets a connection to itself (<https://redis.io/docs/latest/commands/wait/>).

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, ProtocolVersion, Value};
use tokio::sync::Mutex;

use super::resolver::Resolver;
use crate::own_thread::timeout;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::error::{refusal, unwrap};
use crate::redis::wire::settings::{LinkSettings, Replicas};

/// The connection for them, made at the first.
#[derive(Default)]
pub(super) struct Durable(Mutex<Option<MultiplexedConnection>>);

impl Durable {
    /// Deletes keys, and waits for as many replicas to have that as the settings ask.
    pub(super) async fn unlink(
        &self,
        settings: &LinkSettings,
        resolver: &Resolver,
        names: &[String],
        asking: bool,
    ) -> Result<Value, Fault> {
        let replicas = settings.replicas.as_ref().ok_or(Fault::Protocol)?;
        // Two round trips at most, of which the second waits for the replicas.
        let limit = settings.op_timeout * 2;
        let mut slot = timeout(limit, self.0.lock())
            .await
            .map_err(|_| Fault::Timeout)?;
        let deleting = async {
            let mut connection = match &*slot {
                Some(connection) => connection.clone(),
                None => open(settings, resolver).await?,
            };
            let deletion = pipeline(replicas, names, settings.op_timeout, asking);
            let sent = connection.send_packed_commands(&deletion, 0, deletion.len());
            let answers = sent.await.map_err(|error| Fault::from(&error))?;
            let deleted = deleted(answers, replicas, asking)?;
            Ok((connection, deleted))
        };
        let outcome = timeout(limit, deleting).await;
        match outcome.unwrap_or(Err(Fault::Timeout)) {
            Ok((connection, deleted)) => {
                *slot = Some(connection);
                Ok(deleted)
            }
            Err(fault) => {
                // Too few replicas is an answer; after anything else the connection is not trusted.
                if fault != Fault::NotReplicated {
                    *slot = None;
                }
                Err(fault)
            }
        }
    }
}

async fn open(
    settings: &LinkSettings,
    resolver: &Resolver,
) -> Result<MultiplexedConnection, Fault> {
    let config = redis::AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None);
    // Asked anew for each connection: a deletion belongs on the master of the day.
    let node = resolver.resolve(settings, settings.op_timeout).await?;
    let client = node
        .client(ProtocolVersion::RESP2)
        .map_err(|error| Fault::from(&error))?;
    let opened = client
        .get_multiplexed_async_connection_with_config(&config)
        .await;
    opened.map_err(|error| match Fault::from(&error) {
        Fault::Broken => Fault::Unreachable,
        fault => fault,
    })
}

fn pipeline(replicas: &Replicas, names: &[String], patience: Duration, asking: bool) -> Pipeline {
    let mut pipeline = redis::pipe();
    if asking {
        pipeline.cmd("ASKING");
    }
    pipeline.cmd("UNLINK").arg(names);
    // A deletion that finds nothing is no write, and `WAIT` would not wait for the one before it,
    // which an earlier connection may have made. The marker is in the slot of what is deleted.
    if asking {
        pipeline.cmd("ASKING");
    }
    let marker = [&replicas.marker, slot_tag(names)].concat();
    pipeline.cmd("SET").arg(marker).arg(1).arg("PX").arg(1_000);
    let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    pipeline.cmd("WAIT").arg(replicas.count).arg(millis.max(1));
    pipeline
}

/// The braces of the first name, which decide its slot.
fn slot_tag(names: &[String]) -> &str {
    let braced = |name: &'_ String| Some((name.find('{')?, name.find('}')? + 1));
    let first = names.first();
    let bounds = first.and_then(braced).filter(|(from, to)| from < to);
    match (first, bounds) {
        (Some(name), Some((from, to))) => name.get(from..to).unwrap_or_default(),
        _ => "",
    }
}

/// The answer to the deletion itself, which in a cluster may be where else to go.
fn deleted(answers: Vec<Value>, replicas: &Replicas, asking: bool) -> Result<Value, Fault> {
    let mut answers = answers.into_iter().skip(usize::from(asking));
    let deleted = answers.next().ok_or(Fault::Protocol)?;
    match refusal(&deleted) {
        Some(Fault::SlotMoving) => return Ok(deleted),
        Some(fault) => return Err(fault),
        None => {}
    }
    let mut reached = Value::Nil;
    for answer in answers {
        reached = unwrap(answer)?;
    }
    match reached {
        Value::Int(count) if count >= i64::from(replicas.count) => Ok(deleted),
        Value::Int(_) => Err(Fault::NotReplicated),
        _ => Err(Fault::Protocol),
    }
}
