//! The read algorithm: join, lead or follow, read, load, store.
//!
//! ```text
//!  load
//!   ├─ strong, or no memory: its own read ─ fresh ─────────► served
//!   ├─ an older value, whose refresh rests or is under way ► served stale
//!   ▼
//!  join ◄───────────────────────────────────────────────┐
//!   ├─ follow                                           │
//!   │   ├─ the leader's value, checked if need be ─────────► served
//!   │   ├─ its error, if that can be shared ───────────────► returned
//!   │   ├─ a stale value, while it is refreshed ───────────► served stale
//!   │   ├─ what may not be served: once more ───────────┘
//!   │   └─ the leader is gone, has failed, or takes too long
//!   ▼
//!  lead
//!   ▼
//!  fetch
//!   ├─ read, judge ◄────────────────────────────────────┐
//!   │   ├─ fresh ──────────────────────────────────────────► served, kept in memory
//!   │   └─ ask for the lease, and note the stamps       │
//!   │       ├─ another entry by now ────────────────────┤
//!   │       └─ another holder: its older value, or wait ┘
//!   ▼ granted, or not to be stored
//!  run, here or in a task
//!   ├─ failed ─────────────────────────────────────────────► the older value, or its error
//!   ▼
//!  store: the tags of the value, its bytes, the frame under the lease, memory
//!   └──────────────────────────────────────────────────────► served
//! ```
//!
//! Each step is a file: [`join`], [`lead`], [`fetch`] with [`read`], [`judge`], [`standing`] and [`holder`], [`run`], [`store`] with
//! [`tags`], [`weigh`] and [`seal`]. A [`Request`] goes through all of them, and a [`Grant`](grant::Grant)
//! from the fetch to the store. A put begins at the grant.
//!
//! What the algorithm ends with serves the call, unless its `valid_if` says otherwise ([`validity`]): it then begins
//! again, without that value.
//!
//! None of them knows the types of a function. Its [`body`] stays with the [`caller`], who takes the
//! [`course`] one step at a time; what the two have to tell each other lies on a [`desk`].
//!
//! Everything a read does is cancel-safe: dropping it gives back its lease, promotes a follower and
//! leaves nothing behind.

mod alike;
mod allowance;
mod aside;
mod audit;
mod body;
mod call;
mod caller;
mod checksum;
mod course;
mod desk;
mod draws;
mod fetch;
mod grant;
mod group;
mod holder;
mod hooks;
mod join;
mod judge;
mod lead;
mod limit;
mod many;
mod older;
mod put;
mod read;
mod refreshing;
mod request;
mod run;
mod seal;
mod sliding;
mod spans;
mod squeeze;
mod standing;
mod store;
mod tags;
#[cfg(test)]
mod tests;
mod there;
mod validity;
mod verify;
mod weigh;

pub(crate) use aside::{LARGE, aside};
pub(crate) use audit::audit;
pub(crate) use body::{Absent, Body, Boxed, Detachable, Task};
pub use call::Call;
pub(crate) use call::Uncached;
pub(crate) use caller::Caller;
pub(crate) use course::{Course, Returned};
pub(crate) use desk::Remote;
pub(crate) use draws::{draw, draw_ahead, take_due};
#[cfg(feature = "redis")]
pub(crate) use grant::{LONGEST_MS, SLACK_MS};
pub(crate) use group::{Begins, Due, Ended, Group};
pub(crate) use hooks::Hooks;
pub use hooks::Replaced;
pub(crate) use limit::Limit;
pub(crate) use many::read_fresh;
pub(crate) use put::{Writing, put, refresh, unkept};
pub(crate) use read::{Look, peek};
pub(crate) use request::{Draft, Request, short};
pub(crate) use sliding::used;
#[cfg(feature = "redis")]
pub(crate) use standing::{
    Compared, Demands, Left, Sight, Standing, compare, standing, subject as subject_of,
};
pub(crate) use validity::{Again, Always, If};

use crate::boxed::boxed;
use crate::flight::Turn;
use join::{Joined, Joining, serve_older};
use read::look;

/// Reads the entry, or runs the body once for everyone who asks at the same time.
pub(crate) async fn load(request: &Request, body: &Remote) -> Returned {
    let mut older = request.stale_in_memory();
    let mut known = request.invalid.clone().map(Ok);
    if request.is_checked() && known.is_none() {
        // Sent after the call began: what it finds rests on no read or load of another's.
        (older, known) = match boxed(|| look(request, Look::Serve)).await {
            Some(Ok(Ok(found))) if found.is_fresh && !request.is_due(&found.held) => {
                return Ok(found.held);
            }
            Some(Ok(Ok(found))) => (Some(found.held), None),
            Some(Ok(Err(invalid))) => (None, Some(Ok(invalid))),
            Some(Err(fault)) => (None, Some(Err(fault))),
            None => (None, None),
        };
    }
    if let Some(older) = older.as_ref().filter(|_| request.rests()) {
        return Ok(serve_older(request, older));
    }
    let joining = Joining::new(request, body, (older, known));
    {
        // One that was under way when the call began may be older than an invalidation elsewhere.
        let any = joining.seat();
        let verifies = any.is_verified() || request.is_checked();
        let leads = match joining.turn(&any, verifies).await {
            Joined::Served(returned) => return returned,
            Joined::Leads(turn) => Some(turn),
            Joined::Refused(turn) => {
                if let Turn::Meanwhile(_) = turn {
                    // Its leader may take long: those who may not be served meanwhile share another.
                    any.land();
                }
                None
            }
        };
        if let Some(turn) = leads {
            let leader = joining.leader(&any, &turn);
            // Boxed: those who wait hold nothing of the leader's conversation with Redis.
            return boxed(|| leader.lead()).await;
        }
    }
    boxed(|| load_later(&joining)).await
}

/// Joins a flight that began after the call, and needs no look.
async fn load_later(joining: &Joining<'_>) -> Returned {
    loop {
        let later = joining.seat();
        let turn = match joining.turn(&later, false).await {
            Joined::Served(returned) => return returned,
            // It was led by a call that does not refuse what is there: the next may not be.
            Joined::Refused(Turn::Done(_)) if joining.waits_on() => continue,
            Joined::Leads(turn) | Joined::Refused(turn) => turn,
        };
        let leader = joining.leader(&later, &turn);
        return boxed(|| leader.lead()).await;
    }
}
