//! What is asked of Redis, wherever the keys are. Each script touches keys of one slot.

use std::mem;
use std::sync::Arc;

use futures_util::future::join_all;
use redis::Value;

use super::Topology;
use super::redirect::Redirect;
use crate::boxed::boxed;
use crate::redis::link::Link;
use crate::redis::link::read::Sent;
use crate::redis::terms::answers::{
    AllFound, Claimed, Filled, LeaseReply, Made, Node, PutBack, Read,
};
use crate::redis::terms::asks::{FillAsk, Keys, LeaseAsk, PublishAsk, PutBackAsk, StampAsk};
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::{Answered, Read as LinkRead, bytes, found, leased, made, read};
use crate::redis::wire::asks::Ask;
use crate::redis::wire::error::unwrap;
use crate::redis::wire::reply::Got;
use crate::redis::wire::scripts::{Lua, NOSTORE, RELEASE, RENEW};
use crate::stamp::Vouch;

impl Topology {
    /// Reads keys: all at one moment if they are at one node, else at the same time.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(crate) async fn read(&self, keys: Keys) -> Result<Read, Fault> {
        match self.only() {
            Some(link) => link.read(keys).await.and_then(found_at_one),
            None => boxed(|| self.read_apart(keys)).await,
        }
    }

    /// Sends a read of keys on the one connection, if it is there.
    pub(crate) fn read_now(&self, keys: Keys) -> Result<Reading, Fault> {
        let link = self.only().ok_or(Fault::Down)?;
        Ok(Reading(link.read_now(keys)?))
    }

    /// Reads keys that may be at several nodes.
    async fn read_apart(&self, keys: Keys) -> Result<Read, Fault> {
        let mut shares: Vec<(Link, Vec<usize>, Keys)> = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let link = self.link(key).await?;
            match shares.iter_mut().find(|(known, ..)| known.is(&link)) {
                Some((_, places, few)) => {
                    places.push(at);
                    few.push(Arc::clone(key));
                }
                None => shares.push((link, vec![at], Keys::from_iter([Arc::clone(key)]))),
            }
        }
        let few = shares.iter_mut().map(|(.., few)| mem::take(few));
        let few: Vec<_> = few.collect();
        let reads = shares
            .iter()
            .zip(few)
            .map(|((link, ..), few)| link.read(few));
        let mut answers: Vec<_> = keys.iter().map(|_| None).collect();
        for ((link, places, _), read) in shares.iter().zip(join_all(reads).await) {
            self.place(&keys, link, places, read?, &mut answers).await?;
        }
        joined(answers)
    }

    /// Puts what one node had into its places, and asks elsewhere for what it sent elsewhere.
    async fn place(
        &self,
        keys: &[Arc<str>],
        link: &Link,
        places: &[usize],
        read: LinkRead,
        answers: &mut [Option<(Got, Node)>],
    ) -> Result<(), Fault> {
        for (at, got) in places.iter().zip(read.got) {
            let (got, node) = match got.other().and_then(Redirect::of) {
                None => (got, read.node.clone()),
                Some(redirect) => {
                    let ask = Ask::Get(&keys[*at]);
                    let answered = self.follow(ask, link.clone(), redirect).await?;
                    (Got::of(answered.value), answered.node)
                }
            };
            answers[*at] = Some((got, node));
        }
        Ok(())
    }

    /// Asks for a lease, and at the same time for the stamps that a load notes before it begins.
    pub(crate) async fn lease(
        &self,
        ask: &LeaseAsk<'_>,
        stamps: &[StampAsk<'_>],
    ) -> Result<LeaseReply, Fault> {
        let mut asks = vec![Ask::Lease(ask)];
        asks.extend(stamps.iter().map(Ask::Stamp));
        let mut answers = self.each(&asks).await.into_iter();
        let answered = answers.next().ok_or(Fault::Protocol)??;
        let (leased, writes) = match unwrap(answered.value).and_then(leased) {
            Ok((leased, writes)) => (Ok(leased), writes),
            Err(fault) => (Err(fault), 0),
        };
        Ok(LeaseReply {
            leased,
            writes,
            stamps: answers.map(made).collect(),
            node: answered.node,
        })
    }

    /// Reads stamps, and makes those that are missing; the fault of the first if there is none.
    pub(crate) async fn stamps(&self, asks: &[StampAsk<'_>]) -> Result<Vec<Made>, Fault> {
        let asks: Vec<_> = asks.iter().map(Ask::Stamp).collect();
        let made: Vec<_> = self.each(&asks).await.into_iter().map(made).collect();
        match made.first().and_then(|made| made.refused) {
            Some(fault) if made.iter().all(|made| made.refused.is_some()) => Err(fault),
            _ => Ok(made),
        }
    }

    /// Reads or makes stamps as [`stamps`](Self::stamps) does, then reads other keys as they are after that.
    pub(crate) async fn stamps_then_keys(
        &self,
        asks: &[StampAsk<'_>],
        keys: &[Arc<str>],
    ) -> Result<(Vec<Made>, AllFound), Fault> {
        if self.only().is_none() {
            // Nodes are not in step with each other.
            let made = self.stamps(asks).await?;
            return Ok((made, self.read(keys.into()).await?.found));
        }
        let gets = keys.iter().map(|key| Ask::Get(key));
        let asks_and_gets: Vec<_> = asks.iter().map(Ask::Stamp).chain(gets).collect();
        let mut answers = self.all(&asks_and_gets).await?.into_iter();
        let stamps = answers.by_ref().take(asks.len()).map(Ok).map(made);
        let stamps = stamps.collect();
        let keys = answers.map(|answered| found(answered.value, answered.node.run_id));
        Ok((stamps, keys.collect::<Result<_, _>>()?))
    }

    /// Stores a frame if the lease still holds the token. Its [two writes](STORED_WRITES) were
    /// pushed by the time that this is answered.
    pub(crate) async fn fill(&self, ask: &FillAsk<'_>) -> Result<Filled, Fault> {
        let answered = self.one(Ask::Fill(ask)).await?;
        match unwrap(answered.value)? {
            Value::Int(1) => Ok(Filled::Stored(answered.node.vouch)),
            Value::Int(2) => Ok(Filled::Superseded),
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

    async fn own(
        &self,
        script: &'static Lua,
        lease: &str,
        token: &[u8; 16],
        ms: Option<u64>,
    ) -> Result<bool, Fault> {
        let ask = Ask::Own {
            script,
            lease,
            token,
            ms,
        };
        self.yes(ask).await
    }

    /// Makes what carries the stamp stale; `false` if there is none.
    pub(crate) async fn expire(&self, stamp: &str) -> Result<bool, Fault> {
        let half = rand::random();
        self.yes(Ask::Expire { stamp, half }).await
    }

    /// Replaces the entry by itself as stale; `false` if it is another than the one read.
    pub(crate) async fn expire_entry(
        &self,
        entry: &str,
        lease: &str,
        id: &[u8],
        stale: &[u8],
    ) -> Result<bool, Fault> {
        let ask = Ask::ExpireEntry {
            entry,
            lease,
            id,
            stale,
        };
        self.yes(ask).await
    }

    /// Has an entry that was read live for this long from now on; `false` if it does yet, or is another.
    pub(crate) async fn lengthen(&self, entry: &str, id: &[u8], ms: u64) -> Result<bool, Fault> {
        self.yes(Ask::Lengthen { entry, id, ms }).await
    }

    /// Publishes what a process tells of itself, or takes it back; `false` if the list has no room for it.
    pub(crate) async fn publish(&self, ask: &PublishAsk<'_>) -> Result<bool, Fault> {
        self.yes(Ask::Publish(ask)).await
    }

    /// Puts back entries of a backup, or reservations for them; an error of one is in its place.
    pub(crate) async fn put_back(&self, asks: &[PutBackAsk<'_>]) -> Vec<Result<PutBack, Fault>> {
        let asks: Vec<_> = asks.iter().map(Ask::PutBack).collect();
        let answers = self.each(&asks).await.into_iter();
        let put = answers.map(|answered| match unwrap(answered?.value)? {
            Value::Int(0) => Ok(PutBack::Another),
            Value::Int(1) => Ok(PutBack::Done),
            Value::Int(2) => Ok(PutBack::Held),
            _ => Err(Fault::Protocol),
        });
        put.collect()
    }

    async fn yes(&self, ask: Ask<'_>) -> Result<bool, Fault> {
        Ok(unwrap(self.one(ask).await?.value)? == Value::Int(1))
    }

    /// Takes the lease for a put, whoever holds it; what was there, and the node that has it.
    pub(crate) async fn claim(
        &self,
        (lease, entry): (&str, &str),
        token: &[u8; 16],
        ms: u64,
    ) -> Result<(Claimed, Node), Fault> {
        let ask = Ask::Claim {
            lease,
            entry,
            token,
            ms,
        };
        let Answered { value, node } = self.one(ask).await?;
        let claimed = Claimed {
            id: bytes(unwrap(value)?).ok_or(Fault::Protocol)?,
            run_id: node.run_id,
        };
        Ok((claimed, node))
    }
}

/// A read that was sent on one connection.
pub(crate) struct Reading(Sent);

impl Reading {
    /// What it finds; asked for once.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(crate) async fn found(&mut self) -> Result<Read, Fault> {
        self.0.answer().await.and_then(found_at_one)
    }
}

fn found_at_one(LinkRead { got, node }: LinkRead) -> Result<Read, Fault> {
    let found = got.into_iter().map(|got| read(got, node.run_id));
    Ok(Read {
        found: found.collect::<Result<_, _>>()?,
        vouch: node.vouch.clone(),
        node,
    })
}

fn joined(answers: Vec<Option<(Got, Node)>>) -> Result<Read, Fault> {
    let (mut vouch, mut first) = (Vouch::empty(), None);
    let mut all = AllFound::with_capacity(answers.len());
    for answered in answers {
        let (got, node) = answered.ok_or(Fault::Protocol)?;
        vouch.also(&node.vouch);
        all.push(read(got, node.run_id)?);
        first.get_or_insert(node);
    }
    Ok(Read {
        found: all,
        node: first.ok_or(Fault::Protocol)?,
        vouch,
    })
}
