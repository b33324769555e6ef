//! Futures in boxes that leave nothing of themselves on the stack.

use std::pin::Pin;

/// A future in a box, made in a frame that is gone before it is polled.
///
/// `Box::pin(future)` in a function that then awaits it leaves the future's bytes, in a debug build some
/// copies of them, in the frame of that function's `poll`, below everything that the future calls. Cached
/// functions call one another, so that a few levels of this would fill a stack.
#[inline(never)]
pub(crate) fn boxed<F: Future>(make: impl FnOnce() -> F) -> Pin<Box<F>> {
    Box::pin(make())
}
