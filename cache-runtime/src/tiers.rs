//! What one cache is made of, shared by its handles and the calls under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use tokio::task::JoinHandle;

use crate::clock::{Clock, Moment, system};
use crate::events::{Events, Runs, Tier, Use};
use crate::extensions::Extensions;
use crate::flight::{Backoffs, Failures, Flights, Holders, Refreshes};
use crate::frame::{EncryptionKeys, Writer};
use crate::lease::Leases;
use crate::listeners::Listeners;
use crate::memory::Memory;
use crate::overrides::{Overrides, SettingInForce};
use crate::owed::Owed;
use crate::patience::Crowd;
use crate::policy::Policy;
use crate::redis::{Pushed, Topology};
use crate::site::{Named, Names};
use crate::stamp::{Buckets, Cells, Outage, Subject};

/// The limits a builder sets.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// The largest value stored, in encoded bytes before compression.
    pub(crate) max_value: usize,
    /// The longest that memory may be behind an invalidation elsewhere, in milliseconds.
    pub(crate) lag_ms: u64,
    /// How long one call may wait for Redis in all, in milliseconds.
    pub(crate) allowance_ms: u64,
    /// How long a lease lives without renewal, in milliseconds.
    pub(crate) lease_ms: u64,
    /// By how much of its ttl an entry may be stored for less.
    pub(crate) jitter: f64,
    /// How many refreshes may run in tasks at once.
    pub(crate) max_refreshes: usize,
    /// Whether values are looked at that are stored, to tell of what does not come back.
    pub(crate) verify: bool,
    /// How often this process publishes its statistics, in milliseconds, and how long that holds; zero for never.
    pub(crate) publish_ms: u64,
    pub(crate) published_ms: u64,
}

/// The tiers of one cache, and what keeps them coherent.
#[derive(Debug)]
pub(crate) struct Tiers {
    pub(crate) memory: Option<Memory>,
    pub(crate) redis: Option<Topology>,
    pub(crate) cells: Arc<Cells>,
    pub(crate) buckets: Buckets,
    /// Ends when Redis is back.
    pub(crate) outage: Arc<Outage>,
    pub(crate) flights: Flights,
    pub(crate) backoffs: Backoffs,
    pub(crate) failures: Failures,
    pub(crate) holders: Holders,
    pub(crate) refreshes: Arc<Refreshes>,
    /// The audits under way, as many at once as refreshes may be.
    pub(crate) audits: Arc<Refreshes>,
    pub(crate) owed: Owed,
    pub(crate) leases: Arc<Leases>,
    /// The calls that wait for Redis now.
    pub(crate) crowd: Arc<Crowd>,
    /// The task that retries what is owed, while there is anything.
    pub(crate) retrying: parking_lot::Mutex<Option<JoinHandle<()>>>,
    pub(crate) events: Arc<Events>,
    pub(crate) clock: Clock,
    pub(crate) names: Names,
    pub(crate) limits: Limits,
    /// What values are encrypted with in Redis, where a function says so.
    pub(crate) keys: Option<EncryptionKeys>,
    /// What a settings file changes.
    pub(crate) overrides: Arc<Overrides>,
    /// The settings of the cache itself, as they are told.
    pub(crate) settings: Vec<SettingInForce>,
    /// How often each body ran, where a test counts it.
    pub(crate) runs: Option<Runs>,
    /// Whether anything uses it.
    pub(crate) used: Use,
    /// What packages on top keep for this cache.
    pub(crate) extensions: Extensions,
    /// Who is told of invalidations.
    pub(crate) listeners: Listeners,
    /// Tells it from those of other processes. The half of it is in the id of each entry that it makes.
    pub(crate) id: u128,
    pub(crate) built: SystemTime,
    /// When that was, by its own clock.
    pub(crate) began: Moment,
    /// Off by setting, or closed: every call runs as if there were no cache.
    pub(crate) off: AtomicBool,
}

/// What a push does: it flips the cell of what changed, and is counted where anything rested on that.
pub(crate) fn flips(
    cells: Arc<Cells>,
    names: Names,
    events: Arc<Events>,
) -> impl Fn(Pushed<'_>) + Send + Sync {
    move |pushed| match pushed {
        Pushed::All => {
            if cells.flip_all() {
                events.received(None);
            }
        }
        Pushed::Changed(name) => {
            let Some(named) = names.read(name) else {
                return;
            };
            if cells.pushed(&subject(named)) {
                count(&events, named);
            }
        }
    }
}

/// Counts a push that made something invalid here.
fn count(events: &Events, named: Named<'_>) {
    match named {
        Named::Entry(_) => events.received_change(),
        Named::Tag(_) => events.received(None),
        Named::Namespace(namespace) => events.received(Some(namespace)),
        // A bucket is invalidated with a tag of it; nothing of the cache rests on what the program keeps.
        Named::Bucket(_) | Named::Kept(_) => {}
    }
}

fn subject(named: Named<'_>) -> Subject {
    match named {
        Named::Entry(name) | Named::Kept(name) => Subject::entry(name),
        Named::Tag(tag) => Subject::Tag(tag.into()),
        Named::Namespace(namespace) => Subject::Namespace(namespace.into()),
        Named::Bucket(bucket) => Subject::Bucket(bucket),
    }
}

/// Whether memory holds no values of this policy: those that are in Redis alone. Without Redis memory is all there is.
pub(crate) fn skips_memory(policy: &Policy, tiers: &Tiers) -> bool {
    policy.only == Some(Tier::Redis) && tiers.redis.is_some()
}

impl Tiers {
    /// Neither memory nor Redis, with these limits.
    pub(crate) fn empty(limits: Limits) -> Self {
        Self {
            memory: None,
            redis: None,
            cells: Arc::default(),
            buckets: Buckets::default(),
            outage: Arc::default(),
            flights: Flights::default(),
            backoffs: Backoffs::default(),
            failures: Failures::default(),
            holders: Holders::default(),
            refreshes: Arc::new(Refreshes::new(limits.max_refreshes)),
            audits: Arc::new(Refreshes::new(limits.max_refreshes)),
            owed: Owed::default(),
            leases: Arc::default(),
            crowd: Arc::default(),
            retrying: parking_lot::Mutex::default(),
            events: Arc::default(),
            clock: Clock::default(),
            names: Names::new(""),
            limits,
            keys: None,
            overrides: Arc::default(),
            settings: Vec::new(),
            runs: None,
            used: Use::none_yet(),
            extensions: Extensions::default(),
            listeners: Listeners::default(),
            id: Writer::process(),
            built: system(),
            began: Moment::default(),
            off: AtomicBool::new(false),
        }
    }

    /// Whether entries and stamps may be at several nodes of Redis.
    pub(crate) fn spans_nodes(&self) -> bool {
        self.redis.as_ref().is_some_and(Topology::spans_nodes)
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        !self.off.load(Ordering::Relaxed)
    }

    pub(crate) fn turn_off(&self) {
        self.off.store(true, Ordering::Relaxed);
        self.overrides.turn_off();
    }
}
