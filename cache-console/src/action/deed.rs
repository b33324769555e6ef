//! What somebody does by hand.

use cache_runtime::{Cache, CacheError};
use serde::Deserialize;

use crate::shown::Name;

/// What is done to what.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Deed {
    pub(super) how: How,
    pub(super) kind: Kind,
    pub(super) name: Name,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// No older value is served any more.
    Invalidate,
    /// Values become stale.
    Expire,
}

/// To what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Everything that carries a tag.
    Tag,
    /// Everything in a namespace.
    Namespace,
}

impl Deed {
    /// What it is called in a form, and in the log together with what it is done to.
    pub(super) fn how(&self) -> &'static str {
        match self.how {
            How::Invalidate => "invalidate",
            How::Expire => "expire",
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Tag => "tag",
            Kind::Namespace => "namespace",
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match (self.how, self.kind) {
            (How::Invalidate, Kind::Tag) => "invalidate tag",
            (How::Invalidate, Kind::Namespace) => "invalidate namespace",
            (How::Expire, Kind::Tag) => "expire tag",
            (How::Expire, Kind::Namespace) => "expire namespace",
        }
    }

    /// What it means for readers.
    pub(super) fn means(&self) -> &'static str {
        match self.how {
            How::Invalidate => {
                "Nothing that was loaded before is served any more, in any process: the next call of each key loads."
            }
            How::Expire => {
                "Values are past their ttl: they may be served as stale where a function allows that, while the next \
                 call of each key loads."
            }
        }
    }

    pub(super) async fn carry_out(&self, cache: &Cache) -> Result<(), CacheError> {
        let name = self.name.raw();
        match (self.how, self.kind) {
            (How::Invalidate, Kind::Tag) => cache.tag(name.to_owned()).invalidate().await,
            (How::Expire, Kind::Tag) => cache.tag(name.to_owned()).expire().await,
            (How::Invalidate, Kind::Namespace) => cache.namespace(name).invalidate().await,
            (How::Expire, Kind::Namespace) => cache.namespace(name).expire().await,
        }
    }
}
