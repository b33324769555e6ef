//! Events: something happened, so entries are invalid, and who wants to know is told.
//!
//! # What it promises
//!
//! [`publish`](crate::Toolkit::publish) invalidates the tags that the event names, waits for the acknowledgement, and then
//! adds the event to a stream. A handler that is told of it so reads nothing older than the event, in the process that
//! published it at once, in others after at most `lag`.
//!
//! Each *group* of [`on`](crate::Toolkit::on) is told of each event *at least once*, in one of its processes: one that was
//! down catches up, a failed one is tried again after a pause, one that fails as often as
//! [`max_deliveries`](On::max_deliveries) says is set aside as a dead letter. So an event may be told twice: let handling it
//! twice be as handling it once. A group is told of what is published after it was first made.
//!
//! Of an event the last 100,000 are kept, for at most 7 days: a group that was down for longer is told how many it missed
//! ([`ConsumerStats::missed`](crate::ConsumerStats), a warning in the log), never silently.
//!
//! A failover may lose an event whose master had not told its replicas of it, and tell one again whose end was lost. The
//! invalidation does not depend on the event.
//!
//! On a cache without Redis handlers are in the process; an event that nobody handles there is gone once it has
//! invalidated.

mod on;
mod publish;

use cache_runtime::Tag;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::stream::Kind;
pub use on::{GroupStats, On};
pub use publish::PublishError;
pub(crate) use publish::publish;

static KIND: Kind = Kind {
    name: "event",
    levels: &["all"],
    deletes: false,
};

/// Something that happened, what it makes invalid, and how it is told of: as JSON, under its name.
///
/// It is derived. The tags are templates over the fields, as those of `#[cached]` are over arguments:
///
/// ```
/// use cache_toolkit::CacheEvent;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(CacheEvent, Serialize, Deserialize)]
/// #[cache_event("entity.updated", invalidates = ["entity:{entity_id}", "baseline:{entity_id}"])]
/// struct EntityUpdated {
///     entity_id: u64,
/// }
///
/// let tags = EntityUpdated { entity_id: 7 }.invalidates();
/// assert_eq!(tags, ["entity:7".into(), "baseline:7".into()]);
/// ```
///
/// Two types of one name are one event: what one of them writes the other reads, or fails to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "it needs `#[derive(CacheEvent, Serialize, Deserialize)]` and `#[cache_event(\"name\")]`",
    note = "an event is read by other processes: it owns what it holds, and is `Send` and `Sync`"
)]
pub trait CacheEvent: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is called in every process: `entity.updated`.
    const NAME: &'static str;

    /// The tags of the entries that are invalid once it has happened.
    fn invalidates(&self) -> Vec<Tag>;
}
