//! What is learnt of the keys of each function and of how its reads come, in a bounded room and off the way of a hit in
//! memory.

mod course;
mod heavy;
mod hours;
mod insight;
mod space_saving;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::{Moment, since_epoch, system};
pub use course::{Burst, Sequence};
use course::{Ids, Seconds};
pub use heavy::{HeavyKey, HeavyKeys};
pub use hours::{HourCounts, Hours};
use hours::{Ring, hour};
pub use insight::{BeforeTtl, CompressionSeen, InForce, Insight, NeverRead};
use space_saving::SpaceSaving;

/// How many functions of a cache have a sketch of their own. Further ones share one.
pub(crate) const FUNCTIONS: usize = 40;

/// How many bytes of texts a sketch keeps: keys that people can read, and encoded ones. Past that a key is told by its
/// digest, and a read in memory whose digest is not known yet is not told.
const TEXTS: usize = 2_560;

/// The longest text of a key, in bytes.
const LONGEST: usize = 96;

/// Of how many hits in memory one is told of.
const HITS_EACH: u64 = 1_024;

/// The longest pattern, in bytes.
const PATTERN: usize = 256;

/// What is learnt of one function, or of those that share it.
#[derive(Debug)]
pub(crate) struct Sketch {
    /// Its place among those of the cache.
    index: u16,
    /// Milliseconds since 1970 at the first moment of the cache's clock.
    origin_ms: OnceLock<u64>,
    /// The hour that was looked at last.
    hour: AtomicU64,
    learnt: Mutex<Learnt>,
}

#[derive(Debug, Default)]
struct Learnt {
    pattern: String,
    had: HadSettings,
    before: BeforeTtl,
    by_load_time: SpaceSaving<Label>,
    by_loads: SpaceSaving<Label>,
    by_invalidations: SpaceSaving<Label>,
    by_bytes: SpaceSaving<Label>,
    by_reads: SpaceSaving<Label>,
    /// What the texts of labels take, in bytes.
    texts: usize,
    /// Whether memory tells keys apart by more than goes into their digest.
    has_beside: bool,
    ring: Ring,
    ids: Ids,
    seconds: Seconds,
    compression: CompressionSeen,
}

/// The settings that a load has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HadSettings {
    pub(crate) ttl_ms: u64,
    pub(crate) stale_ms: u64,
    pub(crate) sliding_ms: u64,
    pub(crate) compress: &'static str,
    /// The one tier that has the values; empty for all.
    pub(crate) only_in: &'static str,
}

/// A key of a call that went past memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeenKey<'a> {
    /// That of its entry in this process's memory.
    pub(crate) hash: u64,
    pub(crate) digest: [u8; 16],
    /// As its function's literal spells it.
    pub(crate) text: Option<&'a str>,
}

/// An encoded key of a hit in memory, of which the digest is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EncodedKey<'a> {
    pub(crate) site: u32,
    pub(crate) hash: u64,
    pub(crate) parts: &'a [u8],
}

/// What a key is told as.
#[derive(Debug)]
enum Label {
    Known {
        digest: [u8; 16],
        text: Option<Box<str>>,
    },
    Encoded {
        site: u32,
        parts: Box<[u8]>,
    },
    /// There was no room for it.
    Unknown,
}

/// Gives the digest of an encoded key.
pub(crate) type Digests<'a> = &'a dyn Fn(u32, &[u8]) -> Option<[u8; 16]>;

impl Label {
    fn bytes(&self) -> usize {
        match self {
            Self::Known { text, .. } => text.as_ref().map_or(0, |text| text.len()),
            Self::Encoded { parts, .. } => parts.len(),
            Self::Unknown => 0,
        }
    }

    /// Of a call's key, while there is room for its text.
    fn of(key: SeenKey<'_>, texts: usize) -> Self {
        let fits = |text: &&str| text.len() <= LONGEST && texts + text.len() <= TEXTS;
        Self::Known {
            digest: key.digest,
            text: key.text.filter(fits).map(Into::into),
        }
    }

    fn encoded(key: EncodedKey<'_>, texts: usize) -> Self {
        let length = key.parts.len();
        match length <= LONGEST && texts + length <= TEXTS {
            true => Self::Encoded {
                site: key.site,
                parts: key.parts.into(),
            },
            false => Self::Unknown,
        }
    }
}

/// Which list a key is weighed in.
#[derive(Clone, Copy, Debug)]
enum By {
    LoadTime,
    Loads,
    Invalidations,
    Bytes,
    Reads,
}

