//! What is asked of a node. Each operation is one round trip, and each script
//! touches keys of one slot.

use std::sync::Arc;

use redis::{Cmd, Pipeline, Value};

use super::fault::Fault;
use super::link::Link;
use super::live::{Live, unwrap};
use super::scripts::{self, FILL, LEASE, Lua, NOSTORE, RELEASE, RENEW, STAMP};

/// A wish for the lease of an entry.
#[derive(Debug)]
pub(crate) struct LeaseAsk<'a> {
    pub(crate) lease: &'a str,
    pub(crate) entry: &'a str,
    pub(crate) token: &'a [u8; 16],
    pub(crate) ttl_ms: u64,
    /// What stood in the id's place of the entry found invalid; empty if there was none.
    pub(crate) invalid_id: &'a [u8],
    /// Share another holder's token instead of waiting for it.
    pub(crate) share: bool,
}

/// A wish for a stamp, made if need be.
#[derive(Debug)]
pub(crate) struct StampAsk<'a> {
    pub(crate) name: &'a str,
    pub(crate) fresh: [u8; 16],
    pub(crate) need_ms: u64,
}

/// What became of a wish for a lease.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leased {
    Acquired,
    Held,
    Shared {
        token: [u8; 16],
    },
    NoStore,
    /// Another entry than the one found invalid.
    Entry(Vec<u8>),
}

/// The reply to both wishes.
#[derive(Debug)]
pub(crate) struct LeaseReply {
    pub(crate) leased: Leased,
    pub(crate) stamps: Vec<Option<[u8; 24]>>,
    pub(crate) node_ms: u64,
    pub(crate) run_id: [u8; 8],
}

/// What became of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    Stored,
    Lost,
}

