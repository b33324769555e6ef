//! Waiting for a load of another process.

use std::time::Duration;

use super::judge::Seen;
use super::read::Reader;
use crate::clock::Stopwatch;
use crate::redis::Fault;

/// Waits until the lease or the entry changes; `false` if the patience ends first.
///
/// The node pushes the change, as asking for the lease read both keys. A look now and then is
/// the fallback, and the only way where it does not push. The pause between two looks grows with
/// the time waited, so that a load of seconds is not asked for a thousand times.
pub(super) async fn holder_is_done(
    reader: &Reader<'_>,
    old_id: &[u8],
    seen: &Seen,
    waiting: Stopwatch,
) -> Result<bool, Fault> {
    let wait = Duration::from_millis(reader.request.policy.wait_ms);
    let ms = Duration::from_millis;
    let (shortest, longest) = match seen.vouch.pushes() {
        true => (ms(50), ms(500)),
        false => (ms(2), ms(50)),
    };
    let names = [
        reader.request.name.as_str().to_owned(),
        reader.request.name.lease(),
    ];
    while waiting.elapsed() < wait {
        let pause = (waiting.elapsed() / 8).clamp(shortest, longest);
        let left = wait.saturating_sub(waiting.elapsed());
        tokio::select! {
            biased;
            () = seen.watch.entry_changes() => return Ok(true),
            () = tokio::time::sleep(pause.min(left)) => {}
        }
        let read = reader.redis.read(names.to_vec()).await?;
        let mut found = read.found.into_iter().map(|found| found.bytes);
        let entry = found.next().flatten();
        let lease = found.next().flatten();
        let is_new = entry.is_some_and(|entry| !entry_has_id(&entry, old_id));
        if is_new || lease.is_none_or(|lease| lease.len() != 16) {
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
