//! The handshake: what is learnt of a node before its connection is used.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, ProtocolVersion, RedisError, Value};

use super::fault::Fault;
use super::live::Live;
use super::scripts::SCRIPTS;
use super::settings::LinkSettings;

/// Longest for the whole handshake, TLS included.
const PATIENCE: Duration = Duration::from_secs(2);

/// Commands that wait in the client at most; more wait for room.
const QUEUE: usize = 1_024;

/// Connects, loads the scripts and learns the node's run id and time.
pub(super) async fn connect(settings: &LinkSettings) -> Result<Live, Fault> {
    let connected = tokio::time::timeout(PATIENCE, open(settings)).await;
    let connection = connected.map_err(|_| Fault::Timeout)?.map_err(|error| Fault::of(&error))?;
    let live = Live::new(connection, [0; 8], settings.op_timeout.max(PATIENCE / 2));
    let mut greeting = redis::pipe();
    for script in SCRIPTS {
        greeting.cmd("SCRIPT").arg("LOAD").arg(script.code());
    }
    greeting.cmd("INFO").arg("server");
    greeting.cmd("TIME");
    let sent = live.now();
    let mut answers = live.commands(&greeting).await?.into_iter().skip(SCRIPTS.len());
    let mut answer = || super::live::unwrap(answers.next().ok_or(Fault::Protocol)?);
    let run_id = run_id(&answer()?).ok_or(Fault::Protocol)?;
    let node_ms = time_ms(&answer()?).ok_or(Fault::Protocol)?;
    let live = Live::new(live.connection, run_id, settings.op_timeout);
    live.set_time(node_ms, sent);
    Ok(live)
}

async fn open(settings: &LinkSettings) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(Some(PATIENCE))
        .set_pipeline_buffer_size(QUEUE);
    let opened = client(settings, ProtocolVersion::RESP3)?
        .get_multiplexed_async_connection_with_config(&config)
        .await;
    match opened {
        Err(error) if error.kind() == ErrorKind::RESP3NotSupported => {
            client(settings, ProtocolVersion::RESP2)?
                .get_multiplexed_async_connection_with_config(&config)
                .await
        }
        opened => opened,
    }
}

fn client(settings: &LinkSettings, protocol: ProtocolVersion) -> Result<Client, RedisError> {
    let redis = settings.info.redis_settings().clone().set_protocol(protocol);
    let info = settings.info.clone().set_redis_settings(redis);
    #[cfg(feature = "tls")]
    if let redis::ConnectionAddr::TcpTls { .. } = info.addr() {
        // Only the first call in a process sets it; a provider of the user's own stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificates = redis::TlsCertificates {
            client_tls: None,
            root_cert: settings.ca.clone(),
        };
        return Client::build_with_tls(info, certificates);
    }
    Client::open(info)
}

/// The first 8 bytes of `run_id:` in `INFO server`.
fn run_id(info: &Value) -> Option<[u8; 8]> {
    let text = match info {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok()?,
        Value::VerbatimString { text, .. } => text,
        Value::SimpleString(text) => text,
        _ => return None,
    };
    let id = text.lines().find_map(|line| line.strip_prefix("run_id:"))?;
    let digits = id.get(..16)?;
    u64::from_str_radix(digits, 16).ok().map(u64::to_be_bytes)
}

/// `TIME` in milliseconds.
pub(super) fn time_ms(time: &Value) -> Option<u64> {
    let (seconds, micros): (u64, u64) = redis::from_redis_value_ref(time).ok()?;
    Some(seconds * 1_000 + micros / 1_000)
}
