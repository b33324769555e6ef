//! Who is told of invalidations that this process has carried out.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use parking_lot::RwLock;

/// What was invalidated, as [`Cache::on_invalidated`](crate::Cache::on_invalidated) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invalidated<'a> {
    /// All that carries this tag.
    Tag(&'a str),
    /// All of this namespace.
    Namespace(&'a str),
    /// All that the cache has.
    Everything,
}

type Told = dyn Fn(Invalidated<'_>) + Send + Sync;

/// Is told of invalidations for as long as it lives.
#[must_use = "nothing is told any more once it is dropped"]
pub struct Listener(#[expect(dead_code, reason = "it lives for who is told")] Arc<Told>);

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

/// All who are told.
#[derive(Default)]
pub(crate) struct Listeners(RwLock<Vec<Weak<Told>>>);

impl Listeners {
    pub(crate) fn add(&self, told: impl Fn(Invalidated<'_>) + Send + Sync + 'static) -> Listener {
        let told: Arc<Told> = Arc::new(told);
        let mut all = self.0.write();
        all.retain(|listener| listener.strong_count() > 0);
        all.push(Arc::downgrade(&told));
        Listener(told)
    }

    pub(crate) fn tell(&self, what: Invalidated<'_>) {
        // They are called without the lock, as they are code of others.
        let all: Vec<_> = self.0.read().iter().filter_map(Weak::upgrade).collect();
        for told in all {
            // What is told of has happened, whatever becomes of those who are told.
            if catch_unwind(AssertUnwindSafe(|| told(what))).is_err() {
                tracing::error!(target: "cache", "a listener to invalidations has panicked");
            }
        }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listeners({})", self.0.read().len())
    }
}
