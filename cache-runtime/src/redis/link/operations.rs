//! What is asked of one node, in one round trip.

use std::sync::Arc;

use redis::Value;

use super::Link;
use super::live::Live;
use crate::redis::terms::answers::Node;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::Answered;
use crate::redis::wire::asks::Ask;
use crate::redis::wire::error::{refusal, unwrap};
use crate::redis::wire::run::RunId;
use crate::redis::wire::scripts;

impl Link {
    /// Sends the asks in one write, and gives the answers in their order. With `asking` the node is
    /// told that it was another that sent them here.
    ///
    /// What an ask writes was pushed by the time that this is answered.
    pub(in crate::redis) async fn run(
        &self,
        asks: &[Ask<'_>],
        asking: bool,
    ) -> Result<Vec<Answered>, Fault> {
        if asks.is_empty() {
            return Ok(Vec::new());
        }
        if self.0.settings.replicas.is_some() && asks.iter().all(Ask::deletes) {
            return Box::pin(self.delete_durably(asks, asking)).await;
        }
        let live = self.live().await?;
        // Taken before: what a later epoch vouches for was read in it.
        let node = live.node();
        let answers = self.scripted(&live, asks, asking).await?;
        if answers.len() != asks.len() {
            return Err(Fault::Protocol);
        }
        let node = Node {
            ms: live.node_ms(),
            ..node
        };
        let answered = answers.into_iter().map(|value| Answered {
            value,
            node: node.clone(),
        });
        Ok(answered.collect())
    }

    /// Deletes, and is answered once as many replicas have it as the settings ask.
    async fn delete_durably(&self, asks: &[Ask<'_>], asking: bool) -> Result<Vec<Answered>, Fault> {
        let live = self.live().await?;
        let (settings, resolver) = (&self.0.settings, &self.0.resolver);
        let mut answered = Vec::with_capacity(asks.len());
        for ask in asks {
            let Ask::Unlink(names) = ask else {
                return Err(Fault::Protocol);
            };
            let value = Box::pin(self.0.durable.unlink(settings, resolver, names, asking)).await?;
            let node = live.node();
            answered.push(Answered { value, node });
        }
        Ok(answered)
    }

    /// Asks; scripts that the server forgot are loaded again, once. Every script may be run twice: the
    /// same token takes a lease once, and a spent one stores nothing.
    async fn scripted(
        &self,
        live: &Arc<Live>,
        asks: &[Ask<'_>],
        asking: bool,
    ) -> Result<Vec<Value>, Fault> {
        let answers = self.ask(live, asks, asking).await?;
        if !answers
            .iter()
            .any(|answer| refusal(answer) == Some(Fault::NoScript))
        {
            return Ok(answers);
        }
        for loaded in self.watched(live, live.commands(&scripts::load()).await)? {
            unwrap(loaded)?;
        }
        self.ask(live, asks, asking).await
    }

    async fn ask(
        &self,
        live: &Arc<Live>,
        asks: &[Ask<'_>],
        asking: bool,
    ) -> Result<Vec<Value>, Fault> {
        // In a cluster a call of a script takes keys of one slot, which no two entries share.
        if !asking
            && !live.is_in_cluster()
            && let Some(call) = Ask::call(asks, live.run_id())
        {
            return self.watched(live, live.call(call).await);
        }
        let (packed, count) = packed(asks, live.run_id(), asking);
        let answers = self.watched(live, live.packed(packed, count).await)?;
        if answers.len() != count {
            return Err(Fault::Protocol);
        }
        // Each stands behind the answer to its `ASKING`, if it has one.
        let each = if asking { 2 } else { 1 };
        let values = answers.into_iter().skip(each - 1).step_by(each);
        Ok(asks.iter().zip(values).map(answer_to).collect())
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
            self.0.give_up(live);
        }
        answer
    }
}

/// The asks as they are written, and how many commands that is.
fn packed(asks: &[Ask<'_>], run_id: RunId, asking: bool) -> (Vec<u8>, usize) {
    let (mut packed, mut count) = (Vec::new(), 0);
    let mut add = |command: &[u8]| {
        if asking {
            packed.extend_from_slice(&redis::cmd("ASKING").get_packed_command());
            count += 1;
        }
        packed.extend_from_slice(command);
        count += 1;
    };
    for ask in asks {
        add(&ask.packed(run_id));
    }
    let written = asks.iter().rev().find(|ask| ask.rests_on_writes());
    if let Some(ask) = written {
        // Answered after the pushes for what was written.
        add(&redis::cmd("EXISTS").arg(ask.key()).get_packed_command());
    }
    (packed, count)
}

/// A script that takes many answers with a list.
fn answer_to((ask, value): (&Ask<'_>, Value)) -> Value {
    match value {
        Value::Array(mut list) if ask.rests_on_writes() && list.len() == 1 => list.remove(0),
        value => value,
    }
}
