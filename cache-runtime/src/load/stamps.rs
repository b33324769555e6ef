//! The stamps of a request, as they are asked for and as a frame carries them.

use std::sync::Arc;

use super::request::Request;
use crate::clock::Moment;
use crate::frame::{Stamp, StampKind, Stamped};
use crate::redis::StampAsk;
use crate::stamp::{Cell, Subject, Watch};

/// A stamp outlives the entries that carry it by this much, in milliseconds, so that a slow load
/// does not outlive its stamps.
const SLACK_MS: u64 = 60_000;

/// Redis takes no ttl that overflows its clock; ten years is as good as for ever.
pub(super) const LONGEST_MS: u64 = 10 * 365 * 86_400_000;

/// The asks for the stamps of a load, which own their names: first those of the request, then the
/// buckets that are not known here.
pub(super) struct Asks {
    names: Vec<String>,
    need_ms: u64,
    buckets: Option<BucketAsks>,
}

/// What a load whose tags come of its value asks for beside.
struct BucketAsks {
    known: Vec<(Subject, Stamp)>,
    unknown: Vec<Subject>,
    /// The cells of the unknown, registered before they are asked for.
    watch: Watch,
}

/// What a load noted before it began.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) stamps: Vec<Stamped>,
    /// Every bucket of tags, where its tags come of its value.
    pub(crate) buckets: Vec<(Subject, Stamp)>,
}

impl Asks {
    pub(super) fn new(request: &Request, now: Moment) -> Self {
        let buckets = request.derives_tags.then(|| {
            let cells = &request.tiers.cells;
            let (known, unknown) = request.tiers.buckets.known(now);
            let watch = cells.watch(&unknown);
            BucketAsks {
                known,
                unknown,
                watch,
            }
        });
        let unknown = buckets.iter().flat_map(|buckets| &buckets.unknown);
        let names = request.stamped().iter().chain(unknown);
        Self {
            names: names.map(|s| request.stamp_name(s)).collect(),
            need_ms: need_ms(request),
            buckets,
        }
    }

    /// Those of tags that were learnt from the value.
    pub(super) fn of_tags(request: &Request, tags: &[Subject]) -> Self {
        Self {
            names: tags.iter().map(|s| request.stamp_name(s)).collect(),
            need_ms: need_ms(request),
            buckets: None,
        }
    }

    pub(super) fn stamps(&self) -> Vec<StampAsk<'_>> {
        self.names
            .iter()
            .map(|name| StampAsk {
                name,
                fresh: rand::random(),
                need_ms: self.need_ms,
            })
            .collect()
    }

    /// What was answered, as a load notes it; `None` if a stamp could not be made.
    pub(super) fn noted(
        self,
        request: &Request,
        answered: &[Option<Stamp>],
        vouch: Option<&Arc<Cell>>,
    ) -> Option<Noted> {
        let count = request.stamped().len();
        let stamps = noted(request.stamped(), answered.get(..count)?)?;
        let Some(asks) = self.buckets else {
            return Some(Noted {
                stamps,
                buckets: Vec::new(),
            });
        };
        let answered: Option<Vec<Stamp>> = answered[count..].iter().copied().collect();
        let learnt: Vec<_> = asks.unknown.into_iter().zip(answered?).collect();
        if let Some(vouch) = vouch {
            request.tiers.buckets.learn(&learnt, &asks.watch, vouch);
        }
        let buckets = asks.known.into_iter().chain(learnt).collect();
        Some(Noted { stamps, buckets })
    }
}

fn need_ms(request: &Request) -> u64 {
    let policy = &request.policy;
    let life = policy.ttl_ms.saturating_add(policy.stale_ms);
    life.saturating_add(SLACK_MS).min(LONGEST_MS / 2)
}

/// The stamps as a frame carries them; `None` if one could not be made.
pub(super) fn noted(subjects: &[Subject], stamps: &[Option<Stamp>]) -> Option<Vec<Stamped>> {
    let noted = subjects.iter().zip(stamps).map(|(subject, stamp)| {
        let (kind, name) = match subject {
            Subject::Tag(name) => (StampKind::Tag, name),
            Subject::Namespace(name) => (StampKind::Namespace, name),
            Subject::Entry(_) | Subject::Bucket(_) => return None,
        };
        Some(Stamped {
            kind,
            name: Arc::clone(name),
            stamp: (*stamp)?,
        })
    });
    noted.collect()
}

/// A stamp as Redis holds it; bytes of another length are none.
pub(super) fn as_stamp(value: Option<Vec<u8>>) -> Option<Stamp> {
    value.and_then(|bytes| bytes.try_into().ok())
}
