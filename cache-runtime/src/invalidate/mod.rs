//! The invalidation algorithm: drop this process's copies, delete in Redis, drop again.
//!
//! It runs in a task of its own, so a caller that goes away does not cut it short. What Redis did
//! not acknowledge is owed: kept, retried, and covered by nothing served here meanwhile.

mod everything;
mod retry;

use std::sync::Arc;

use tracing::{Instrument as _, debug_span};

use crate::boxed::boxed;
use crate::error::{CacheError, Result};
use crate::events::Event;
use crate::owed::Target;
use crate::own_thread;
use crate::redis::{Fault, Topology};
use crate::tiers::Tiers;
pub(crate) use everything::invalidate_everything;
pub(crate) use retry::retry;

/// What is told of it, in errors and in the log.
const DOING: &str = "invalidate";

/// Invalidates the targets; `Ok` is the acknowledgement that the guarantee speaks of.
///
/// # Cancellation
///
/// Once polled, it is carried out even if the future is dropped.
pub(crate) async fn invalidate(
    tiers: &Arc<Tiers>,
    targets: Vec<Target>,
    counted: bool,
) -> Result<()> {
    if counted {
        count(tiers, &targets);
    }
    drop_copies(tiers, &targets);
    let Some(redis) = &tiers.redis else {
        return Ok(());
    };
    let span = debug_span!(target: "cache", "cache.invalidate", targets = targets.len());
    let begun = begin(tiers, redis, Extent::Targets(targets));
    acknowledged(DOING, begun).instrument(span).await
}

/// Begins an invalidation that nobody waits for; it is owed until it is done.
pub(crate) fn owe(tiers: &Arc<Tiers>, targets: Vec<Target>, counted: bool) {
    if counted {
        count(tiers, &targets);
    }
    if tiers.redis.is_some() {
        // Owed before the copies are dropped: who reads after that finds it covered.
        tiers.owed.add(&targets);
        retry(tiers);
    }
    drop_copies(tiers, &targets);
}

fn count(tiers: &Tiers, targets: &[Target]) {
    for namespace in targets
        .iter()
        .filter_map(|target| target.namespace.as_ref())
    {
        let counters = tiers.events.namespace(namespace);
        tiers.events.emit(namespace, &counters, Event::Invalidated);
    }
}

/// One flip a subject makes everything that rests on it invalid here, and its flights unjoinable.
fn drop_copies(tiers: &Tiers, targets: &[Target]) {
    for subject in targets.iter().flat_map(|target| &target.subjects) {
        tiers.cells.flip(subject);
    }
}

/// How much is invalidated.
enum Extent {
    Targets(Vec<Target>),
    Everything,
}

impl Extent {
    async fn delete(&self, tiers: &Tiers, redis: &Topology) -> Result<(), Fault> {
        match self {
            Self::Targets(targets) => delete(tiers, redis, targets).await.into_iter().collect(),
            Self::Everything => boxed(|| everything::delete(tiers, redis)).await,
        }
    }

    /// Owes what was not begun. Owed before the copies are dropped: who reads after that finds it covered.
    fn owe(&self, tiers: &Tiers) {
        match self {
            Self::Targets(targets) => {
                tiers.owed.add(targets);
                drop_copies(tiers, targets);
            }
            Self::Everything => {
                tiers.owed.add_everything();
                tiers.cells.flip_all();
            }
        }
    }

    fn trouble(&self, tiers: &Tiers, fault: &Fault) {
        match self {
            Self::Targets(targets) => trouble(tiers, targets, (DOING, *fault)),
            Self::Everything => everything::trouble(tiers, fault),
        }
    }
}

/// Runs it in a task; the returned future only waits for it.
fn begin(
    tiers: &Arc<Tiers>,
    redis: &Topology,
    extent: Extent,
) -> impl Future<Output = Result<(), String>> + use<> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let extent = Arc::new(extent);
    let (unsent, owing) = (Arc::clone(&extent), Arc::clone(tiers));
    let (tiers, redis) = (Arc::clone(tiers), redis.clone());
    let spawned = own_thread::spawn(async move {
        let outcome = extent.delete(&tiers, &redis).await;
        if let Err(fault) = &outcome {
            extent.trouble(&tiers, fault);
            retry(&tiers);
        }
        let _ = tell.send(outcome.map_err(|fault| fault.as_str().to_owned()));
    });
    let lost = spawned.map_or_else(Fault::from, |_| Fault::Down);
    async move {
        told.await.unwrap_or_else(|_| {
            unsent.owe(&owing);
            Err(lost.as_str().to_owned())
        })
    }
}

async fn acknowledged(
    doing: &'static str,
    done: impl Future<Output = Result<(), String>>,
) -> Result<()> {
    let done = done.await;
    done.map_err(|cause| CacheError::Unavailable { doing, cause })
}

/// Deletes in Redis, and drops what was read here while it was under way: once it is answered, or
/// when it is dropped before. Says of each target whether it was done.
async fn delete(tiers: &Tiers, redis: &Topology, targets: &[Target]) -> Vec<Result<(), Fault>> {
    let mut deleting = Deleting {
        tiers,
        targets,
        done: Vec::new(),
    };
    let names: Vec<_> = targets.iter().map(|target| &*target.names).collect();
    deleting.done = redis.unlink(&names).await;
    deleting.done.clone()
}

struct Deleting<'a> {
    tiers: &'a Tiers,
    targets: &'a [Target],
    /// Of each; empty while it is under way.
    done: Vec<Result<(), Fault>>,
}

impl Drop for Deleting<'_> {
    fn drop(&mut self) {
        let is_done = |at: usize| self.done.get(at).is_some_and(Result::is_ok);
        let left = self.targets.iter().enumerate();
        let left: Vec<_> = left
            .filter(|(at, _)| !is_done(*at))
            .map(|(_, target)| target.clone())
            .collect();
        // Owed before the copies are dropped: who reads after that finds it covered, and who
        // read before it rests on a copy that is dropped.
        if !left.is_empty() {
            self.tiers.owed.add(&left);
        }
        drop_copies(self.tiers, self.targets);
    }
}

/// Tells of what went wrong, in each namespace that the targets are of.
pub(crate) fn trouble(tiers: &Tiers, targets: &[Target], (doing, fault): (&'static str, Fault)) {
    let event = Event::Trouble {
        doing,
        cause: fault.as_str(),
    };
    let mut told: Vec<&str> = targets.iter().map(namespace).collect();
    told.sort_unstable();
    told.dedup();
    for namespace in told {
        tiers
            .events
            .emit(namespace, &tiers.events.namespace(namespace), event);
    }
}

/// Tags are of no namespace; what goes wrong with them is counted under their own heading.
const TAGS: &str = "(tags)";

fn namespace(target: &Target) -> &str {
    target.namespace.as_deref().unwrap_or(TAGS)
}
