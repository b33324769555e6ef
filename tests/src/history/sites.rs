//! The annotated functions under test: for each level so many namespaces, a quarter of them a kind.

use std::io::{self, ErrorKind};
use std::sync::OnceLock;
use std::time::Duration;

use cache_runtime::{CacheError, Entry};
use serde::{Deserialize, Serialize};

use super::arguments::Level;
use super::origin::Origin;
use super::subject::{namespace, tag, tag_name};

/// The longest a load takes: what it returns is by so much older than its end.
const LONGEST_LOAD_MS: u64 = 20;

/// One load in so many fails, so that what is stale is served in its place where there is any.
const FAILS_ONE_IN: u32 = 50;

static ORIGIN: OnceLock<Origin> = OnceLock::new();

/// What is cached: it says which entry it is of, so that its tag can be told by it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Loaded {
    id: u64,
    version: u64,
}

/// Has the functions read this origin, for the rest of the process.
pub(super) fn install(origin: Origin) -> &'static Origin {
    ORIGIN.get_or_init(|| origin)
}

/// The version at the start of the load, which may be old at its end.
async fn load(id: u64) -> Result<Loaded, ErrorKind> {
    let origin = ORIGIN.get().ok_or(ErrorKind::NotFound)?;
    let version = origin
        .version(id)
        .map_err(|error: io::Error| error.kind())?;
    let takes = rand::random_range(0..=LONGEST_LOAD_MS);
    tokio::time::sleep(Duration::from_millis(takes)).await;
    match rand::random_ratio(1, FAILS_ONE_IN) {
        true => Err(ErrorKind::Other),
        false => Ok(Loaded { id, version }),
    }
}

fn tag_of(id: u64) -> String {
    tag_name(tag(id))
}

/// One function, of a kind; its argument is named by the caller, as names of two macros differ.
macro_rules! site {
    (plain $id:ident $($given:tt)*) => {
        site!(@ $id $($given)* ttl = "10m", tags = [tag_of($id)]);
    };
    (derived $id:ident $($given:tt)*) => {
        site!(@ $id $($given)* ttl = "10m", tags_from = |loaded| [tag_of(loaded.id)]);
    };
    // Fresh for so short a time that much of what is served is stale.
    (stale $id:ident $($given:tt)*) => {
        site!(@ $id $($given)* ttl = "300ms", stale = "10m", tags = [tag_of($id)]);
    };
    (process $id:ident $($given:tt)*) => {
        site!(@ $id $($given)* ttl = "10m", lease = "process", tags = [tag_of($id)]);
    };
    (@ $id:ident $name:literal $consistency:literal $($settings:tt)*) => {
        #[cache_runtime::cached(
            ns = $name,
            consistency = $consistency,
            entry = entry,
            $($settings)*
        )]
        pub(super) async fn read($id: u64) -> Result<Loaded, ErrorKind> {
            load($id).await
        }
    };
}

/// One level: a module a namespace, and a way to each by its number.
macro_rules! level {
    ($level:ident $consistency:literal: $($number:literal $shard:ident $kind:ident $name:literal)*) => {
        mod $level {
            use super::{Entry, ErrorKind, Loaded};

            pub(super) async fn read(shard: u64, id: u64) -> Result<Loaded, ErrorKind> {
                match shard {
                    $($number => $shard::read(id).await,)*
                    _ => Err(ErrorKind::NotFound),
                }
            }

            pub(super) fn entry(shard: u64, id: u64) -> Option<Entry<Loaded>> {
                match shard {
                    $($number => Some($shard::entry(id)),)*
                    _ => None,
                }
            }

            $(mod $shard {
                use super::super::{ErrorKind, Loaded, load, tag_of};

                site!($kind id $name $consistency);
            })*
        }
    };
}

level!(bounded "bounded":
    0 zero plain "bounded-0" 1 one derived "bounded-1"
    2 two stale "bounded-2" 3 three process "bounded-3"
    4 four plain "bounded-4" 5 five derived "bounded-5"
    6 six stale "bounded-6" 7 seven process "bounded-7");

level!(strong "strong":
    0 zero plain "strong-0" 1 one derived "strong-1"
    2 two stale "strong-2" 3 three process "strong-3"
    4 four plain "strong-4" 5 five derived "strong-5"
    6 six stale "strong-6" 7 seven process "strong-7");

/// Reads an entry through the cache, at this level.
pub(super) async fn read(level: Level, id: u64) -> Result<u64, ErrorKind> {
    let loaded = match level {
        Level::Bounded => bounded::read(namespace(id), id).await,
        Level::Strong => strong::read(namespace(id), id).await,
    };
    loaded.map(|loaded| loaded.version_of(id))
}

pub(super) fn entry(level: Level, id: u64) -> Option<Entry<Loaded>> {
    match level {
        Level::Bounded => bounded::entry(namespace(id), id),
        Level::Strong => strong::entry(namespace(id), id),
    }
}

/// What a tier has of an entry, without a load.
pub(super) async fn get(level: Level, id: u64) -> Option<u64> {
    let loaded = entry(level, id)?.get().await?;
    Some(loaded.version_of(id))
}

/// Loads an entry and stores it, whatever there is of it.
pub(super) async fn refresh(level: Level, id: u64) -> Result<u64, ErrorKind> {
    let entry = entry(level, id).ok_or(ErrorKind::NotFound)?;
    entry.refresh(read(level, id)).await
}

/// Stores a version without a load.
pub(super) async fn put(level: Level, id: u64, version: u64) -> Result<(), CacheError> {
    match entry(level, id) {
        Some(entry) => entry.put(Loaded { id, version }).await,
        None => Ok(()),
    }
}

/// The name of a namespace of a level.
pub(super) fn namespace_name(level: Level, number: u64) -> String {
    format!("{}-{number}", level.as_str())
}

impl Loaded {
    fn version_of(self, id: u64) -> u64 {
        assert_eq!(self.id, id, "the value of another entry was served");
        self.version
    }
}