impl Learnt {
    fn list(&mut self, by: By) -> &mut SpaceSaving<Label> {
        match by {
            By::LoadTime => &mut self.by_load_time,
            By::Loads => &mut self.by_loads,
            By::Invalidations => &mut self.by_invalidations,
            By::Bytes => &mut self.by_bytes,
            By::Reads => &mut self.by_reads,
        }
    }

    fn lists(&self) -> [&SpaceSaving<Label>; 5] {
        [
            &self.by_load_time,
            &self.by_loads,
            &self.by_invalidations,
            &self.by_bytes,
            &self.by_reads,
        ]
    }

    fn add(&mut self, by: By, hash: u64, weight: u64, label: impl FnOnce(usize) -> Label) {
        let texts = self.texts;
        let mut taken = 0;
        let list = self.list(by);
        let left = list.add(hash, weight, || {
            let label = label(texts);
            taken = label.bytes();
            label
        });
        let left = left.map_or(0, |label| label.bytes());
        self.texts = (self.texts + taken).saturating_sub(left);
    }

    fn weigh(&mut self, by: By, key: SeenKey<'_>, weight: u64) {
        self.add(by, key.hash, weight, |texts| Label::of(key, texts));
    }

    /// What a key is told as, that another list may know more of.
    fn told(
        &self,
        hash: u64,
        label: &Label,
        digests: Digests<'_>,
    ) -> Option<(String, Option<String>)> {
        let others = self.lists().into_iter().flat_map(SpaceSaving::counters);
        let others = others.filter(|other| other.hash == hash);
        let mut known = others.filter_map(|other| match &other.label {
            Label::Known { digest, text } => Some((*digest, text.as_deref())),
            _ => None,
        });
        let named = known.clone().find(|(_, text)| text.is_some());
        let (digest, text) = match (named.or_else(|| known.next()), label) {
            (Some(known), _) => known,
            (None, Label::Encoded { site, parts }) if !self.has_beside => {
                (digests(*site, parts)?, None)
            }
            _ => return None,
        };
        Some((hex(&digest), text.map(str::to_owned)))
    }

    fn heaviest(&self, list: &SpaceSaving<Label>, digests: Digests<'_>) -> HeavyKeys {
        let mut untold = 0;
        let keys = list.counters().iter().filter_map(|one| {
            let Some((digest, name)) = self.told(one.hash, &one.label, digests) else {
                untold = one.weight.max(untold);
                return None;
            };
            Some(HeavyKey {
                digest,
                name,
                weight: one.weight,
                error: one.error,
            })
        });
        let keys = keys.collect();
        let told = HeavyKeys {
            keys,
            total: list.total(),
            others_at_most: list.floor().max(untold),
        };
        told.shortened(usize::MAX)
    }
}

impl Sketch {
    pub(crate) fn new(index: usize) -> Self {
        Self {
            index: u16::try_from(index).unwrap_or(u16::MAX),
            origin_ms: OnceLock::new(),
            hour: AtomicU64::new(0),
            learnt: Mutex::default(),
        }
    }

    pub(crate) fn index(&self) -> u16 {
        self.index
    }

    /// Whether several functions share it.
    pub(crate) fn is_shared(&self) -> bool {
        usize::from(self.index) >= FUNCTIONS
    }

    /// A call goes past memory; its key ends in this id, if it has one.
    pub(crate) fn passed(&self, now: Moment, key: SeenKey<'_>, id: Option<i64>) {
        let second = self.unix_ms(now) / 1_000;
        let mut learnt = self.learnt.lock();
        learnt.seconds.note(second);
        if let Some(id) = id {
            learnt.ids.note(id);
        }
        // A key that is read much may have been told by its encoding alone.
        if key.text.is_some() {
            let texts = learnt.texts;
            if let Some(own) = learnt.by_reads.find(key.hash)
                && !matches!(own.label, Label::Known { text: Some(_), .. })
            {
                let label = Label::of(key, texts);
                let (taken, left) = (label.bytes(), own.label.bytes());
                own.label = label;
                learnt.texts = (texts + taken).saturating_sub(left);
            }
        }
    }

    pub(crate) fn loaded(&self, key: SeenKey<'_>, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let mut learnt = self.learnt.lock();
        learnt.weigh(By::LoadTime, key, ns);
        learnt.weigh(By::Loads, key, 1);
    }

    pub(crate) fn stored(&self, key: SeenKey<'_>, bytes: usize) {
        self.learnt.lock().weigh(By::Bytes, key, bytes as u64);
    }

    pub(crate) fn invalidated(&self, key: SeenKey<'_>) {
        self.learnt.lock().weigh(By::Invalidations, key, 1);
    }

    /// A tier other than memory served it, or memory a stale value.
    pub(crate) fn read(&self, key: SeenKey<'_>) {
        self.learnt.lock().weigh(By::Reads, key, 1);
    }

