//! Deletions that are acknowledged only once replicas have them.
//!
//! `WAIT` stands for the writes of its own connection and holds up whatever is sent behind it, so it
//! gets a connection to itself (<https://redis.io/docs/latest/commands/wait/>).

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{ProtocolVersion, Value};
use tokio::sync::Mutex;

use super::connect::client;
use super::fault::Fault;
use super::live::unwrap;
use super::sentinel::resolve;
use super::settings::{LinkSettings, Replicas};

/// The connection for them, made at the first.
#[derive(Default)]
pub(super) struct Durable(Mutex<Option<MultiplexedConnection>>);

impl Durable {
    /// Deletes, and waits for so many replicas to have it.
    pub(super) async fn unlink(
        &self,
        settings: &LinkSettings,
        replicas: &Replicas,
        names: &[String],
    ) -> Result<(), Fault> {
        // Two round trips at most, of which the second waits for the replicas.
        let limit = settings.op_timeout * 2;
        let mut slot = tokio::time::timeout(limit, self.0.lock())
            .await
            .map_err(|_| Fault::Timeout)?;
        let deleting = async {
            let mut connection = match &*slot {
                Some(connection) => connection.clone(),
                None => open(settings).await?,
            };
            delete(&mut connection, replicas, names, settings.op_timeout).await?;
            Ok(connection)
        };
        let outcome = tokio::time::timeout(limit, deleting).await;
        match outcome.unwrap_or(Err(Fault::Timeout)) {
            Ok(connection) => {
                *slot = Some(connection);
                Ok(())
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

async fn open(settings: &LinkSettings) -> Result<MultiplexedConnection, Fault> {
    let config = redis::AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None);
    // Asked anew for each connection: a deletion belongs on the master of the day.
    let node = resolve(settings, settings.op_timeout).await?;
    let client = client(&node, ProtocolVersion::RESP2).map_err(|error| Fault::of(&error))?;
    let opened = client
        .get_multiplexed_async_connection_with_config(&config)
        .await;
    opened.map_err(|error| match Fault::of(&error) {
        Fault::Broken => Fault::Unreachable,
        fault => fault,
    })
}

async fn delete(
    connection: &mut MultiplexedConnection,
    replicas: &Replicas,
    names: &[String],
    patience: Duration,
) -> Result<(), Fault> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("UNLINK").arg(names);
    // A deletion that finds nothing is no write, and `WAIT` would not wait for the one before it,
    // which an earlier connection may have made.
    pipeline
        .cmd("SET")
        .arg(&replicas.marker)
        .arg(1)
        .arg("PX")
        .arg(1_000);
    let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    pipeline.cmd("WAIT").arg(replicas.count).arg(millis.max(1));
    let answers = connection
        .send_packed_commands(&pipeline, 0, pipeline.len())
        .await
        .map_err(|error| Fault::of(&error))?;
    let mut reached = Value::Nil;
    for answer in answers {
        reached = unwrap(answer)?;
    }
    match reached {
        Value::Int(count) if count >= i64::from(replicas.count) => Ok(()),
        Value::Int(_) => Err(Fault::NotReplicated),
        _ => Err(Fault::Protocol),
    }
}
