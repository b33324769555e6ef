//! What many entries share: a tag or a namespace, each invalidated in O(1), and the cache.

use std::fmt;
use std::sync::Arc;

use super::Cache;
use crate::error::{CacheError, Result, check_name};
use crate::events::Of;
use crate::expire::expire;
use crate::invalidate::{invalidate, invalidate_everything};
use crate::owed::Target;
use crate::stamp::{Subject, bucket_of};
use crate::tag::Tag;
use crate::tiers::Tiers;

/// Everything that carries a tag; made by [`Cache::tag`].
pub struct TagHandle {
    cache: Cache,
    tag: Tag,
}

impl TagHandle {
    pub(super) fn new(cache: Cache, tag: Tag) -> Self {
        Self { cache, tag }
    }

    /// Invalidates everything that carries the tag, in every namespace, by deleting its stamp:
    /// one command, however many entries there are.
    ///
    /// A read in this process that begins after this returned `Ok` sees only loads that began after
    /// this was called; in other processes that holds after at most `lag`.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) if Redis did not acknowledge;
    /// the invalidation is then owed and retried. [`CacheError::Name`](crate::CacheError::Name)
    /// for a tag that is refused.
    ///
    /// # Cancellation
    ///
    /// Once polled it is carried out, even if the future is dropped.
    pub async fn invalidate(&self) -> Result<(), CacheError> {
        let target = tag_target(&self.cache, &self.tag)?;
        invalidate(self.cache.tiers(), vec![target], true).await
    }

    /// Makes everything that carries the tag stale: it may be served for as long as its site's
    /// `stale` window allows, while the first caller to find it loads it anew; where there is no
    /// window it is loaded at once. One command, however many entries there are.
    ///
    /// For data that is better fresh and tolerable old. It promises readers nothing, here or in
    /// other processes; [`invalidate`](Self::invalidate) does.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) if Redis did not acknowledge;
    /// nothing is owed. [`CacheError::Name`](crate::CacheError::Name) for a tag that is refused.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, it was done or not.
    pub async fn expire(&self) -> Result<(), CacheError> {
        let target = tag_target(&self.cache, &self.tag)?;
        expire(self.cache.tiers(), &[target]).await
    }
}

impl fmt::Debug for TagHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TagHandle").field(&self.tag).finish()
    }
}

/// A namespace of a cache; made by [`Cache::namespace`].
pub struct Namespace {
    cache: Cache,
    name: String,
}

impl Namespace {
    pub(super) fn new(cache: Cache, name: &str) -> Self {
        Self {
            cache,
            name: name.to_owned(),
        }
    }

    /// Invalidates every entry of the namespace, by deleting its stamp: one command, however many
    /// entries there are, with the promise of [`TagHandle::invalidate`].
    ///
    /// # Errors
    ///
    /// As [`TagHandle::invalidate`].
    ///
    /// # Cancellation
    ///
    /// Once polled it is carried out, even if the future is dropped.
    pub async fn invalidate(&self) -> Result<(), CacheError> {
        let target = namespace_target(&self.cache, &self.name)?;
        invalidate(self.cache.tiers(), vec![target], true).await
    }

    /// Makes every entry of the namespace stale, as [`TagHandle::expire`] does for a tag.
    ///
    /// # Errors
    ///
    /// As [`TagHandle::expire`].
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, it was done or not.
    pub async fn expire(&self) -> Result<(), CacheError> {
        let target = namespace_target(&self.cache, &self.name)?;
        expire(self.cache.tiers(), &[target]).await
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Namespace").field(&self.name).finish()
    }
}

impl Cache {
    /// Invalidates every entry under the cache's prefix, in every tier and process, with the promise of
    /// [`TagHandle::invalidate`]: what was loaded before is never served again, and loads under way are not kept.
    ///
    /// **In Redis it takes time in proportion to all keys that are there**, of this cache or not: a walk over the
    /// names, in batches that do not hold others up, deletes the stamp of each namespace. Reads pay nothing for it. The
    /// user of the connection needs the right to `scan`. What is left of the entries ends by its ttl.
    ///
    /// In memory alone it is one step. Values of `tiers = [memory]` in other processes rest on nothing in Redis, and
    /// stay.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let cache = cache_runtime::Cache::memory();
    /// cache.invalidate_all().await?;
    /// # Ok::<_, cache_runtime::CacheError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if Redis did not acknowledge all of it. Everything is owed then: it is retried, and
    /// this process serves nothing from Redis until it is done.
    ///
    /// # Cancellation
    ///
    /// Once polled it is carried out, even if the future is dropped.
    pub async fn invalidate_all(&self) -> Result<(), CacheError> {
        self.tiers().used.note();
        invalidate_everything(self.tiers()).await
    }
}

pub(crate) fn tag_target(cache: &Cache, tag: &Tag) -> Result<Target> {
    let name = tag.name()?;
    let Tiers { names, events, .. } = &**cache.tiers();
    events.invalidated(Of::Tag, name);
    Ok(Target {
        // The bucket first: a load that learns the tag from its value looks at it last.
        subjects: vec![Subject::bucket(name), Subject::Tag(Arc::clone(name))],
        namespace: None,
        names: [names.bucket(bucket_of(name)), names.tag(name)]
            .map(|name| name.to_string())
            .to_vec(),
        namespace_stamp: String::new(),
    })
}

pub(crate) fn namespace_target(cache: &Cache, namespace: &str) -> Result<Target> {
    check_name("namespace", namespace)?;
    let Tiers { names, events, .. } = &**cache.tiers();
    events.invalidated(Of::Namespace, namespace);
    let stamp = names.namespace(namespace).to_string();
    Ok(Target {
        subjects: vec![Subject::Namespace(namespace.into())],
        namespace: Some(namespace.into()),
        names: vec![stamp.clone()],
        namespace_stamp: stamp,
    })
}
