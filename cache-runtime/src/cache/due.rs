//! What is to be invalidated or expired: of any number of caches, each target once.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::boxed::boxed;
use crate::error::Result;
use crate::expire::{begin_expiry, expire};
use crate::invalidate::{invalidate, owe};
use crate::owed::Target;
use crate::stamp::{BySubject, Subject};
use crate::tiers::Tiers;

/// What becomes of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum How {
    #[default]
    Invalidate,
    Expire,
}

/// The targets, by the cache that each is of: an entry may be of another than the rest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Due(Vec<OfCache>);

#[derive(Clone, Debug)]
struct OfCache {
    tiers: Arc<Tiers>,
    how: How,
    targets: BySubject<Target>,
}

impl OfCache {
    fn targets(&self) -> Vec<Target> {
        let targets = self.targets.iter().map(|(_, target)| target.clone());
        targets.collect()
    }

    async fn carry_out(&self, counted: bool) -> Result<()> {
        match self.how {
            How::Invalidate => invalidate(&self.tiers, self.targets(), counted).await,
            How::Expire => expire(&self.tiers, &self.targets()).await,
        }
    }
}

impl Due {
    pub(crate) fn add(&mut self, tiers: &Arc<Tiers>, how: How, target: Target) {
        let Some(subject) = target.subjects.last().cloned() else {
            return;
        };
        let is_same = |of: &OfCache| Arc::ptr_eq(&of.tiers, tiers) && of.how == how;
        let at = self.0.iter().position(is_same).unwrap_or_else(|| {
            self.0.push(OfCache {
                tiers: Arc::clone(tiers),
                how,
                targets: BySubject::default(),
            });
            self.0.len() - 1
        });
        self.0[at].targets.insert(subject, target);
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for of in &other.0 {
            for target in of.targets() {
                self.add(&of.tiers, of.how, target);
            }
        }
    }

    /// Whether one of these subjects is among the targets.
    pub(crate) fn names(&self, tiers: &Arc<Tiers>, subjects: &[Subject]) -> bool {
        let of_cache = self.0.iter().filter(|of| Arc::ptr_eq(&of.tiers, tiers));
        let mut all = of_cache.map(|of| &of.targets);
        all.any(|targets| subjects.iter().any(|subject| targets.contains(subject)))
    }

    /// Whether a tag is among the targets.
    pub(crate) fn names_a_tag(&self, tiers: &Arc<Tiers>) -> bool {
        let of_cache = self.0.iter().filter(|of| Arc::ptr_eq(&of.tiers, tiers));
        let mut subjects = of_cache.flat_map(|of| of.targets.iter());
        subjects.any(|(subject, _)| matches!(subject, Subject::Tag(_)))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|of| of.targets.len()).sum()
    }

    /// Carries all of it out, whatever fails of it: the first error. What can be owed is owed then.
    ///
    /// # Cancellation
    ///
    /// Once polled, invalidations are carried out even if the future is dropped; of the rest each was done or not.
    pub(crate) async fn carry_out(&self, counted: bool) -> Result<()> {
        let done = self.0.iter().map(|of| boxed(|| of.carry_out(counted)));
        join_all(done).await.into_iter().collect()
    }

    /// Begins to carry it out, for nobody who waits.
    pub(crate) fn owe(&self, counted: bool) {
        for of in &self.0 {
            match of.how {
                How::Invalidate => owe(&of.tiers, of.targets(), counted),
                How::Expire => begin_expiry(&of.tiers, of.targets()),
            }
        }
    }
}
