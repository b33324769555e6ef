//! Tags: names that many entries carry and one invalidation clears.

mod name;

use std::any::Any;
use std::fmt::{self, Write};
use std::sync::Arc;

use crate::error::{CacheError, Result, shortened};

/// The tags that only a loaded value tells, by the annotation's own fn.
pub(crate) type TagsFrom = Arc<dyn Fn(&(dyn Any + Send + Sync)) -> Vec<Tag> + Send + Sync>;

/// How many tags an entry may have, those of the call and those of its value together: a hit looks at
/// each, and Redis is asked for each.
pub(crate) const MOST_TAGS: usize = 1_024;

/// A name that entries carry, so that one invalidation clears them all.
///
/// A tag is any text but the empty one, so it may be made of what comes from outside. In Redis a
/// plain one stands as it is; one with a brace or a control character is escaped there, and of one
/// over 256 bytes the beginning stands before a hash. Two different texts are two tags in any case.
/// An entry has at most 1,024 of them.
///
/// The empty tag, and one whose `Display` failed, is refused where it is used: an invalidation
/// returns [`CacheError::Name`](crate::CacheError::Name), a cached call runs without the cache and
/// counts `bad_name`.
///
/// ```
/// use cache_runtime::Tag;
///
/// assert_eq!(Tag::from("user:42"), Tag::from(format!("user:{}", 42)));
/// assert_eq!(Tag::from("mail:{a}").as_str(), "mail:{a}");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    text: Arc<str>,
    /// What stands for it wherever tags are compared and named; made once, here.
    name: Result<Arc<str>, Refused>,
}

/// Why a tag can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Refused {
    Empty,
    Unwritten,
}

impl Refused {
    fn reason(self) -> &'static str {
        match self {
            Self::Empty => "it is empty",
            Self::Unwritten => "the `Display` of something in it failed",
        }
    }
}

impl Tag {
    fn new(text: Arc<str>) -> Self {
        let name = match text.is_empty() {
            true => Err(Refused::Empty),
            false => Ok(name::of(&text)),
        };
        Self { text, name }
    }

    /// The tag's text, as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[doc(hidden)]
    #[must_use]
    pub fn format(text: fmt::Arguments<'_>) -> Self {
        if let Some(text) = text.as_str() {
            return Self::new(text.into());
        }
        let mut written = String::new();
        match written.write_fmt(text) {
            Ok(()) => Self::new(written.into()),
            Err(fmt::Error) => Self {
                text: written.into(),
                name: Err(Refused::Unwritten),
            },
        }
    }

    /// What stands for the tag in memory, in Redis and in frames: plain text, never two tags' alike.
    ///
    /// # Errors
    ///
    /// [`CacheError::Name`] for one that is refused.
    pub(crate) fn name(&self) -> Result<&Arc<str>> {
        self.name.as_ref().map_err(|refused| CacheError::Name {
            what: "tag",
            name: shortened(&self.text),
            reason: refused.reason(),
        })
    }
}

/// Any text in a form that breaks no name in Redis, as a tag's name has it.
pub(crate) fn plain(text: &Arc<str>) -> Arc<str> {
    name::of(text)
}

/// A tag's name as a person reads it: one line, with what would break it escaped.
pub(crate) fn shown(name: &str) -> &str {
    name::shown(name)
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl From<&str> for Tag {
    fn from(text: &str) -> Self {
        Self::new(text.into())
    }
}

impl From<String> for Tag {
    fn from(text: String) -> Self {
        Self::new(text.into())
    }
}

impl From<&String> for Tag {
    fn from(text: &String) -> Self {
        Self::new(text.as_str().into())
    }
}

impl From<Arc<str>> for Tag {
    fn from(text: Arc<str>) -> Self {
        Self::new(text)
    }
}

impl From<std::borrow::Cow<'_, str>> for Tag {
    fn from(text: std::borrow::Cow<'_, str>) -> Self {
        Self::new(text.into())
    }
}

impl From<&Self> for Tag {
    fn from(tag: &Self) -> Self {
        tag.clone()
    }
}
