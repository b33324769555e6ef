//! How many commands are under way on one connection.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use parking_lot::Mutex;
use redis::{RedisError, RedisResult};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{CALLERS, TASKS};
use crate::own_thread;
use crate::patience::{Crowd, Turn};

/// The commands of one connection.
#[derive(Debug)]
pub(in crate::redis::link) struct Window {
    /// The callers of all connections that the link had or will have.
    crowd: Arc<Crowd>,
    tasks: Arc<Semaphore>,
}

impl Window {
    pub(in crate::redis::link) fn new(crowd: Arc<Crowd>) -> Self {
        Self {
            crowd,
            tasks: Arc::new(Semaphore::new(TASKS)),
        }
    }

    /// A turn for a number of callers that ask for one thing.
    pub(in crate::redis::link) fn enter(&self, callers: usize) -> Turn {
        self.crowd.enter_with(callers)
    }

    /// Sends at once what comes early; `later` what comes behind many, in its turn. Dropped before
    /// it is sent, it never is.
    pub(in crate::redis::link) async fn send<T, L>(
        &self,
        turn: &Turn,
        at_once: impl Future<Output = RedisResult<T>>,
        later: impl FnOnce() -> L,
    ) -> RedisResult<T>
    where
        T: Send + 'static,
        L: Future<Output = RedisResult<T>> + Send + 'static,
    {
        if turn.before < CALLERS {
            return at_once.await;
        }
        let caller = Caller::default();
        let (tasks, later) = (Arc::clone(&self.tasks), while_wanted(&caller, later()));
        let in_turn = async move {
            // Never closed.
            let _place = tasks.acquire().await;
            later.await
        };
        let mut task = JoinSet::new();
        own_thread::spawn_in(&mut task, in_turn).map_err(|_| gone())?;
        let sent = task.join_next().await.and_then(Result::ok);
        sent.unwrap_or_else(|| Err(gone()))
    }
}

/// Whoever waits for an answer, until it is dropped.
#[derive(Default)]
struct Caller(Arc<Mutex<Gone>>);

/// Whether it was.
type Gone = bool;

impl Drop for Caller {
    fn drop(&mut self) {
        *self.0.lock() = true;
    }
}

/// Looks at a future as long as its caller is there, and never during or after its end: what is sent
/// after that, such as the return of a lease, is behind it.
fn while_wanted<T, L: Future<Output = RedisResult<T>>>(
    caller: &Caller,
    later: L,
) -> impl Future<Output = RedisResult<T>> + use<T, L> {
    let caller = Arc::clone(&caller.0);
    async move {
        let mut later = pin!(later);
        poll_fn(|context| {
            let is_gone = caller.lock();
            match *is_gone {
                true => Poll::Ready(Err(gone())),
                false => later.as_mut().poll(context),
            }
        })
        .await
    }
}

fn gone() -> RedisError {
    RedisError::from(io::Error::from(io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;

    use super::*;

    /// Callers that are never looked at again keep their places.
    fn crowded(window: &Window) -> Vec<Turn> {
        (0..CALLERS).map(|_| window.enter(1)).collect()
    }

    #[tokio::test]
    async fn callers_that_are_never_polled_again_hold_up_nobody() {
        let window = Window::new(Arc::default());
        let _unpolled = crowded(&window);
        let turn = window.enter(1);
        for n in 0..TASKS * 2 {
            let sent = window.send(&turn, pending(), || ready(Ok(n))).await;
            assert_eq!(sent.unwrap(), n);
        }
    }

    #[tokio::test]
    async fn what_is_dropped_before_its_turn_is_never_sent() {
        let window = Window::new(Arc::default());
        let _unpolled = crowded(&window);
        let turn = window.enter(1);
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

    #[test]
    fn what_is_under_way_is_not_looked_at_once_its_caller_is_gone() {
        let looked = AtomicUsize::new(0);
        let look = poll_fn(|_| match looked.fetch_add(1, Ordering::Relaxed) {
            0 => Poll::Pending,
            _ => Poll::Ready(Ok(())),
        });
        let caller = Caller::default();
        let mut sending = Box::pin(while_wanted(&caller, look));
        assert!((&mut sending).now_or_never().is_none());
        drop(caller);
        assert!((&mut sending).now_or_never().unwrap().is_err());
        assert_eq!(looked.load(Ordering::Relaxed), 1);
    }

    async fn until(is_so: impl Fn() -> bool) {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    }
}
