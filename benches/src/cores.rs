//! Which core what runs on.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Runs `work` with this thread, and what it starts, on one core: a single caller's latency is then
/// that of the work and not of two cores waking each other.
pub(crate) fn on_one_core<R>(work: impl FnOnce() -> R) -> R {
    let before = sched_getaffinity(None).ok();
    let mut one = CpuSet::new();
    one.set(0);
    // Where the system refuses, the figures are noisier and still of the same kind.
    let _ = sched_setaffinity(None, &one);
    let result = work();
    if let Some(before) = before {
        let _ = sched_setaffinity(None, &before);
    }
    result
}
