//! What the calls of a piece of work rest on, for whoever keeps what the work makes of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

/// What the annotated functions that were called in a piece of work rest on, as [`dependencies`](crate::dependencies())
/// tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependencies {
    /// The tags of their entries, each once, in the order of the alphabet.
    pub tags: Vec<String>,
    /// How much longer all of them are fresh, as far as this process knows. Zero where one ran without the cache, was
    /// not stored, was served stale or failed; `None` where none was called.
    pub fresh_for: Option<Duration>,
}

/// Where the calls of a piece of work note what they rest on.
#[derive(Debug, Default)]
pub(crate) struct Lender(Mutex<Lent>);

#[derive(Debug, Default)]
struct Lent {
    tags: BTreeSet<Arc<str>>,
    fresh_for: Option<Duration>,
}

impl Lender {
    pub(crate) fn dependencies(&self) -> Dependencies {
        let lent = self.0.lock();
        Dependencies {
            tags: lent.tags.iter().map(|tag| tag.to_string()).collect(),
            fresh_for: lent.fresh_for,
        }
    }

    /// A call of which nothing can be said.
    pub(crate) fn unknown(&self) {
        self.0.lock().fresh_for(Duration::ZERO);
    }
}

impl Lent {
    fn fresh_for(&mut self, fresh_for: Duration) {
        let before = self.fresh_for.unwrap_or(Duration::MAX);
        self.fresh_for = Some(before.min(fresh_for));
    }
}

/// One call, which lends what it rests on when it ends. Dropped before, nothing can be said of it.
#[derive(Debug)]
pub(crate) struct Lending {
    lender: Arc<Lender>,
    has_ended: AtomicBool,
}

impl Lending {
    pub(crate) fn begin(lender: Arc<Lender>) -> Self {
        Self {
            lender,
            has_ended: AtomicBool::new(false),
        }
    }

    /// Another call, of the same, lends for both.
    pub(crate) fn joins(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn end(&self, tags: impl IntoIterator<Item = Arc<str>>, fresh_ms: u64) {
        self.has_ended.store(true, Ordering::Relaxed);
        let mut lent = self.lender.0.lock();
        lent.tags.extend(tags);
        lent.fresh_for(Duration::from_millis(fresh_ms));
    }
}

impl Drop for Lending {
    fn drop(&mut self) {
        if !*self.has_ended.get_mut() {
            self.lender.unknown();
        }
    }
}
