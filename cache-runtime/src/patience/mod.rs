//! How long an answer is waited for, where neither this process's own lateness nor its own crowd is
//! taken for the server's.

mod crowd;

use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Stopwatch;
use crate::own_thread::{self, LATE};
pub(crate) use crowd::{Crowd, MOST, Turn};

/// How many timers in a row a wait is made of. Each counts for little more than its own length at most,
/// whenever this process came to look at it: one that was stopped, or got no processor for a while,
/// has not waited for the server meanwhile, and the answer may be there unread.
const PARTS: u32 = 8;

/// Waits for a future until `limit` is over, and says how much of it was used up: all of it if there
/// is no answer. Where nothing keeps the time there is no limit.
pub(crate) async fn wait<F: Future + Unpin>(
    limit: Duration,
    mut future: F,
) -> (Option<F::Output>, Duration) {
    let mut waited = Duration::ZERO;
    loop {
        let clock = Stopwatch::start();
        if !own_thread::keeps_time() {
            let output = (&mut future).await;
            return (Some(output), (waited + clock.elapsed()).min(limit));
        }
        let part = (limit / PARTS).min(limit.saturating_sub(waited));
        let output = own_thread::within(part, &mut future).await;
        waited += clock.elapsed().min(part + LATE);
        if output.is_some() || waited >= limit {
            return (output, waited.min(limit));
        }
    }
}

/// Waits while `is_under_way`, as long as it makes a step within each `limit`, or within two where a
/// crowd waits for it; whether it came to an end. A change that is sent is a step, though it be to
/// the same.
#[cfg_attr(
    not(any(feature = "redis", test)),
    expect(dead_code, reason = "only connections take steps")
)]
pub(crate) async fn watch<T>(
    limit: Duration,
    turn: Turn,
    mut steps: watch::Receiver<T>,
    is_under_way: impl Fn(&T) -> bool,
) -> bool {
    while is_under_way(&steps.borrow_and_update()) {
        let (mut stepped, _) = wait(limit, pin!(steps.changed())).await;
        let extra = turn.extra_now().min(limit);
        if stepped.is_none() && !extra.is_zero() {
            (stepped, _) = wait(extra, pin!(steps.changed())).await;
        }
        // Whoever made them may have gone, too.
        if stepped.is_none_or(|changed| changed.is_err()) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests;