    /// Memory served it, the one of some hits that is told of. Such a hit waits for nobody.
    pub(crate) fn hit(&self, key: EncodedKey<'_>) {
        if let Some(mut learnt) = self.learnt.try_lock() {
            learnt.add(By::Reads, key.hash, HITS_EACH, |texts| {
                Label::encoded(key, texts)
            });
        }
    }

    /// Whether it is another hour than at the last look.
    pub(crate) fn is_new_hour(&self, now: Moment) -> bool {
        self.hour.load(Ordering::Relaxed) != hour(self.unix_ms(now))
    }

    /// How many hits and misses there were in all, at this moment.
    pub(crate) fn look(&self, now: Moment, hits: u64, misses: u64) {
        let hour = hour(self.unix_ms(now));
        self.learnt.lock().ring.look(hour, hits, misses);
        self.hour.store(hour, Ordering::Relaxed);
    }

    /// A value of so many bytes was compressed to so many, or would be.
    pub(crate) fn compressed(&self, (before, after): (usize, usize), took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.learnt.lock().compression += &CompressionSeen {
            values: 1,
            paid: u64::from(after < before),
            before_bytes: before as u64,
            after_bytes: after as u64,
            took_ns: ns,
            ..CompressionSeen::default()
        };
    }

    /// A value of so many bytes, not compressed yet, goes to Redis; gives how many did so before.
    pub(crate) fn sealed(&self, bytes: usize) -> u64 {
        let compression = &mut self.learnt.lock().compression;
        let before = compression.stores;
        *compression += &CompressionSeen {
            stores: 1,
            stored_bytes: bytes as u64,
            ..CompressionSeen::default()
        };
        before
    }

    /// A load was compared with an entry that had this ttl. One of at most half of that in force tells of what was in force
    /// before: whoever makes a ttl longer makes it twice as long at least.
    pub(crate) fn compared(&self, ttl_ms: u64, is_unchanged: bool) {
        let mut learnt = self.learnt.lock();
        if ttl_ms <= learnt.had.ttl_ms / 2 {
            let before = &mut learnt.before;
            before.compared = before.compared.saturating_add(1);
            before.unchanged = before.unchanged.saturating_add(u64::from(is_unchanged));
        }
    }

    /// What a call has for settings, and what its function's keys are like. Where its ttl is another than before, what
    /// was counted until now is noted.
    pub(crate) fn is_of(
        &self,
        had: HadSettings,
        has_beside: bool,
        (pattern, before): (impl FnOnce() -> String, impl FnOnce() -> BeforeTtl),
    ) {
        let mut learnt = self.learnt.lock();
        learnt.has_beside |= has_beside;
        if self.is_shared() {
            return;
        }
        if learnt.had.ttl_ms != 0 && learnt.had.ttl_ms != had.ttl_ms {
            learnt.before = before();
        }
        learnt.had = had;
        if learnt.pattern.is_empty() {
            let mut pattern = pattern();
            if pattern.len() > PATTERN {
                let end = (0..=PATTERN).rev().find(|at| pattern.is_char_boundary(*at));
                pattern.truncate(end.unwrap_or(0));
            }
            learnt.pattern = pattern;
        }
    }

    /// What was learnt until now.
    pub(crate) fn snapshot(&self, now: Moment, digests: Digests<'_>) -> Insight {
        let second = self.unix_ms(now) / 1_000;
        let learnt = &mut *self.learnt.lock();
        let burst = learnt.seconds.snapshot(second);
        Insight {
            pattern: learnt.pattern.clone(),
            in_force: InForce::of(learnt.had),
            before: learnt.before.clone(),
            by_load_time: learnt.heaviest(&learnt.by_load_time, digests),
            by_loads: learnt.heaviest(&learnt.by_loads, digests),
            by_invalidations: learnt.heaviest(&learnt.by_invalidations, digests),
            by_bytes: learnt.heaviest(&learnt.by_bytes, digests),
            by_reads: learnt.heaviest(&learnt.by_reads, digests),
            never_read: NeverRead::default(),
            hours: learnt.ring.snapshot(),
            sequence: learnt.ids.counted.clone(),
            burst,
            compression: learnt.compression.clone(),
        }
    }

    /// The time of the host's clock when the sketch began, and of the cache's from then on, which a test may move.
    fn unix_ms(&self, now: Moment) -> u64 {
        let origin = self.origin_ms.get_or_init(|| {
            let unix = u64::try_from(since_epoch(system()).as_millis()).unwrap_or(u64::MAX);
            unix.saturating_sub(now.0)
        });
        origin.saturating_add(now.0)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests;
