//! What `#[cache_invalidate]` does around its function.

use std::sync::Arc;

use super::put::IsEntry;
use super::tags::Tags;
use crate::cache::{Cache, Entry, namespace_target, resolve, tag_target};
use crate::error::CacheError;
use crate::invalidate::{invalidate, owe};
use crate::owed::Target;
use crate::tag::Tag;
use crate::tiers::Tiers;

/// The targets of one call. From the moment the function is polled they are owed: on its return,
/// on an `Err` (which may hide a commit), and when the caller drops it half-way.
#[derive(Debug)]
pub struct Invalidation {
    cache: Option<Cache>,
    /// With the tiers each is of: an entry may be of another cache than the rest.
    targets: Vec<(Arc<Tiers>, Target)>,
    only_ok: bool,
    armed: bool,
    /// Whether it was counted already: once an annotated call is enough.
    counted: bool,
}

impl Invalidation {
    #[must_use]
    pub fn new(cache: Option<&Cache>) -> Self {
        Self {
            cache: resolve(cache).map(|cache| cache.clone()),
            targets: Vec::new(),
            only_ok: false,
            armed: false,
            counted: false,
        }
    }

    pub fn tag(&mut self, tag: impl Into<Tag>) {
        let tag = tag.into();
        self.add(|cache| tag_target(cache, &tag));
    }

    /// Any number of tags.
    pub fn all_tags(&mut self, tags: impl Tags) {
        tags.into_tags().into_iter().for_each(|tag| self.tag(tag));
    }

    /// Any number of entries.
    pub fn all_entries<I>(&mut self, entries: I)
    where
        I: IntoIterator,
        I::Item: IsEntry,
    {
        entries
            .into_iter()
            .for_each(|entry| self.entry(entry.entry()));
    }

    pub fn namespace(&mut self, namespace: impl AsRef<str>) {
        self.add(|cache| namespace_target(cache, namespace.as_ref()));
    }

    pub fn entry<T>(&mut self, entry: &Entry<T>) {
        self.targets.extend(entry.target());
    }

    fn add(&mut self, target: impl FnOnce(&Cache) -> Result<Target, CacheError>) {
        let Some(cache) = &self.cache else {
            return;
        };
        match target(cache) {
            Ok(target) => self.targets.push((Arc::clone(cache.tiers()), target)),
            Err(error) => {
                tracing::error!(target: "cache", %error, "an annotated invalidation is refused");
            }
        }
    }

    /// Invalidates before the function runs too.
    pub async fn before(&mut self) {
        let count = !std::mem::replace(&mut self.counted, true);
        for (tiers, targets) in self.by_cache() {
            // A failure is owed and logged; the function runs in any case.
            let _ = Box::pin(invalidate(&tiers, targets, count)).await;
        }
    }

    /// Only an `Ok` invalidates; an `Err` or a drop is taken to have changed nothing.
    pub fn only_ok(&mut self) {
        self.only_ok = true;
    }

    /// It changed something, whatever becomes of it now.
    pub(super) fn always(&mut self) {
        self.only_ok = false;
    }

    /// The function is about to be polled.
    pub fn arm(&mut self) {
        self.armed = true;
    }

    /// The function returned. What fails now is owed and logged; it is not the function's failure.
    pub async fn finish(mut self, ok: bool) {
        if ok || !self.only_ok {
            self.before().await;
        }
        self.armed = false;
    }

    /// Nothing is to be invalidated any more.
    pub(super) fn settled(mut self) {
        self.armed = false;
    }

    fn by_cache(&self) -> Vec<(Arc<Tiers>, Vec<Target>)> {
        let mut groups: Vec<(Arc<Tiers>, Vec<Target>)> = Vec::new();
        for (tiers, target) in &self.targets {
            match groups
                .iter_mut()
                .find(|(known, _)| Arc::ptr_eq(known, tiers))
            {
                Some((_, targets)) => targets.push(target.clone()),
                None => groups.push((Arc::clone(tiers), vec![target.clone()])),
            }
        }
        groups
    }
}

impl Drop for Invalidation {
    fn drop(&mut self) {
        if self.armed && !self.only_ok {
            for (tiers, targets) in self.by_cache() {
                owe(&tiers, targets, !self.counted);
            }
        }
    }
}
