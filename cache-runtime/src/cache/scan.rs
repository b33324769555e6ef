//! Readable keys by a pattern, for a person at a console.

use std::fmt;

use super::Cache;
use crate::error::{CacheError, Result};
use crate::invalidate::invalidate;
use crate::owed::Target;
use crate::redis::{Cursor, Fault};
use crate::site::{Names, Pattern};
use crate::stamp::Subject;

/// A walk over the readable keys in Redis that match a pattern; made by [`Cache::scan`].
pub struct Scan {
    cache: Cache,
    pattern: Pattern,
    /// `None` before its beginning.
    cursor: Option<Cursor>,
}

/// A readable key that is in Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScannedKey {
    /// Its namespace.
    pub namespace: String,
    /// The key as the annotation's literal spells it, parts escaped: `user:42` of `key = "user:{id}"`.
    pub key: String,
    /// Its whole name in Redis.
    pub name: String,
}

impl Scan {
    /// The next keys: at most a few hundred, and perhaps none; `None` at the end.
    ///
    /// A key may come twice. A key that is written, or moved between nodes, during the walk may be
    /// missed.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked; calling it again goes on from there,
    /// unless the node was replaced meanwhile: begin a new walk then.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, the next call asks for this batch again.
    pub async fn next(&mut self) -> Result<Option<Vec<ScannedKey>>, CacheError> {
        let Some(redis) = &self.cache.tiers().redis else {
            return Err(CacheError::Unavailable {
                doing: "scan",
                cause: "the url is `memory:`, and memory keeps no names".to_owned(),
            });
        };
        let cursor = match &mut self.cursor {
            Some(cursor) => cursor,
            none => none.insert(redis.walk().await.map_err(unscanned)?),
        };
        let names = cursor.next(self.pattern.glob()).await;
        let Some(names) = names.map_err(unscanned)? else {
            return Ok(None);
        };
        let keys = names.into_iter().filter_map(|name| {
            let (namespace, key) = self.cache.tiers().names.readable(&name)?;
            Some(ScannedKey {
                namespace: namespace.to_owned(),
                key: key.to_owned(),
                name,
            })
        });
        Ok(Some(keys.collect()))
    }
}

impl Cache {
    /// Walks the readable keys in Redis that match a pattern, in every namespace: `*` is any text, `?`
    /// any character, `[abc]` one of these, and a backslash takes their meaning away. The pattern is
    /// matched with the whole key as the annotation's literal spells it. Only keys made by a literal
    /// (`key = "user:{id}"`) can be found: others are hashes.
    ///
    /// **It takes time in proportion to all keys that Redis has**, whether they match or not, in
    /// batches that do not hold others up: it is for a person at a console, or a job at night. A
    /// program clears by a tag or a namespace.
    ///
    /// ```no_run
    /// # async fn example(cache: cache_runtime::Cache) -> Result<(), cache_runtime::CacheError> {
    /// let mut scan = cache.scan("user:4*")?;
    /// while let Some(keys) = scan.next().await? {
    ///     for found in keys {
    ///         println!("{} {}", found.namespace, found.key);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CacheError::Name`] for a pattern that is empty, too long, or has a brace or a control
    /// character, which no readable key has.
    pub fn scan(&self, pattern: &str) -> Result<Scan, CacheError> {
        self.tiers().used.note();
        Ok(Scan {
            cache: self.clone(),
            pattern: self.tiers().names.pattern(pattern)?,
            cursor: None,
        })
    }

    /// Invalidates every entry in Redis whose readable key matches a pattern, as [`scan`](Self::scan)
    /// finds them, and returns how many there were. The promise of an invalidation holds for each entry
    /// found, and for none that is stored during the walk.
    ///
    /// **It takes time in proportion to all keys that Redis has**; a tag or a namespace is
    /// invalidated by one command.
    ///
    /// # Errors
    ///
    /// As [`scan`](Self::scan) and [`Scan::next`]: what was found before is invalidated. As
    /// [`Entry::invalidate`](super::Entry::invalidate): a batch that Redis did not acknowledge is owed.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, the batches before are invalidated.
    pub async fn invalidate_matching(&self, pattern: &str) -> Result<u64, CacheError> {
        let mut scan = self.scan(pattern)?;
        let mut count = 0;
        while let Some(mut keys) = scan.next().await? {
            keys.sort_by(|one, other| one.name.cmp(&other.name));
            keys.dedup();
            if keys.is_empty() {
                continue;
            }
            let names = &self.tiers().names;
            let target = |key: &ScannedKey| entry_target(names, &key.namespace, &key.name);
            let targets: Vec<_> = keys.iter().map(target).collect();
            invalidate(self.tiers(), targets, true).await?;
            count += keys.len() as u64;
        }
        Ok(count)
    }
}

/// An entry as something to invalidate, by its name.
pub(crate) fn entry_target(names: &Names, namespace: &str, name: &str) -> Target {
    Target {
        subjects: vec![Subject::entry(name)],
        namespace: Some(namespace.into()),
        names: names.lease_and_entry(name),
        namespace_stamp: names.namespace(namespace).to_string(),
    }
}

fn unscanned(fault: Fault) -> CacheError {
    CacheError::Unavailable {
        doing: "scan",
        cause: fault.as_str().to_owned(),
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("pattern", &self.pattern)
            .finish_non_exhaustive()
    }
}
