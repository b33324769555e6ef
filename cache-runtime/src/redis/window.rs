//! How many commands are under way on one connection.

use std::io;
use std::sync::Arc;

use redis::{RedisError, RedisResult};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::patience::{Crowd, Turn};

/// So many callers send what they ask themselves. Past them each is sent by a task, as a caller's own
/// future may be left unpolled and would keep its place for ever.
const CALLERS: usize = 64;

/// And so many tasks at once, which is as many as a server a millisecond away answers at 64,000 a
/// second. What is sent past that does not come sooner: it fills the server's receive buffer, and
/// TCP then stands still for hundreds of milliseconds.
const TASKS: usize = 64;

/// The commands of one connection.
#[derive(Debug)]
pub(super) struct Window {
    crowd: Crowd,
    tasks: Arc<Semaphore>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            crowd: Crowd::default(),
            tasks: Arc::new(Semaphore::new(TASKS)),
        }
    }
}

impl Window {
    pub(super) fn enter(&self) -> Turn<'_> {
        self.crowd.enter()
    }

    /// Sends at once what comes early; `later` what comes behind many, in its turn. Dropped before
    /// it is sent, it never is.
    pub(super) async fn send<T, L>(
        &self,
        turn: &Turn<'_>,
        at_once: impl Future<Output = RedisResult<T>>,
        later: impl FnOnce() -> L,
    ) -> RedisResult<T>
    where
        T: Send + 'static,
        L: Future<Output = RedisResult<T>> + Send + 'static,
    {
        let runtime = match Handle::try_current() {
            Ok(runtime) if turn.before >= CALLERS => runtime,
            _ => return at_once.await,
        };
        let (tasks, later) = (Arc::clone(&self.tasks), later());
        let in_turn = async move {
            // Never closed.
            let _place = tasks.acquire().await;
            later.await
        };
        let mut task = JoinSet::new();
        task.spawn_on(in_turn, &runtime);
        let gone = || RedisError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        // It ends with an error of its own only if its runtime does.
        let sent = task.join_next().await.and_then(Result::ok);
        sent.unwrap_or_else(|| Err(gone()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;

    use super::*;

    /// Callers that are never looked at again keep their places.
    fn crowded(window: &Window) -> Vec<Turn<'_>> {
        (0..CALLERS).map(|_| window.enter()).collect()
    }

    #[tokio::test]
    async fn callers_that_are_never_polled_again_hold_up_nobody() {
        let window = Window::default();
        let _unpolled = crowded(&window);
        let turn = window.enter();
        for n in 0..TASKS * 2 {
            let sent = window.send(&turn, pending(), || ready(Ok(n))).await;
            assert_eq!(sent.unwrap(), n);
        }
    }

    #[tokio::test]
    async fn what_is_dropped_before_its_turn_is_never_sent() {
        let window = Window::default();
        let _unpolled = crowded(&window);
        let turn = window.enter();
        let (sent, answers) = (AtomicUsize::new(0), Semaphore::new(0));
        let server = Arc::new((sent, answers));
        let send = || {
            let later = || {
                let server = Arc::clone(&server);
                async move {
                    server.0.fetch_add(1, Ordering::SeqCst);
                    server.1.acquire().await.unwrap().forget();
                    Ok(())
                }
            };
            let mut sending = Box::pin(window.send(&turn, pending(), later));
            assert!((&mut sending).now_or_never().is_none());
            sending
        };
        let under_way: Vec<_> = (0..TASKS).map(|_| send()).collect();
        let (dropped, next) = (send(), send());
        until(|| server.0.load(Ordering::SeqCst) == TASKS).await;
        drop(dropped);
        server.1.add_permits(under_way.len() + 2);
        next.await.unwrap();
        assert_eq!(server.0.load(Ordering::SeqCst), TASKS + 1);
    }

    async fn until(is_so: impl Fn() -> bool) {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    }
}
