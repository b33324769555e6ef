//! Invalidating, and then telling.

use std::time::Duration;

use cache_runtime::{Cache, CacheError};
use futures_util::future::join_all;

use super::{CacheEvent, KIND};
use crate::ToolkitError;
use crate::stream::{Bounds, Stream, encoded};

/// How many events of a name are kept, and for how long.
const KEPT: Bounds = Bounds {
    most: 100_000,
    age: Duration::from_secs(7 * 24 * 3_600),
};

/// Which half of publishing an event was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Neither was: the event can't be written.
    #[error("the event {name:?} was not published, and nothing was invalidated: {error}")]
    Unwritable {
        /// Of the event.
        name: &'static str,
        /// Why.
        error: ToolkitError,
    },
    /// Not all of its tags were acknowledged, so nobody was told. What is missing is owed, and tried again; this process
    /// serves nothing that it covers until then. Publish it again, which does no harm.
    #[error(
        "the event {name:?} was not told to anybody, as not all that it invalidates was acknowledged: {error}; publish it again"
    )]
    NotInvalidated {
        /// Of the event.
        name: &'static str,
        /// Why.
        error: CacheError,
    },
    /// Its tags were invalidated and acknowledged, and it was not added to its stream: nobody is told of it, unless the
    /// error says that it [may have run](cache_runtime::commands::CommandError::may_have_run). Publish it again: those who were
    /// told are told twice.
    #[error(
        "the event {name:?} was not told to anybody, and all that it invalidates is invalid: {error}; publish it again"
    )]
    NotTold {
        /// Of the event.
        name: &'static str,
        /// Why.
        error: ToolkitError,
    },
}

/// The number of the event in its stream.
pub(crate) async fn publish<E: CacheEvent>(cache: Cache, event: E) -> Result<u64, PublishError> {
    let name = E::NAME;
    // Before anything is done.
    let bytes = encoded(&event).map_err(|error| PublishError::Unwritable { name, error })?;
    let tags = event.invalidates();
    let invalidated = join_all(tags.iter().map(|tag| {
        let handle = cache.tag(tag.clone());
        async move { handle.invalidate().await }
    }));
    for done in invalidated.await {
        done.map_err(|error| PublishError::NotInvalidated { name, error })?;
    }
    tracing::debug!(
        target: "cache", event = name,
        tags = tags.len(),
        "an event has invalidated its tags"
    );
    let stream = Stream::new(&cache, &KIND, name);
    let told = stream.add(0, &bytes, Duration::ZERO, KEPT).await;
    told.map_err(|error| PublishError::NotTold { name, error })
}
