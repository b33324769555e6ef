//! Tags: names that many entries carry and one invalidation clears.

use std::fmt;
use std::sync::Arc;

use crate::error::{Result, check_name};

/// The tags that only a loaded value tells; `None` where all are known from the arguments.
pub(crate) type TagsFrom<T> = Option<fn(&T) -> Vec<Tag>>;

/// How many tags an entry may have, those of the call and those of its value together: a hit looks at
/// each, and Redis is asked for each.
pub(crate) const MOST_TAGS: usize = 1_024;

/// A name that entries carry, so that one invalidation clears them all.
///
/// A tag has at most 256 bytes and no brace or control character. One that breaks this is refused
/// where it is used: an invalidation returns [`CacheError::Name`](crate::CacheError::Name), a
/// cached call runs without the cache and counts `bad_name`. An entry has at most 1,024 of them.
///
/// ```
/// use cache_runtime::Tag;
///
/// assert_eq!(Tag::from("user:42"), Tag::from(format!("user:{}", 42)));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The tag's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[doc(hidden)]
    #[must_use]
    pub fn format(name: fmt::Arguments<'_>) -> Self {
        Self(fmt::format(name).into())
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.0
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_name("tag", &self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for Tag {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for Tag {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&String> for Tag {
    fn from(name: &String) -> Self {
        Self(name.as_str().into())
    }
}

impl From<Arc<str>> for Tag {
    fn from(name: Arc<str>) -> Self {
        Self(name)
    }
}

impl From<std::borrow::Cow<'_, str>> for Tag {
    fn from(name: std::borrow::Cow<'_, str>) -> Self {
        Self(name.into())
    }
}

impl From<&Self> for Tag {
    fn from(tag: &Self) -> Self {
        tag.clone()
    }
}
