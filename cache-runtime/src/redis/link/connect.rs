//! The handshake: what is learnt of a node before its connection is used.

use std::sync::Arc;

use redis::{ErrorKind, ProtocolVersion, RedisError};

use super::connection::Connection;
use super::ears::Hear;
use super::live::{Greeting, Live};
use super::member::Member;
use super::opening::opened;
use super::pace::ATTEMPT;
use super::pace::timeouts::End;
use super::rights;
use super::shared::Shared;
use crate::boxed::boxed;
use crate::clock::Clock;
use crate::own_thread::timeout;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::{may_be_master, time_ms};
use crate::redis::wire::error::{refusal, unwrap};
use crate::redis::wire::run::Run;
use crate::redis::wire::scripts;
use crate::redis::wire::settings::LinkSettings;

/// Finds the node, connects, loads the scripts and learns the node's run, role and time; says so
/// at each step of the way.
pub(super) async fn connect(link: &Shared) -> Result<Live, Fault> {
    let settings = &link.settings;
    let patience = ATTEMPT.max(settings.op_timeout);
    let attempt = async {
        let end = Arc::new(End::default());
        let node = link.resolver.resolve(settings, patience / 2).await?;
        link.step();
        let opened = opened(&node, boxed(|| open(&node, &end, &link.ears.push))).await;
        link.step();
        let (connection, pushes) = opened?;
        let greeting = greet(&connection, pushes, &node).await?;
        link.step();
        let callers = Arc::clone(&link.callers);
        Ok(Live::new(connection, greeting, &node, end, callers))
    };
    timeout(patience, attempt)
        .await
        .unwrap_or(Err(Fault::Timeout))
}

/// Speaks RESP3, in which a node can push, or RESP2 to a server that refuses it.
async fn open(
    settings: &LinkSettings,
    end: &Arc<End>,
    hear: &Hear,
) -> Result<(Connection, bool), RedisError> {
    let has_password = settings.info.redis_settings().password().is_some();
    match Connection::open(settings, ProtocolVersion::RESP3, end, hear).await {
        Err(error) if refuses_resp3(&error, has_password) => {
            Connection::open(settings, ProtocolVersion::RESP2, end, hear)
                .await
                .map(|connection| (connection, false))
        }
        opened => opened.map(|connection| (connection, true)),
    }
}

/// Whether it was the `HELLO` that the server would not have, not the user or the database.
fn refuses_resp3(error: &RedisError, has_password: bool) -> bool {
    let of_hello = || {
        error
            .detail()
            .is_some_and(|text| text.to_lowercase().contains("hello"))
    };
    match (error.kind(), error.code()) {
        (ErrorKind::RESP3NotSupported, _) | (_, Some("NOPROTO")) => true,
        (_, Some("ERR" | "NOPERM")) => of_hello(),
        // It did not look at the password that came with the `HELLO`, so it does not know it.
        (_, Some("NOAUTH")) => has_password,
        _ => false,
    }
}

/// One round trip. A node that is no master, or not ready, is refused here rather than used until
/// the first heartbeat.
///
/// Tracking is on before anything is read. A user that may not ask for it, or a server that does
/// not know it, is used all the same: memory then trusts a read for `lag` and no longer.
async fn greet(
    connection: &Connection,
    pushes: bool,
    node: &LinkSettings,
) -> Result<Greeting, Fault> {
    let mut pipeline = scripts::load();
    if let Some(key) = &node.probe {
        rights::ask(&mut pipeline, key, node.replicas.is_some());
    }
    let tried = pipeline.len();
    let pushes = pushes && node.tracked;
    if pushes {
        // Not `NOLOOP`: it also holds back what is evicted, expires or is forgotten while the node
        // runs a command of this client.
        pipeline.cmd("CLIENT").arg("TRACKING").arg("ON");
        if let Some(beginning) = &node.watched {
            pipeline.arg("BCAST").arg("PREFIX").arg(beginning);
        }
    }
    Run::ask(&mut pipeline);
    pipeline.cmd("TIME");
    pipeline.cmd("ROLE");
    if node.in_cluster {
        Member::ask(&mut pipeline);
    }
    let sent = Clock::default().now();
    let answers = connection
        .send(pipeline.get_packed_pipeline(), pipeline.len())
        .await?;
    if answers
        .iter()
        .any(|answer| refusal(answer) == Some(Fault::NotReady))
    {
        return Err(Fault::NotReady);
    }
    let denied = rights::denied(answers.iter());
    // What was tried matters no further: a user that may not load scripts, say, may call those that
    // another loaded.
    let mut answers = answers.into_iter().skip(tried);
    let mut answer = || unwrap(answers.next().ok_or(Fault::Protocol)?);
    let tracks = pushes && answer().is_ok();
    let run = Run::read(&mut answer)?;
    let node_ms = time_ms(&answer()?).ok_or(Fault::Protocol)?;
    let role = answer();
    if let (true, Err(fault)) = (node.found.is_some() && !node.in_cluster, &role) {
        // It was a master when somebody said so, and nothing would tell that it is one no longer.
        return Err(*fault);
    }
    if !may_be_master(role) {
        return Err(Fault::ReadOnly);
    }
    let member = match node.in_cluster {
        true => Some(Member::read(&mut answers, node.speaks_tls())?),
        false => None,
    };
    Ok(Greeting {
        denied,
        run,
        node_ms,
        sent,
        tracks,
        member,
    })
}
