//! What `#[cache_invalidate]` does around its function.

use std::sync::Arc;

use super::put::IsEntry;
use super::tags::Tags;
use crate::boxed::boxed;
use crate::cache::{
    Cache, Deferral, Due, Entry, How, deferral, namespace_target, resolve, tag_target,
};
use crate::error::CacheError;
use crate::owed::Target;
use crate::tag::Tag;

/// The targets of one call. From the moment the function is polled they are owed: on its return,
/// on an `Err` (which may hide a commit), and when the caller drops it half-way. In a transaction they are handed
/// over to whoever commits.
#[derive(Debug)]
pub struct Invalidation {
    cache: Option<Cache>,
    how: How,
    due: Due,
    deferral: Option<Arc<Deferral>>,
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
            how: How::default(),
            due: Due::default(),
            deferral: deferral(),
            only_ok: false,
            armed: false,
            counted: false,
        }
    }

    /// What is named from here on is made stale, and not invalid.
    pub fn expire(&mut self) {
        self.how = How::Expire;
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
        if let Some((tiers, target)) = entry.target(self.how) {
            self.due.add(&tiers, self.how, target);
        }
    }

    fn add(&mut self, target: impl FnOnce(&Cache) -> Result<Target, CacheError>) {
        let Some(cache) = &self.cache else {
            return;
        };
        match target(cache) {
            Ok(target) => self.due.add(cache.tiers(), self.how, target),
            Err(error) => {
                tracing::error!(target: "cache", %error, "an annotated invalidation is refused");
            }
        }
    }

    /// Invalidates before the function runs too.
    pub async fn before(&mut self) {
        let count = !std::mem::replace(&mut self.counted, true);
        // A failure is owed and logged; the function runs in any case.
        let _ = boxed(|| self.due.carry_out(count)).await;
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
        if let Some(deferral) = &self.deferral {
            deferral.touch(&self.due);
        }
    }

    /// The function returned. What fails now is owed and logged; it is not the function's failure.
    pub async fn finish(mut self, ok: bool) {
        if (ok || !self.only_ok) && !self.is_handed_over() {
            self.before().await;
        }
        self.armed = false;
    }

    /// Nothing is to be invalidated any more.
    pub(super) fn settled(mut self) {
        self.armed = false;
    }

    /// Whether somebody else carries it out.
    fn is_handed_over(&self) -> bool {
        let deferral = self.deferral.as_ref();
        deferral.is_some_and(|deferral| deferral.hand_over(&self.due))
    }
}

impl Drop for Invalidation {
    fn drop(&mut self) {
        if self.armed && !self.only_ok && !self.is_handed_over() {
            self.due.owe(!self.counted);
        }
    }
}
