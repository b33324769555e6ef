//! What is asked of one node, in one round trip.

use std::sync::Arc;

use redis::{Pipeline, Value};

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
        let pipeline = pipeline(asks, live.run_id(), asking);
        let answers = self.scripted(&live, &pipeline).await?;
        if answers.len() != pipeline.len() {
            return Err(Fault::Protocol);
        }
        let node = Node {
            ms: live.node_ms(),
            ..node
        };
        // Each stands behind the answer to its `ASKING`, if it has one.
        let each = if asking { 2 } else { 1 };
        let values = answers.into_iter().skip(each - 1).step_by(each);
        let answered = values.take(asks.len()).map(|value| Answered {
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

    /// Script calls; scripts that the server forgot are loaded again, once. Every script may be
    /// run twice: the same token takes a lease once, and a spent one stores nothing.
    async fn scripted(&self, live: &Arc<Live>, calls: &Pipeline) -> Result<Vec<Value>, Fault> {
        let answers = self.watched(live, live.commands(calls).await)?;
        if !answers
            .iter()
            .any(|answer| refusal(answer) == Some(Fault::NoScript))
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
            self.0.give_up(live);
        }
        answer
    }
}

fn pipeline(asks: &[Ask<'_>], run_id: RunId, asking: bool) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(asks.len() * 2 + 2);
    for ask in asks {
        if asking {
            pipeline.cmd("ASKING");
        }
        ask.add(&mut pipeline, run_id);
    }
    let written = asks.iter().rev().find(|ask| ask.rests_on_writes());
    if let Some(ask) = written {
        if asking {
            pipeline.cmd("ASKING");
        }
        // Answered after the pushes for what was written.
        pipeline.cmd("EXISTS").arg(ask.key());
    }
    pipeline
}
