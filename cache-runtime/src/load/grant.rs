//! What a load is granted before it begins: the lease of its entry, and the stamps that it rests on, as they
//! are asked for and as a frame carries them.

use std::sync::Arc;
use std::time::Duration;

use super::checksum::Checksum;
use super::request::Request;
use crate::clock::Moment;
use crate::frame::{Stamp, StampKind, Stamped, Writer};
use crate::lease::Lease;
use crate::redis::{Claimed, Fault, Made, Node, StampAsk, Topology};
use crate::stamp::{Basis, Cell, ReadBucket, Recording, Sorted, Subject, Vouch};

/// The right to store a load: its lease, and the stamps it noted before it began.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) lease: Lease,
    pub(crate) noted: Noted,
    /// What was noted rests on this, and its value will.
    pub(crate) basis: Basis,
    /// What a put found when it took the lease.
    pub(crate) claimed: Option<Claimed>,
    /// Of the entry that its load replaces, where that was found past its time.
    pub(crate) replaces: Option<Checksum>,
}

impl Grant {
    pub(super) fn writer(&self) -> Writer {
        match self.claimed {
            Some(_) => Writer::Put,
            None => Writer::Load,
        }
    }
}

/// Takes the lease by force and notes the stamps: for a put, which stores whatever was under way.
pub(crate) async fn claim(
    request: &Request,
    redis: &Topology,
) -> Result<Option<Box<Grant>>, Fault> {
    let lease = lease(request, redis, Writer::Put);
    let sent = request.tiers.clock.now();
    let lease_ms = request.lease_ms();
    let (name, entry) = (request.name.lease(), request.name.as_str());
    let claiming = redis.claim((&name, entry), lease.token(), lease_ms);
    let (claimed, node) = request.allowance.within(claiming).await?;
    let asks = Asks::new(request, sent);
    let stamp_asks = asks.stamps();
    let stamps = request.allowance.within(redis.stamps(&stamp_asks)).await?;
    let answered = asks.answered(0, &stamps, &node);
    if let Some(fault) = answered.refused {
        return Err(fault);
    }
    Ok(answered.noted.map(|noted| {
        Box::new(Grant {
            lease,
            noted,
            basis: answered.basis,
            claimed: Some(claimed),
            replaces: None,
        })
    }))
}

/// The lease of a request, with a token that was never used before.
pub(super) fn lease(request: &Request, redis: &Topology, writer: Writer) -> Lease {
    Lease::held(
        redis,
        &request.tiers.leases,
        &request.name,
        writer.fresh(),
        request.lease_ms(),
        request.longest_load(),
    )
}

/// The least that a lease lives where the site's `wait` is short, in milliseconds: one that runs out
/// between two renewals costs the store.
const SHORTEST_LEASE_MS: u64 = 1_000;

/// How many times its `wait` a load is taken to be alive, where it has no `load_timeout`.
const LONGEST_WAITS: u32 = 10;

impl Request {
    /// How long a lease of this entry lives. It is at most half of the site's `wait`, so that those who
    /// wait for a process that was killed have the other half for the one that loads in its place.
    pub(super) fn lease_ms(&self) -> u64 {
        let half = self.policy.wait_ms / 2;
        self.tiers.limits.lease_ms.min(half.max(SHORTEST_LEASE_MS))
    }

    /// How long a load is taken to be alive: its lease is not renewed after that, so that another may
    /// load. It is far longer than others wait for it, as a slow load is to be stored as well.
    pub(super) fn longest_load(&self) -> Duration {
        match self.policy.load_timeout_ms {
            0 => Duration::from_millis(self.policy.wait_ms).saturating_mul(LONGEST_WAITS),
            limit_ms => Duration::from_millis(limit_ms),
        }
    }
}

/// A stamp outlives the entries that carry it by this much, in milliseconds, so that a slow load
/// does not outlive its stamps.
pub(crate) const SLACK_MS: u64 = 60_000;

/// Redis takes no ttl that overflows its clock; ten years is as good as for ever.
pub(crate) const LONGEST_MS: u64 = 10 * 365 * 86_400_000;

/// The asks for the stamps of a load, which own their names: first those of the request, then the
/// buckets that are not known here.
pub(super) struct Asks<'a> {
    request: &'a Request,
    /// When the first thing was asked that they rest on.
    sent: Moment,
    names: Vec<Arc<str>>,
    /// Of the entry and of all that is asked for, from before it is.
    recording: Recording,
    /// Where its tags come of its value.
    buckets: Option<Sorted>,
}

