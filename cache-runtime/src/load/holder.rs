//! The wait for another process that loads the entry: until its lease or the entry changes.

use std::time::Duration;

use super::judge::Seen;
use super::read::Reader;
use crate::boxed::boxed;
use crate::clock::Stopwatch;
use crate::own_thread::sleep;
use crate::patience;
use crate::redis::{Fault, Found, Keys};

/// Waits until the lease or the entry changes; `false` if `left` or the patience with this holder ends
/// first.
///
/// The node pushes the change, as asking for the lease read both keys. A look now and then is
/// the fallback, and the only way where it does not push. The pause between two looks grows with
/// the time waited, so that a load of seconds is not asked for a thousand times.
pub(super) async fn holder_is_done(
    reader: &Reader<'_>,
    old_id: &[u8],
    (holder, seen): (&[u8], &Seen),
    left: Duration,
) -> Result<bool, Fault> {
    let request = reader.request;
    let wait = Duration::from_millis(request.policy.wait_ms);
    let waited_for = request.tiers.holders.waited_for(holder);
    let wait = wait.saturating_sub(waited_for).min(left);
    let waiting = Stopwatch::start();
    let ms = Duration::from_millis;
    let (shortest, longest) = match seen.basis.pushes() {
        true => (ms(50), ms(500)),
        false => (ms(2), ms(50)),
    };
    let keys = Keys::from([request.name.shared(), request.name.lease().into()]);
    while waiting.elapsed() < wait {
        let pause = ((waited_for + waiting.elapsed()) / 8).clamp(shortest, longest);
        let left = wait.saturating_sub(waiting.elapsed());
        tokio::select! {
            biased;
            () = seen.basis.cells().entry_changes() => return Ok(true),
            () = sleep(pause.min(left)) => {}
        }
        // Within the wait, as what is read is whether that is over.
        let left = wait.saturating_sub(waiting.elapsed());
        let reading = boxed(|| reader.redis.read(keys.clone()));
        let Some(read) = patience::wait(left.max(shortest), reading).await.0 else {
            return Ok(false);
        };
        let read = read?;
        let mut found = read.found.into_iter();
        let entry = found.next().and_then(|found| found.bytes);
        let lease = found.next().and_then(Found::lease);
        let is_new = entry.is_some_and(|entry| !entry_has_id(&entry, old_id));
        if is_new || lease.is_none_or(|lease| lease != holder) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn entry_has_id(entry: &[u8], id: &[u8]) -> bool {
    entry
        .get(crate::frame::ID_OFFSET..)
        .is_some_and(|rest| !id.is_empty() && rest.starts_with(id))
}
