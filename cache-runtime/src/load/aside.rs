//! Work on large values, away from the threads that drive callers.
//!
//! Encoding, compressing and hashing take a millisecond for each megabyte and more; whoever shares the
//! thread would wait for it. A thread for such work takes it, as long as the runtime has one to spare.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::patience;

/// The bytes from which on a value is large: work on it takes some 100 µs.
pub(crate) const LARGE: usize = 256 << 10;

/// How long a thread may take to begin. A caller does not wait for what else the runtime's threads for
/// such work are busy with.
const BEGINS_WITHIN: Duration = Duration::from_millis(50);

/// Work that is done once, by whoever takes it first.
struct Work<W>(Arc<Mutex<Option<W>>>);

impl<W> Clone for Work<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R, W: FnOnce() -> R> Work<W> {
    /// What it gave; `None` if another took it, or it panicked.
    fn take(&self) -> Option<R> {
        let work = self.0.lock().take();
        work.and_then(|work| catch_unwind(AssertUnwindSafe(work)).ok())
    }
}

/// Does the work on a thread of its own, and here where there is none in time. `None` if it panicked, as
/// a type's own `Serialize` may.
pub(crate) async fn aside<R, W>(work: W) -> Option<R>
where
    R: Send + 'static,
    W: FnOnce() -> R + Send + 'static,
{
    aside_within(BEGINS_WITHIN, work).await
}

async fn aside_within<R, W>(limit: Duration, work: W) -> Option<R>
where
    R: Send + 'static,
    W: FnOnce() -> R + Send + 'static,
{
    let work = Work(Arc::new(Mutex::new(Some(work))));
    let Ok(runtime) = Handle::try_current() else {
        return work.take();
    };
    let other = work.clone();
    let mut done = runtime.spawn_blocking(move || other.take());
    let begun = patience::wait(limit, &mut done).await.0;
    match begun {
        Some(Ok(Some(done))) => Some(done),
        // The runtime is at its end, so it may never have begun.
        Some(_) => work.take(),
        None => match work.take() {
            Some(done) => Some(done),
            None => done.await.ok().flatten(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Time enough for a thread to begin on any machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    async fn place(limit: Duration) -> Option<thread::ThreadId> {
        aside_within(limit, || thread::current().id()).await
    }

    #[tokio::test]
    async fn work_is_done_on_a_thread_of_its_own() {
        assert_ne!(place(PATIENCE).await, Some(thread::current().id()));
        let panicked = aside(|| -> u32 { panic!("on purpose") }).await;
        assert_eq!(panicked, None);
    }

    #[test]
    fn without_a_runtime_it_is_done_here() {
        let here = Some(thread::current().id());
        assert_eq!(
            futures_util::FutureExt::now_or_never(place(PATIENCE)),
            Some(here)
        );
    }

    #[test]
    fn where_no_thread_is_free_it_is_done_here() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let (end, ends) = mpsc::channel::<()>();
        runtime.spawn_blocking(move || ends.recv());
        let placed = runtime.block_on(place(BEGINS_WITHIN));
        assert_eq!(placed, Some(thread::current().id()));
        end.send(()).unwrap();
    }
}