/// What a load noted before it began.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) stamps: Vec<Stamped>,
    /// The buckets of tags that could be read, where its tags come of its value: all of them but where
    /// Redis has no room, or a node is away.
    pub(crate) buckets: Vec<(Subject, Stamp)>,
}

/// The answer to the asks.
pub(super) struct Answered {
    /// What the entry and its stamps rest on, as they were answered.
    pub(super) basis: Basis,
    /// What its value may rest on: where its tags come of it, on every bucket as well. Of a bucket that could
    /// not be made no push tells.
    pub(super) loading: Basis,
    /// `None` if a stamp of its own could not be made.
    pub(super) noted: Option<Noted>,
    /// Why that was, if its node said so.
    pub(super) refused: Option<Fault>,
}

impl<'a> Asks<'a> {
    pub(super) fn new(request: &'a Request, sent: Moment) -> Self {
        let buckets = request
            .derives_tags()
            .then(|| request.tiers.buckets.sorted(sent));
        let unknown = buckets.iter().flat_map(|buckets| &buckets.unknown);
        let subjects = request.subjects.iter().chain(unknown);
        Self {
            request,
            sent,
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
        let refused = made[..count].iter().find_map(|made| made.refused);
        let answers = made[count..].iter().zip(asked);
        let buckets = match self.buckets {
            Some(sorted) => read_buckets(request, sorted, answers, &mut vouch),
            None => Buckets::default(),
        };
        let basis = Basis::new(watch, vouch, self.sent);
        let loading = basis.and(&buckets.cells);
        Answered {
            basis,
            loading: match buckets.are_all {
                true => loading,
                false => loading.unpushed(),
            },
            noted: stamps.map(|stamps| Noted {
                stamps,
                buckets: buckets.read,
            }),
            refused,
        }
    }
}

/// The buckets that a load may rest on.
struct Buckets {
    read: Vec<(Subject, Stamp)>,
    /// Of those that could not be read, too: an invalidation in this process flips them.
    cells: Vec<Arc<Cell>>,
    are_all: bool,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            read: Vec::new(),
            cells: Vec::new(),
            are_all: true,
        }
    }
}

/// Learns each bucket that was answered, and remembers each that could not be made: one without the
/// other, as a value rests on the buckets of its own tags alone.
fn read_buckets<'a>(
    request: &Request,
    sorted: Sorted,
    answers: impl Iterator<Item = (&'a Made, &'a Arc<Cell>)>,
    vouch: &mut Vouch,
) -> Buckets {
    let (mut learnt, mut refused, mut fault) = (Vec::new(), Vec::new(), None);
    for (subject, (made, cell)) in sorted.unknown.into_iter().zip(answers) {
        match made.stamp {
            Some(stamp) => learnt.push(ReadBucket {
                subject,
                stamp,
                cell: Arc::clone(cell),
                vouch: made.vouch.clone(),
            }),
            None => refused.push(subject),
        }
        fault = fault.or(made.refused);
    }
    if let Some(fault) = fault {
        request.trouble("note the buckets of tags", fault.as_str());
    }
    let tiers = &request.tiers;
    tiers.buckets.learn(&learnt);
    tiers.buckets.refuse(&refused, tiers.clock.now());
    refused.extend(sorted.refused);
    let unread = tiers.cells.watch(&refused);
    let read = || sorted.known.iter().chain(&learnt);
    // Those known were learnt on connections that the load rests on as well.
    read().for_each(|bucket| vouch.also(&bucket.vouch));
    let cells = read().map(|bucket| &bucket.cell).chain(unread.cells());
    Buckets {
        cells: cells.map(Arc::clone).collect(),
        are_all: refused.is_empty(),
        read: read()
            .map(|bucket| (bucket.subject.clone(), bucket.stamp))
            .collect(),
    }
}

/// How often this process wrote to the entry's lease and to each stamp. Who is not pushed what others
/// change is not pushed its own writes either.
pub(super) fn own_writes(lease: u32, made: &[Made], node: &Node) -> impl Iterator<Item = u32> {
    let lease = if node.vouch.pushes() { lease } else { 0 };
    std::iter::once(lease).chain(made.iter().map(Made::pushed))
}

/// Asks for stamps of these names, each made if need be.
pub(super) fn stamp_asks<'a>(request: &Request, names: &'a [Arc<str>]) -> Vec<StampAsk<'a>> {
    let need_ms = need_ms(request);
    let ask = |name: &'a Arc<str>| StampAsk {
        name,
        fresh: rand::random(),
        need_ms,
    };
    names.iter().map(ask).collect()
}

fn need_ms(request: &Request) -> u64 {
    let policy = &request.policy;
    let life = policy.longest_ms().saturating_add(policy.stale_ms);
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
