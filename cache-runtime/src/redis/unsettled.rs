//! This process's own invalidations, while they are under way.
//!
//! A node does not push to a connection what that connection deleted itself, so the copies that
//! were read meanwhile are dropped by the task that runs the invalidation. Until it has done so, the
//! connection vouches for nothing beyond `lag` after it began, however late the task is run.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::link::Link;
use crate::clock::{Clock, Moment};

/// When each began, in order.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Mutex<BTreeMap<u64, Moment>>);

/// An invalidation under way; settled when dropped.
#[derive(Debug)]
pub(crate) struct Settling {
    link: Link,
    number: u64,
}

impl Unsettled {
    /// The beginning of the oldest.
    pub(super) fn since(&self) -> Option<Moment> {
        self.0.lock().values().next().copied()
    }

    fn begin(&self) -> u64 {
        let mut unsettled = self.0.lock();
        let number = unsettled.keys().next_back().map_or(0, |last| last + 1);
        unsettled.insert(number, Clock::default().now());
        number
    }
}

impl Link {
    /// Begins an invalidation: until the answer is dropped, its copies may not all be.
    pub(crate) fn settling(&self) -> Settling {
        Settling {
            link: self.clone(),
            number: self.0.unsettled.begin(),
        }
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        self.link.0.unsettled.0.lock().remove(&self.number);
    }
}
