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
use crate::listeners::Invalidated;
use crate::owed::Target;
use crate::own_thread;
use crate::redis::{Fault, Topology, Unlinked};
use crate::stamp::Subject;
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
    let rested = drop_copies(tiers, &targets);
    let Some(redis) = &tiers.redis else {
        if counted {
            let checked = targets.iter().zip(rested);
            checked.for_each(|(target, rested)| check(tiers, target, !rested));
        }
        tell(tiers, &targets);
        return Ok(());
    };
    let span = debug_span!(target: "cache", "cache.invalidate", targets = targets.len());
    let rested = counted.then_some(rested);
    let begun = begin(tiers, redis, Extent::Targets(targets, rested));
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

/// Counts whether there was anything to invalidate. Tags are of no namespace, and are not counted.
fn check(tiers: &Tiers, target: &Target, is_void: bool) {
    if let Some(namespace) = &target.namespace {
        let counters = tiers.events.namespace(namespace);
        counters.invalidation_checked(is_void);
    }
}

/// One flip a subject makes everything that rests on it invalid here, and its flights unjoinable; whether anything
/// rested on each target.
fn drop_copies(tiers: &Tiers, targets: &[Target]) -> Vec<bool> {
    let flip = |target: &Target| {
        let flipped = target
            .subjects
            .iter()
            .map(|subject| tiers.cells.flip_any(subject));
        flipped.fold(false, |any, rested| any | rested)
    };
    targets.iter().map(flip).collect()
}

/// How much is invalidated.
enum Extent {
    /// These; and where it is to be counted what hits nothing, whether anything here rested on each.
    Targets(Vec<Target>, Option<Vec<bool>>),
    Everything,
}

impl Extent {
    async fn delete(&self, tiers: &Tiers, redis: &Topology) -> Result<(), Fault> {
        match self {
            Self::Targets(targets, rested) => {
                let done = delete(tiers, redis, targets).await;
                let each = targets.iter().zip(&done).zip(rested.iter().flatten());
                for ((target, done), rested) in each {
                    if let Ok(Some(count)) = done {
                        check(tiers, target, *count == 0 && !rested);
                    }
                }
                done.into_iter().try_for_each(|done| done.map(drop))
            }
            Self::Everything => boxed(|| everything::delete(tiers, redis)).await,
        }
    }

    /// Owes what was not begun. Owed before the copies are dropped: who reads after that finds it covered.
    fn owe(&self, tiers: &Tiers) {
        match self {
            Self::Targets(targets, _) => {
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
            Self::Targets(targets, _) => trouble(tiers, targets, (DOING, *fault)),
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
async fn delete(tiers: &Tiers, redis: &Topology, targets: &[Target]) -> Vec<Unlinked> {
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
    done: Vec<Unlinked>,
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
        let done = self.targets.iter().enumerate();
        tell(
            self.tiers,
            done.filter(|(at, _)| is_done(*at))
                .map(|(_, target)| target),
        );
    }
}

/// Tells who wants to know of what was invalidated.
fn tell<'a>(tiers: &Tiers, targets: impl IntoIterator<Item = &'a Target>) {
    for target in targets {
        match target.subjects.last() {
            Some(Subject::Tag(tag)) => tiers.listeners.tell(Invalidated::Tag(tag)),
            Some(Subject::Namespace(name)) => tiers.listeners.tell(Invalidated::Namespace(name)),
            _ => {}
        }
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
