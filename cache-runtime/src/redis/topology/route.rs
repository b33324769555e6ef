//! Sending each ask to the node that has its keys, and on where that one sends it.

use std::time::Duration;

use futures_util::future::join_all;

use super::redirect::Redirect;
use super::{Routes, Topology};
use crate::own_thread::sleep;
use crate::redis::link::Link;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::Answered;
use crate::redis::wire::asks::Ask;
use crate::redis::wire::settings::Address;
use crate::redis::wire::slots::slot_of;

/// How often an ask is sent on before it is given up: two nodes may send it to each other for as long
/// as they don't agree.
const HOPS: u32 = 6;

/// How long an ask waits before it is tried again whose keys are on their way, and how often: they
/// may be for as long as a slot takes, and a call goes on without Redis before that.
const PAUSE: Duration = Duration::from_millis(2);
const PAUSES: u32 = 2;

/// Which of several asks a connection is sent, and the connection.
type Share = (Link, Vec<usize>);

impl Topology {
    /// Sends the asks, those for one node together, and gives the answers in their order. Each may be
    /// the server's own error.
    pub(super) async fn each(&self, asks: &[Ask<'_>]) -> Vec<Result<Answered, Fault>> {
        if let Some(link) = self.only() {
            return shared(link.run(asks, false).await, asks.len());
        }
        let (shares, mut results) = self.shares(asks).await;
        let sent = shares.iter().map(|(link, at)| {
            let few: Vec<Ask<'_>> = at.iter().filter_map(|at| asks.get(*at).copied()).collect();
            async move { shared(link.run(&few, false).await, few.len()) }
        });
        for ((_, at), answers) in shares.iter().zip(join_all(sent).await) {
            for (at, answer) in at.iter().zip(answers) {
                results[*at] = answer;
            }
        }
        self.follow_all(asks, &shares, &mut results).await;
        results
    }

    /// Sends the asks as [`each`](Self::each) does; an error of one is that of all.
    pub(super) async fn all(&self, asks: &[Ask<'_>]) -> Result<Vec<Answered>, Fault> {
        match self.only() {
            Some(link) => link.run(asks, false).await,
            None => self.each(asks).await.into_iter().collect(),
        }
    }

    /// Sends one ask.
    pub(super) async fn one(&self, ask: Ask<'_>) -> Result<Answered, Fault> {
        self.all(&[ask]).await?.pop().ok_or(Fault::Protocol)
    }

    /// The asks by connection, and an error for each whose connection is not known.
    async fn shares(&self, asks: &[Ask<'_>]) -> (Vec<Share>, Vec<Result<Answered, Fault>>) {
        let (mut shares, mut results) = (Vec::<Share>::new(), Vec::new());
        for (at, ask) in asks.iter().enumerate() {
            let link = self.link(ask.key()).await;
            results.push(Err(*link.as_ref().err().unwrap_or(&Fault::Down)));
            let Ok(link) = link else { continue };
            match shares.iter_mut().find(|(known, _)| known.is(&link)) {
                Some((_, of_link)) => of_link.push(at),
                None => shares.push((link, vec![at])),
            }
        }
        (shares, results)
    }

    async fn follow_all(
        &self,
        asks: &[Ask<'_>],
        shares: &[Share],
        results: &mut [Result<Answered, Fault>],
    ) {
        for (link, at) in shares {
            for at in at {
                let sent_on = |result: &Result<Answered, Fault>| match result {
                    Ok(answered) => Redirect::of(&answered.value),
                    Err(_) => None,
                };
                if let Some(redirect) = sent_on(&results[*at]) {
                    results[*at] = self.follow(asks[*at], link.clone(), redirect).await;
                }
            }
        }
    }

    /// Sends an ask on until a node takes it.
    pub(super) async fn follow(
        &self,
        ask: Ask<'_>,
        mut from: Link,
        mut redirect: Redirect,
    ) -> Result<Answered, Fault> {
        let Routes::Cluster(cluster) = &*self.0 else {
            return Err(Fault::SlotMoving);
        };
        let (slot, mut pauses) = (slot_of(ask.key()), 0);
        for _ in 0..HOPS {
            let (to, asking) = match redirect {
                Redirect::Moved { slot, to } => {
                    from.renew_epoch();
                    (cluster.moved(slot, &of(to, &from)), false)
                }
                Redirect::Ask(to) => (cluster.node(slot, &of(to, &from)), true),
                // Its keys can be asked for one by one, which need not wait.
                Redirect::TryAgain if ask.can_be_split() || pauses == PAUSES => {
                    return Err(Fault::SlotMoving);
                }
                Redirect::TryAgain => {
                    pauses += 1;
                    sleep(PAUSE).await;
                    (Some(self.link(ask.key()).await?), false)
                }
            };
            let to = to.ok_or(Fault::ClusterDown)?;
            let answered = to.run(&[ask], asking).await?.pop();
            let mut answered = answered.ok_or(Fault::Protocol)?;
            if asking {
                // The slot is not the node's, which would not notice that it never becomes so.
                answered.node.vouch = answered.node.vouch.unpushed();
            }
            match Redirect::of(&answered.value) {
                None => return Ok(answered),
                Some(next) => redirect = next,
            }
            from = to;
        }
        Err(Fault::SlotMoving)
    }
}

fn shared(answers: Result<Vec<Answered>, Fault>, count: usize) -> Vec<Result<Answered, Fault>> {
    match answers {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(fault) => (0..count).map(|_| Err(fault)).collect(),
    }
}

/// An address, with the host of the node that named it where it has none.
fn of(mut address: Address, from: &Link) -> Address {
    if address.host.is_empty() {
        from.host().clone_into(&mut address.host);
    }
    address
}
