//! What somebody does by hand.

use cache_runtime::CacheError;
use cache_runtime::admin::Admin;
use serde::Deserialize;

use crate::console::Console;
use crate::shown::{Name, encoded};

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
    /// One entry, by its name in Redis.
    Entry,
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
            Kind::Entry => "entry",
        }
    }

    /// Where the page is that it was begun on.
    pub(super) fn back(&self) -> String {
        match self.kind {
            Kind::Tag => "tags".to_owned(),
            Kind::Namespace => "namespaces".to_owned(),
            Kind::Entry => format!("key?name={}", encoded(self.name.raw())),
        }
    }

    /// What it is done to, as the log of actions has it.
    pub(super) fn target(&self) -> String {
        let kind = match self.kind {
            // As `cachectl` calls it.
            Kind::Entry => "key",
            _ => self.kind(),
        };
        format!("{kind} {}", self.name.raw())
    }

    pub(super) fn word(&self) -> &'static str {
        match (self.how, self.kind) {
            (How::Invalidate, Kind::Tag) => "invalidate tag",
            (How::Invalidate, Kind::Namespace) => "invalidate namespace",
            (How::Expire, Kind::Tag) => "expire tag",
            (How::Expire, Kind::Namespace) => "expire namespace",
            (How::Invalidate, Kind::Entry) => "invalidate entry",
            (How::Expire, Kind::Entry) => "expire entry",
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

    pub(super) async fn carry_out(&self, console: &Console) -> Result<(), CacheError> {
        let (cache, name) = (console.cache(), self.name.raw());
        match (self.how, self.kind) {
            (How::Invalidate, Kind::Tag) => cache.tag(name.to_owned()).invalidate().await,
            (How::Expire, Kind::Tag) => cache.tag(name.to_owned()).expire().await,
            (How::Invalidate, Kind::Namespace) => cache.namespace(name).invalidate().await,
            (How::Expire, Kind::Namespace) => cache.namespace(name).expire().await,
            (how, Kind::Entry) => {
                // Without Redis no entry has a name.
                let admin = Admin::of(cache)?;
                let names = [name.to_owned()];
                match how {
                    How::Invalidate => admin.invalidate_entries(&names).await,
                    How::Expire => admin.expire_entries(&names).await,
                }
            }
        }
    }
}
