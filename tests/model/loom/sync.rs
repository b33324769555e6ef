//! What a cell is synchronised by, as loom explores it: in place of `cache-runtime/src/stamp/sync.rs`.
//!
//! Each type orders no more than what it stands for does, or the models would find nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::sync::atomic::{self, AtomicBool};
use std::task::{Context, Poll, Waker};

use loom::sync::Mutex;
use loom::sync::atomic::AtomicU32;

pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};

/// Whether fences do nothing, which a model must find.
static IS_FENCELESS: AtomicBool = AtomicBool::new(false);

pub(crate) fn leave_out_fences() {
    IS_FENCELESS.store(true, atomic::Ordering::SeqCst);
}

pub(crate) fn fence(ordering: Ordering) {
    if !IS_FENCELESS.load(atomic::Ordering::SeqCst) {
        loom::sync::atomic::fence(ordering);
    }
}

/// The standard library's: a look is one acquiring load, and one of those who would make the value makes it
/// while the others wait.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    is_set: loom::sync::atomic::AtomicBool,
    making: Mutex<()>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            is_set: loom::sync::atomic::AtomicBool::new(false),
            making: Mutex::new(()),
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        let is_set = self.is_set.load(Ordering::Acquire);
        is_set.then(|| self.value.get()).flatten()
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let _making = self.making.lock();
        let value = self.value.get_or_init(make);
        self.is_set.store(true, Ordering::Release);
        value
    }
}

/// Tokio's: what [`notified`](Self::notified) gives ends with the first call of
/// [`notify_waiters`](Self::notify_waiters) after it was made, polled or not.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    calls: AtomicU32,
    waiting: Mutex<Vec<Waker>>,
}

/// Ends when the count of calls is another than it was.
#[derive(Debug)]
pub(crate) struct Notified<'a> {
    notify: &'a Notify,
    calls: u32,
}

impl Notify {
    pub(crate) fn notified(&self) -> Notified<'_> {
        Notified {
            notify: self,
            calls: self.calls.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn notify_waiters(&self) {
        self.calls.fetch_add(1, Ordering::Release);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.drain(..).for_each(Waker::wake);
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waiting = self.notify.waiting.lock();
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if self.notify.calls.load(Ordering::Acquire) != self.calls {
            return Poll::Ready(());
        }
        waiting.push(context.waker().clone());
        Poll::Pending
    }
}
