//! Where a structure is kept: in the cache's Redis, for the fleet; or in this process, where the cache has none.

mod local;

use std::ops::Deref;
use std::sync::Arc;

use cache_runtime::commands::Commands;
use cache_runtime::{Cache, CacheError};

pub(crate) use local::{Kept, Local};

/// Where it is.
#[derive(Clone)]
pub(crate) enum Home {
    Redis(Commands),
    Memory(Here),
}

/// This process, and the cache whose structures it keeps: the names are the cache's, so that long ones are short there.
#[derive(Clone)]
pub(crate) struct Here {
    local: Arc<Local>,
    cache: Cache,
}

impl Deref for Here {
    type Target = Local;

    fn deref(&self) -> &Local {
        &self.local
    }
}

impl Home {
    /// That of a cache. A cache that is off has none: a lock that others don't see would be taken for one that they do.
    pub(crate) fn of(cache: &Cache) -> Result<Self, CacheError> {
        match cache.commands() {
            Err(_) if cache.is_enabled() => Ok(Self::Memory(Here {
                local: cache.extension(),
                cache: cache.clone(),
            })),
            commands => commands.map(Self::Redis),
        }
    }

    /// The name there of a structure: of one kind no two names are the same, however long they are.
    pub(crate) fn key(&self, kind: &str, name: &str) -> String {
        match self {
            Self::Redis(commands) => commands.key(kind, name),
            Self::Memory(here) => here.cache.name_of(kind, name),
        }
    }
}
