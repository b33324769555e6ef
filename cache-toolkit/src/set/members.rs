//! The members of a set, a page at a time.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Set;
use crate::ToolkitError;

/// How many members a page has, unless set.
const PAGE: u32 = 500;

/// The members of a [`Set`], a page at a time; made by [`Set::members`].
///
/// A member that is in from the first page to the last comes in one of them, and may come in two where the set grows or
/// shrinks meanwhile; one that is put in or taken out meanwhile may come or not (`SSCAN`,
/// <https://redis.io/docs/latest/commands/scan/>). After a failover the pages of another node follow, in another order:
/// begin again where it matters that none is missed.
pub struct Members<T> {
    set: Set<T>,
    size: u32,
    /// Where the next page begins; `None` past the last.
    next: Option<Vec<u8>>,
}

impl<T: Serialize + DeserializeOwned> Members<T> {
    pub(super) fn new(set: Set<T>) -> Self {
        Self {
            set,
            size: PAGE,
            next: Some(Vec::new()),
        }
    }

    /// About how many a page is to have: 500 unless set, from 1 to 10,000. Redis gives a small set at once.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Self {
        self.size = size.clamp(1, 10_000);
        self
    }

    /// The next page, which may be empty before the last; `None` after that.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Foreign`] for a member that is no `T`; otherwise as [`Set::contains`]. The same page may be asked for
    /// again.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the same page may be asked for again.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>, ToolkitError> {
        let Some(page) = self.next_bytes().await? else {
            return Ok(None);
        };
        let members = page.members.iter().map(|bytes| Set::member(bytes));
        let members = members.collect::<Result<_, _>>()?;
        self.next = page.next;
        Ok(Some(members))
    }

    /// All that follow, each once, if they are no more than so many.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::TooMany`] if there are more: they are left where they are. Otherwise as [`next_page`](Self::next_page).
    pub async fn all(mut self, at_most: usize) -> Result<Vec<T>, ToolkitError> {
        let mut seen = HashSet::new();
        while let Some(page) = self.next_bytes().await? {
            seen.extend(page.members);
            if seen.len() > at_most {
                return Err(ToolkitError::TooMany { at_most });
            }
            self.next = page.next;
        }
        seen.iter().map(|bytes| Set::member(bytes)).collect()
    }

    async fn next_bytes(&self) -> Result<Option<Page>, ToolkitError> {
        let Some(from) = &self.next else {
            return Ok(None);
        };
        let (members, next) = self.set.page(from, self.size).await?;
        Ok(Some(Page { members, next }))
    }
}

struct Page {
    members: Vec<Vec<u8>>,
    next: Option<Vec<u8>>,
}

impl<T> fmt::Debug for Members<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members")
            .field("set", &self.set)
            .field("page_size", &self.size)
            .finish_non_exhaustive()
    }
}
