//! What is asked of a node. Each operation is one round trip, and each script
//! touches keys of one slot.

use std::sync::Arc;

use redis::{Cmd, Pipeline, Value};
use tokio::runtime::Handle;

use super::asks::{
    Filled, LeaseAsk, LeaseReply, StampAsk, Stamps, StampsThenKeys, bytes, leased, made,
};
use super::fault::Fault;
use super::link::Link;
use super::live::{Live, unwrap};
use super::scripts::{
    self, EXPIRE, EXPIRE_ENTRY, FILL, LEASE, Lua, NOSTORE, RELEASE, RENEW, STAMP,
};

/// A store writes the entry, and deletes the lease.
pub(crate) const STORED_WRITES: u32 = 2;

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
        // Answered after the pushes for what was written.
        pipeline.cmd("EXISTS").arg(ask.entry);
        let mut answers = self.scripted(&live, &pipeline).await?.into_iter();
        let (leased, writes) = leased(unwrap(answers.next().ok_or(Fault::Protocol)?)?)?;
        Ok(LeaseReply {
            leased,
            writes,
            stamps: made(answers.take(stamps.len()))?,
            node_ms: live.node_ms(),
            run_id: live.run_id,
            vouch: live.vouch.clone(),
        })
    }

    /// Reads stamps, and makes those that are missing.
    pub(crate) async fn stamps(&self, asks: &[StampAsk<'_>]) -> Result<Stamps, Fault> {
        let live = self.live().await?;
        let mut pipeline = redis::pipe();
        add_stamps(&mut pipeline, &live, asks);
        Ok(Stamps {
            stamps: made(self.scripted(&live, &pipeline).await?.into_iter())?,
            vouch: live.vouch.clone(),
        })
    }

    /// The same, and after it reads other keys as they then are.
    pub(crate) async fn stamps_then_keys(
        &self,
        asks: &[StampAsk<'_>],
        names: &[String],
    ) -> Result<StampsThenKeys, Fault> {
        let live = self.live().await?;
        let mut pipeline = redis::pipe();
        add_stamps(&mut pipeline, &live, asks);
        for name in names {
            pipeline.cmd("GET").arg(name);
        }
        let mut answers = self.scripted(&live, &pipeline).await?.into_iter();
        let stamps = made(answers.by_ref().take(asks.len()))?;
        let keys = answers.map(|answer| Ok(bytes(unwrap(answer)?)));
        Ok(StampsThenKeys {
            stamps: Stamps {
                stamps,
                vouch: live.vouch.clone(),
            },
            keys: keys.collect::<Result<_, Fault>>()?,
        })
    }

    /// Stores a frame if the lease still holds the token. Its [two writes](STORED_WRITES) were
    /// pushed by the time that this is answered.
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
        let live = self.live().await?;
        let mut pipeline = redis::pipe();
        pipeline.add_command(call).cmd("EXISTS").arg(entry);
        let mut answers = self.scripted(&live, &pipeline).await?.into_iter();
        match unwrap(answers.next().ok_or(Fault::Protocol)?)? {
            Value::Int(1) => Ok(Filled::Stored(live.vouch.clone())),
            Value::Int(_) => Ok(Filled::Lost),
            _ => Err(Fault::Protocol),
        }
    }

    /// Lets the lease live on, if it is ours.
    pub(crate) async fn renew(
        &self,
        lease: &str,
        token: &[u8; 16],
        ms: u64,
    ) -> Result<bool, Fault> {
        self.own(&RENEW, lease, token, Some(ms)).await
    }

    /// Gives the lease back, if it is ours.
    pub(crate) async fn release(&self, lease: &str, token: &[u8; 16]) -> Result<bool, Fault> {
        self.own(&RELEASE, lease, token, None).await
    }

    /// Leaves word that nothing was stored, if the lease is ours.
    pub(crate) async fn nostore(
        &self,
        lease: &str,
        token: &[u8; 16],
        ms: u64,
    ) -> Result<bool, Fault> {
        self.own(&NOSTORE, lease, token, Some(ms)).await
    }

    /// Makes what carries the stamp stale; `false` if there is none.
    pub(crate) async fn expire(&self, stamp: &str) -> Result<bool, Fault> {
        let live = self.live().await?;
        let mut call = EXPIRE.call(1);
        let half: [u8; 8] = rand::random();
        call.arg(stamp)
            .arg(half.as_slice())
            .arg(live.run_id.as_slice());
        self.yes(&live, call).await
    }

    /// Replaces the entry by itself as stale; `false` if it is another than the one read.
    pub(crate) async fn expire_entry(
        &self,
        entry: &str,
        lease: &str,
        id: &[u8],
        stale: &[u8],
    ) -> Result<bool, Fault> {
        let live = self.live().await?;
        let mut call = EXPIRE_ENTRY.call(2);
        call.arg(lease).arg(entry).arg(id).arg(stale);
        self.yes(&live, call).await
    }

    /// Overwrites the lease, whoever holds it.
    pub(crate) async fn claim(&self, lease: &str, token: &[u8; 16], ms: u64) -> Result<(), Fault> {
        let mut command = redis::cmd("SET");
        command.arg(lease).arg(token.as_slice()).arg("PX").arg(ms);
        self.command(&command).await
    }

    /// Deletes keys, in this order; acknowledged once as many replicas have it as the settings ask.
    pub(crate) async fn unlink(&self, names: &[String]) -> Result<(), Fault> {
        if names.is_empty() {
            return Ok(());
        }
        if let Some(replicas) = &self.0.settings.replicas {
            Handle::try_current().map_err(|_| Fault::Down)?;
            return self
                .0
                .durable
                .unlink(&self.0.settings, replicas, names)
                .await;
        }
        let mut command = redis::cmd("UNLINK");
        command.arg(names);
        self.command(&command).await
    }

    /// What a lease's holder does with it.
    async fn own(
        &self,
        script: &Lua,
        lease: &str,
        token: &[u8; 16],
        ms: Option<u64>,
    ) -> Result<bool, Fault> {
        let mut call = script.call(1);
        call.arg(lease).arg(token.as_slice()).arg(ms);
        let live = self.live().await?;
        self.yes(&live, call).await
    }

    async fn yes(&self, live: &Arc<Live>, call: Cmd) -> Result<bool, Fault> {
        let mut pipeline = redis::pipe();
        pipeline.add_command(call);
        let answer = self
            .scripted(live, &pipeline)
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
