//! Stamps and cells: what makes an entry invalid at once.
//!
//! In Redis a tag has a *stamp*, random bytes that an invalidation deletes; entries carry the
//! stamps that their load noted before it began. In a process, each subject that a value rests on
//! has a *cell*: an invalidation flips it, here or by the push for one elsewhere, and every hit
//! looks at the cells of its entry. So one store makes every entry under a tag invalid, without
//! walking them.

mod basis;
mod buckets;
mod by_subject;
#[cfg_attr(
    not(any(feature = "redis", test)),
    expect(dead_code, reason = "only a connection's cell is extended")
)]
mod cell;
mod outage;
mod recording;
mod size;
mod slot;
mod sync;
mod table;
mod vouch;

use std::sync::Arc;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

pub(crate) use basis::Basis;
pub(crate) use buckets::{Buckets, ReadBucket, Sorted};
pub(crate) use by_subject::BySubject;
pub(crate) use cell::Cell;
pub(crate) use outage::Outage;
pub(crate) use recording::Recording;
pub(crate) use size::{COUNTS, allocated};
pub(crate) use table::Cells;
pub(crate) use vouch::Vouch;

use crate::clock::Moment;

/// What an invalidation is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Tag(Arc<str>),
    Namespace(Arc<str>),
    /// Every tag of one hash: for loads whose tags are known only afterwards.
    Bucket(u8),
    /// A hash of the entry's name in Redis, as a push tells the name and no more. Two that
    /// agreed would only be invalidated together.
    Entry(u128),
}

/// How many buckets the tags of a cache fall into.
const BUCKETS: u8 = 64;

/// The bucket of a tag: the same in every process.
pub(crate) fn bucket_of(tag: &str) -> u8 {
    (xxh3_64(tag.as_bytes()) % u64::from(BUCKETS)) as u8
}

impl Subject {
    pub(crate) fn entry(name: &str) -> Self {
        Self::Entry(xxh3_128(name.as_bytes()))
    }

    /// The bucket that a tag falls into.
    pub(crate) fn bucket(tag: &str) -> Self {
        Self::Bucket(bucket_of(tag))
    }

    pub(crate) fn buckets() -> impl Iterator<Item = Self> {
        (0..BUCKETS).map(Self::Bucket)
    }
}

/// The cells of what one value rests on: its entry first, its stamps, the connections that will
/// tell of changes to them.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<[Arc<Cell>]>);

impl Watch {
    /// Of these cells.
    #[cfg(feature = "redis")]
    pub(crate) fn of(cells: &[Arc<Cell>]) -> Self {
        Self(cells.into())
    }

    /// This watch with more cells that the value turned out to rest on.
    pub(crate) fn and(&self, more: &[Arc<Cell>]) -> Self {
        if more.is_empty() {
            return self.clone();
        }
        Self(self.0.iter().chain(more).cloned().collect())
    }

    /// This watch with its entry's cell replaced.
    pub(crate) fn with_entry(&self, entry: &Self) -> Self {
        let rest = self.0.iter().skip(1);
        Self(entry.0.iter().chain(rest).cloned().collect())
    }

    /// The first `count` cells, and the others.
    pub(crate) fn split_at(&self, count: usize) -> (Self, &[Arc<Cell>]) {
        let (first, others) = self.0.split_at(count.min(self.0.len()));
        (Self(first.into()), others)
    }

    pub(crate) fn cells(&self) -> &[Arc<Cell>] {
        &self.0
    }

    /// Whether nothing the value rests on was invalidated, and its connections vouch for that.
    #[inline]
    pub(crate) fn holds(&self, now: Moment) -> bool {
        self.0.iter().all(|cell| cell.holds(now))
    }

    /// Whether it may be served as stale.
    pub(crate) fn holds_stale(&self, now: Moment) -> bool {
        self.0.iter().all(|cell| cell.holds_stale(now))
    }

    /// Whether something it rests on was expired by hand, and nothing was invalidated.
    pub(crate) fn is_expired(&self) -> bool {
        !self.is_flipped() && self.0.iter().any(|cell| cell.is_expired())
    }

    /// Whether something it rests on is known to have been invalidated. What neither holds nor is
    /// flipped rests on a connection that fell silent.
    pub(crate) fn is_flipped(&self) -> bool {
        self.0.iter().any(|cell| cell.is_flipped())
    }

    /// Waits until its entry, or the lease of it, changes.
    pub(crate) async fn entry_changes(&self) {
        match self.0.first() {
            Some(entry) => entry.flipped().await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests;
