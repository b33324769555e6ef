//! The annotated functions under test: for each level one a namespace.

use std::io::{self, ErrorKind};
use std::sync::OnceLock;
use std::time::Duration;

use cache_runtime::Entry;

use super::arguments::Level;
use super::origin::Origin;
use super::subject::{namespace, tag};

/// The longest a load takes: what it returns is by so much older than its end.
const LONGEST_LOAD_MS: u64 = 20;

static ORIGIN: OnceLock<Origin> = OnceLock::new();

/// Has the functions read this origin, for the rest of the process.
pub(super) fn install(origin: Origin) -> &'static Origin {
    ORIGIN.get_or_init(|| origin)
}

/// The version at the start of the load, which may be old at its end.
async fn load(id: u64) -> Result<u64, ErrorKind> {
    let origin = ORIGIN.get().ok_or(ErrorKind::NotFound)?;
    let version = origin
        .version(id)
        .map_err(|error: io::Error| error.kind())?;
    let takes = rand::random_range(0..=LONGEST_LOAD_MS);
    tokio::time::sleep(Duration::from_millis(takes)).await;
    Ok(version)
}

/// One level: a module a namespace, and a way to each by its number.
macro_rules! level {
    ($level:ident $consistency:tt: $($number:literal $shard:ident $name:tt)*) => {
        mod $level {
            use super::{Entry, ErrorKind};

            pub(super) async fn read(shard: u64, id: u64, tag: u64) -> Result<u64, ErrorKind> {
                match shard {
                    $($number => $shard::read(id, tag).await,)*
                    _ => Err(ErrorKind::NotFound),
                }
            }

            pub(super) fn entry(shard: u64, id: u64, tag: u64) -> Option<Entry<u64>> {
                match shard {
                    $($number => Some($shard::entry(id, tag)),)*
                    _ => None,
                }
            }

            $(mod $shard {
                use super::ErrorKind;

                #[cache_runtime::cached(
                    ns = $name,
                    ttl = "10m",
                    tags = ["t:{tag}"],
                    consistency = $consistency,
                    entry = entry
                )]
                pub(super) async fn read(id: u64, tag: u64) -> Result<u64, ErrorKind> {
                    super::super::load(id).await
                }
            })*
        }
    };
}

level!(bounded "bounded":
    0 zero "bounded-0" 1 one "bounded-1" 2 two "bounded-2" 3 three "bounded-3"
    4 four "bounded-4" 5 five "bounded-5" 6 six "bounded-6" 7 seven "bounded-7");

level!(strong "strong":
    0 zero "strong-0" 1 one "strong-1" 2 two "strong-2" 3 three "strong-3"
    4 four "strong-4" 5 five "strong-5" 6 six "strong-6" 7 seven "strong-7");

/// Reads an entry through the cache, at this level.
pub(super) async fn read(level: Level, id: u64) -> Result<u64, ErrorKind> {
    match level {
        Level::Bounded => bounded::read(namespace(id), id, tag(id)).await,
        Level::Strong => strong::read(namespace(id), id, tag(id)).await,
    }
}

pub(super) fn entry(level: Level, id: u64) -> Option<Entry<u64>> {
    match level {
        Level::Bounded => bounded::entry(namespace(id), id, tag(id)),
        Level::Strong => strong::entry(namespace(id), id, tag(id)),
    }
}

/// What a tier has of an entry, without a load.
pub(super) async fn get(level: Level, id: u64) -> Option<u64> {
    entry(level, id)?.get().await
}

/// Loads an entry and stores it, whatever there is of it.
pub(super) async fn refresh(level: Level, id: u64) -> Result<u64, ErrorKind> {
    let entry = entry(level, id).ok_or(ErrorKind::NotFound)?;
    entry.refresh(read(level, id)).await
}

/// The name of a namespace of a level.
pub(super) fn namespace_name(level: Level, number: u64) -> String {
    format!("{}-{number}", level.as_str())
}
