//! The stamps of a request, as they are asked for and as a frame carries them.

use std::sync::Arc;

use super::request::Request;
use crate::clock::Moment;
use crate::frame::{Stamp, StampKind, Stamped};
use crate::redis::{Made, Node, StampAsk};
use crate::stamp::{Cell, ReadBucket, Recording, Subject, Vouch, Watch};

/// A stamp outlives the entries that carry it by this much, in milliseconds, so that a slow load
/// does not outlive its stamps.
const SLACK_MS: u64 = 60_000;

/// Redis takes no ttl that overflows its clock; ten years is as good as for ever.
pub(super) const LONGEST_MS: u64 = 10 * 365 * 86_400_000;

/// The asks for the stamps of a load, which own their names: first those of the request, then the
/// buckets that are not known here.
pub(super) struct Asks<'a> {
    request: &'a Request,
    names: Vec<String>,
    /// Of the entry and of all that is asked for, from before it is.
    recording: Recording,
    buckets: Option<BucketAsks>,
}

/// What a load whose tags come of its value asks for beside.
struct BucketAsks {
    known: Vec<ReadBucket>,
    unknown: Vec<Subject>,
}

/// What a load noted before it began.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) stamps: Vec<Stamped>,
    /// Every bucket of tags, where its tags come of its value.
    pub(crate) buckets: Vec<(Subject, Stamp)>,
}

/// The answer to the asks.
pub(super) struct Answered {
    /// The cells of the entry and its stamps as they were answered.
    pub(super) watch: Watch,
    /// Those of every bucket, where its tags come of its value.
    pub(super) buckets: Vec<Arc<Cell>>,
    /// `None` if a stamp could not be made.
    pub(super) noted: Option<Noted>,
    /// The connections that answered.
    pub(super) vouch: Vouch,
}

impl<'a> Asks<'a> {
    pub(super) fn new(request: &'a Request, now: Moment) -> Self {
        let buckets = request.derives_tags.then(|| {
            let (known, unknown) = request.tiers.buckets.known(now);
            BucketAsks { known, unknown }
        });
        let unknown = buckets.iter().flat_map(|buckets| &buckets.unknown);
        let subjects = request.subjects.iter().chain(unknown);
        Self {
            request,
            names: subjects
                .clone()
                .skip(1)
                .map(|s| request.stamp_name(s))
                .collect(),
            recording: request.tiers.cells.record(subjects.cloned()),
            buckets,
        }
    }

    pub(super) fn stamps(&self) -> Vec<StampAsk<'_>> {
        stamp_asks(self.request, &self.names)
    }

    /// What was answered; the lease was written so often, at this node.
    pub(super) fn answered(self, lease_writes: u32, made: &[Made], node: &Node) -> Answered {
        let request = self.request;
        let own = own_writes(lease_writes, made, node);
        let mut vouch = node.vouch.clone();
        made.iter().for_each(|made| vouch.also(&made.vouch));
        let cells = request.tiers.cells.conclude(&self.recording, own);
        let (watch, asked) = cells.split_at(request.subjects.len());
        let count = request.stamped().len().min(made.len());
        let mut stamps = noted(request.stamped(), &made[..count]);
        if let (Some(stamps), true) = (&mut stamps, request.tiers.spans_nodes()) {
            stamps.push(Stamped::node(node.run_id));
        }
        let Some(asks) = self.buckets else {
            return Answered {
                watch,
                buckets: Vec::new(),
                noted: stamps.map(|stamps| Noted {
                    stamps,
                    buckets: Vec::new(),
                }),
                vouch,
            };
        };
        let answers = made[count..].iter().zip(asked);
        let learnt: Option<Vec<_>> = (asks.unknown.into_iter().zip(answers))
            .map(|(subject, (made, cell))| {
                Some(ReadBucket {
                    subject,
                    stamp: made.stamp?,
                    cell: Arc::clone(cell),
                    vouch: made.vouch.clone(),
                })
            })
            .collect();
        request
            .tiers
            .buckets
            .learn(learnt.as_deref().unwrap_or_default());
        let mut all = asks.known;
        // They were learnt on connections that the load rests on as well.
        all.iter().for_each(|known| vouch.also(&known.vouch));
        all.extend(learnt.clone().unwrap_or_default());
        // In the order of the buckets.
        all.sort_by_key(|read| read.number());
        Answered {
            watch,
            buckets: all.iter().map(|read| Arc::clone(&read.cell)).collect(),
            noted: stamps.zip(learnt).map(|(stamps, _)| Noted {
                stamps,
                buckets: all
                    .into_iter()
                    .map(|read| (read.subject, read.stamp))
                    .collect(),
            }),
            vouch,
        }
    }
}

/// How often this process wrote to the entry's lease and to each stamp. Who is not pushed what others
/// change is not pushed its own writes either.
pub(super) fn own_writes(lease: u32, made: &[Made], node: &Node) -> impl Iterator<Item = u32> {
    let lease = if node.vouch.pushes() { lease } else { 0 };
    std::iter::once(lease).chain(made.iter().map(Made::pushed))
}

/// Asks for stamps of these names, each made if need be.
pub(super) fn stamp_asks<'a>(request: &Request, names: &'a [String]) -> Vec<StampAsk<'a>> {
    let need_ms = need_ms(request);
    let ask = |name: &'a String| StampAsk {
        name,
        fresh: rand::random(),
        need_ms,
    };
    names.iter().map(ask).collect()
}

fn need_ms(request: &Request) -> u64 {
    let policy = &request.policy;
    let life = policy.ttl_ms.saturating_add(policy.stale_ms);
    life.saturating_add(SLACK_MS).min(LONGEST_MS / 2)
}

/// The stamps as a frame carries them; `None` if one could not be made.
pub(super) fn noted(subjects: &[Subject], made: &[Made]) -> Option<Vec<Stamped>> {
    let noted = subjects.iter().zip(made).map(|(subject, made)| {
        let (kind, name) = match subject {
            Subject::Tag(name) => (StampKind::Tag, name),
            Subject::Namespace(name) => (StampKind::Namespace, name),
            Subject::Entry(_) | Subject::Bucket(_) => return None,
        };
        Some(Stamped {
            kind,
            name: Arc::clone(name),
            stamp: made.stamp?,
        })
    });
    noted.collect()
}
