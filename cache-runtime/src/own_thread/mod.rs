//! The thread on which the cache does its own work and keeps its time, whoever's runtime its callers
//! are on.
//!
//! A caller's runtime may stand still between two calls, end, have no timers or no I/O, or a clock that a
//! test has stopped; and an executor need not be tokio's. What others rest on (connections, leases given
//! back, invalidations that are owed) must not hang on it.

mod alarm;
#[cfg_attr(
    not(any(feature = "redis", test)),
    expect(dead_code, reason = "only connections have a home")
)]
mod home;

use std::future::{Pending, pending};
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Either;
use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, EnterGuard, Handle};
use tokio::task::JoinHandle;
use tracing::dispatcher::{self, Dispatch};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

pub(crate) use alarm::{LATE, within};
pub(crate) use home::Home;

/// What a person sees among the process's threads.
const NAME: &str = "cache-runtime";

/// One a process, begun at its first use and there to the end.
static THREAD: OnceCell<Handle> = OnceCell::new();

/// The system has no thread for it, or no file descriptor. The next use tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoThread;

/// No end came within the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimedOut;

/// A timer of the thread's, which any executor may wait for.
pub(crate) type Sleep = Either<tokio::time::Sleep, Pending<()>>;

/// Runs work there. It must not block: all connections stand still meanwhile. What it logs goes where
/// its caller's own events go.
pub(crate) fn spawn<F>(work: F) -> Result<JoinHandle<F::Output>, NoThread>
where
    F: Future<Output: Send> + Send + 'static,
{
    spawn_silent(logged(work))
}

/// Work whose events go where its maker's own go. Of one that has nowhere, what is set later for all
/// hears.
fn logged<F: Future>(work: F) -> impl Future<Output = F::Output> + use<F> {
    let told = dispatcher::get_default(Dispatch::clone);
    match told.is::<NoSubscriber>() {
        true => Either::Right(work),
        false => Either::Left(work.with_subscriber(told)),
    }
}

/// Runs work there that logs nothing.
pub(crate) fn spawn_silent<F>(work: F) -> Result<JoinHandle<F::Output>, NoThread>
where
    F: Future<Output: Send> + Send + 'static,
{
    Ok(started(&THREAD, start)?.spawn(work))
}

/// Ends `after` this time; never where there is no thread.
pub(crate) fn sleep(after: Duration) -> Sleep {
    if !keeps_time() {
        return Either::Right(pending());
    }
    let _timers = enter();
    Either::Left(tokio::time::sleep(after))
}

/// Waits for a future up to `limit`; without a limit where there is no thread.
pub(crate) fn timeout<F: Future>(
    limit: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, TimedOut>> {
    if !keeps_time() {
        return Either::Right(future.map(Ok));
    }
    let _timers = enter();
    let limited = tokio::time::timeout(limit, future);
    Either::Left(limited.map(|ended| ended.map_err(|_| TimedOut)))
}

/// Whether timers end.
pub(crate) fn keeps_time() -> bool {
    #[cfg(test)]
    if crate::clock::is_tokios() {
        return true;
    }
    started(&THREAD, start).is_ok()
}

/// Timers that are made while it is held are the thread's.
fn enter() -> Option<EnterGuard<'static>> {
    #[cfg(test)]
    if crate::clock::is_tokios() {
        return None;
    }
    THREAD.get().map(Handle::enter)
}

fn started(
    thread: &OnceCell<Handle>,
    start: impl FnOnce() -> io::Result<Handle>,
) -> Result<&Handle, NoThread> {
    thread.get_or_try_init(start).map_err(|_| NoThread)
}

fn start() -> io::Result<Handle> {
    let (tell, told) = mpsc::sync_channel(1);
    let run = move || match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            // Whoever started it waits for this.
            let _ = tell.send(Ok(runtime.handle().clone()));
            runtime.block_on(pending::<()>());
        }
        Err(error) => drop(tell.send(Err(error))),
    };
    thread::Builder::new().name(NAME.to_owned()).spawn(run)?;
    told.recv().map_err(io::Error::other)?
}

#[cfg(test)]
mod tests;