impl Link {
    /// Asks for a lease, and in the same round trip for the stamps that a load notes before it
    /// begins.
    pub(crate) async fn lease(
        &self,
        ask: &LeaseAsk<'_>,
        stamps: &[StampAsk<'_>],
    ) -> Result<LeaseReply, Fault> {
        let live = self.live().await?;
        let mut pipeline = redis::pipe();
        let mut lease = LEASE.call(2);
        lease
            .arg(ask.lease)
            .arg(ask.entry)
            .arg(ask.token.as_slice())
            .arg(ask.ttl_ms);
        lease.arg(ask.invalid_id).arg(u8::from(ask.share));
        pipeline.add_command(lease);
        add_stamps(&mut pipeline, &live, stamps);
        let mut answers = self.scripted(&live, &pipeline).await?.into_iter();
        Ok(LeaseReply {
            leased: leased(unwrap(answers.next().ok_or(Fault::Protocol)?)?)?,
            stamps: made(answers)?,
            node_ms: live.node_ms(),
            run_id: live.run_id,
        })
    }

    /// Reads stamps, and makes those that are missing.
    pub(crate) async fn stamps(
        &self,
        asks: &[StampAsk<'_>],
    ) -> Result<Vec<Option<[u8; 24]>>, Fault> {
        let live = self.live().await?;
        let mut pipeline = redis::pipe();
        add_stamps(&mut pipeline, &live, asks);
        made(self.scripted(&live, &pipeline).await?.into_iter())
    }

    /// Stores a frame if the lease still holds the token.
    pub(crate) async fn fill(
        &self,
        entry: &str,
        lease: &str,
        token: &[u8; 16],
        frame: &[u8],
        ttl_ms: u64,
    ) -> Result<Filled, Fault> {
        let mut call = FILL.call(2);
        call.arg(lease)
            .arg(entry)
            .arg(token.as_slice())
            .arg(frame)
            .arg(ttl_ms);
        Ok(if self.yes(call).await? {
            Filled::Stored
        } else {
            Filled::Lost
        })
    }

    /// Lets the lease live on, if it is ours.
    pub(crate) async fn renew(
        &self,
        lease: &str,
        token: &[u8; 16],
        ms: u64,
    ) -> Result<bool, Fault> {
        self.yes(owned(&RENEW, lease, token, Some(ms))).await
    }

    /// Gives the lease back, if it is ours.
    pub(crate) async fn release(&self, lease: &str, token: &[u8; 16]) -> Result<bool, Fault> {
        self.yes(owned(&RELEASE, lease, token, None)).await
    }

    /// Leaves word that nothing was stored, if the lease is ours.
    pub(crate) async fn nostore(
        &self,
        lease: &str,
        token: &[u8; 16],
        ms: u64,
    ) -> Result<bool, Fault> {
        self.yes(owned(&NOSTORE, lease, token, Some(ms))).await
    }

    /// Overwrites the lease, whoever holds it.
    pub(crate) async fn claim(&self, lease: &str, token: &[u8; 16], ms: u64) -> Result<(), Fault> {
        let mut command = redis::cmd("SET");
        command.arg(lease).arg(token.as_slice()).arg("PX").arg(ms);
        self.command(&command).await
    }

    /// Deletes keys, in this order.
    pub(crate) async fn unlink(&self, names: &[String]) -> Result<(), Fault> {
        if names.is_empty() {
            return Ok(());
        }
        let mut command = redis::cmd("UNLINK");
        command.arg(names);
        self.command(&command).await
    }

    async fn yes(&self, call: Cmd) -> Result<bool, Fault> {
        let live = self.live().await?;
        let mut pipeline = redis::pipe();
        pipeline.add_command(call);
        let answer = self
            .scripted(&live, &pipeline)
            .await?
            .pop()
            .ok_or(Fault::Protocol)?;
        Ok(unwrap(answer)? == Value::Int(1))
    }

    async fn command(&self, command: &Cmd) -> Result<(), Fault> {
        let live = self.live().await?;
        self.watched(&live, live.command(command).await).map(drop)
    }

    /// Script calls; scripts that the server forgot are loaded again, once. Every script may be
    /// run twice: the same token takes a lease once, and a spent one stores nothing.
    async fn scripted(&self, live: &Arc<Live>, calls: &Pipeline) -> Result<Vec<Value>, Fault> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.watched(live, live.commands(calls).await)?;
        if !answers
            .iter()
            .any(|answer| Fault::of_answer(answer) == Some(Fault::NoScript))
        {
            return Ok(answers);
        }
        for loaded in self.watched(live, live.commands(&scripts::load()).await)? {
            unwrap(loaded)?;
        }
        self.watched(live, live.commands(calls).await)
    }

    /// A connection that turned out to be of no use is given up at once, for all.
    pub(super) fn watched<T>(
        &self,
        live: &Arc<Live>,
        answer: Result<T, Fault>,
    ) -> Result<T, Fault> {
        if answer
            .as_ref()
            .is_err_and(|fault| fault.ends_the_connection())
        {
            self.0.live.compare_and_swap(live, None);
        }
        answer
    }
}

fn add_stamps(pipeline: &mut Pipeline, live: &Live, asks: &[StampAsk<'_>]) {
    for ask in asks {
        let mut call = STAMP.call(1);
        call.arg(ask.name)
            .arg(ask.fresh.as_slice())
            .arg(live.run_id.as_slice())
            .arg(ask.need_ms);
        pipeline.add_command(call);
    }
}

fn owned(script: &Lua, lease: &str, token: &[u8; 16], ms: Option<u64>) -> Cmd {
    let mut call = script.call(1);
    call.arg(lease).arg(token.as_slice()).arg(ms);
    call
}

fn made(answers: impl Iterator<Item = Value>) -> Result<Vec<Option<[u8; 24]>>, Fault> {
    answers
        .map(|answer| Ok(bytes(unwrap(answer)?).and_then(|stamp| stamp.try_into().ok())))
        .collect()
}

fn leased(answer: Value) -> Result<Leased, Fault> {
    let Value::Array(items) = answer else {
        return Err(Fault::Protocol);
    };
    let mut items = items.into_iter();
    let word = items.next().and_then(bytes).ok_or(Fault::Protocol)?;
    let second = items.next();
    Ok(match (&*word, second) {
        (b"acquired", None) => Leased::Acquired,
        (b"held", Some(_)) => Leased::Held,
        (b"nostore", None) => Leased::NoStore,
        (b"shared", Some(token)) => Leased::Shared {
            token: bytes(token)
                .and_then(|t| t.try_into().ok())
                .ok_or(Fault::Protocol)?,
        },
        (b"entry", Some(frame)) => Leased::Entry(bytes(frame).ok_or(Fault::Protocol)?),
        _ => return Err(Fault::Protocol),
    })
}

pub(super) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}
