//! A lock of this process, by the rules of the scripts.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::ToolkitError;
use crate::home::{Kept, Local};

/// Who holds it; it lives as long as they do.
#[derive(Default)]
pub(super) struct Holder(Option<Box<str>>);

impl Kept for Holder {
    const GROWS: bool = false;

    fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |token| token.len())
    }
}

/// The number of the last holder of any lock.
static FENCE: AtomicI64 = AtomicI64::new(0);

/// `take.lua`: the holder's number, or for how much longer another has it.
pub(super) fn take(
    local: &Local,
    key: &str,
    token: &str,
    ttl: Duration,
) -> Result<Result<i64, Duration>, ToolkitError> {
    local.write(key, |holder: &mut Holder, life| {
        if holder.0.as_deref().is_some_and(|other| other != token) {
            return Err(life.left().unwrap_or(ttl));
        }
        holder.0 = Some(token.into());
        life.ends_in(ttl);
        Ok(next_fence())
    })
}

/// `renew.lua`: whether it is the holder's yet.
pub(super) fn renew(local: &Local, key: &str, token: &str, ttl: Duration) -> bool {
    local.take(key, |holder: &mut Holder, life| {
        let is_ours = holder.0.as_deref() == Some(token);
        if is_ours {
            life.ends_in(ttl);
        }
        is_ours
    })
}

/// `release.lua`: whether it was the holder's yet.
pub(super) fn release(local: &Local, key: &str, token: &str) -> bool {
    let was_ours = local.take(key, |holder: &mut Holder, _| {
        let is_ours = holder.0.as_deref() == Some(token);
        if is_ours {
            holder.0 = None;
        }
        is_ours
    });
    local.tell();
    was_ours
}

/// At least the clock in microseconds, as a server's.
fn next_fence() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let now = i64::try_from(since.as_micros()).unwrap_or(i64::MAX - 1);
    let greater = |last: i64| Some(now.max(last + 1));
    let before = FENCE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, greater);
    now.max(before.unwrap_or(0) + 1)
}
