//! Whether anything uses a cache that was built. One that was meant to be installed and was not does no
//! harm, and caches nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many caches there are that nothing has used.
static UNUSED: AtomicUsize = AtomicUsize::new(0);

/// Whether the log told of a cache that was dropped unused.
static TOLD: AtomicBool = AtomicBool::new(false);

/// The mark of one cache; it begins unused.
#[derive(Debug)]
pub(crate) struct Use(AtomicBool);

impl Use {
    pub(crate) fn none_yet() -> Self {
        UNUSED.fetch_add(1, Ordering::Relaxed);
        Self(AtomicBool::new(false))
    }

    /// Notes that something uses the cache.
    #[inline]
    pub(crate) fn note(&self) {
        if !self.0.load(Ordering::Relaxed) && !self.0.swap(true, Ordering::Relaxed) {
            UNUSED.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if *self.0.get_mut() {
            return;
        }
        UNUSED.fetch_sub(1, Ordering::Relaxed);
        if !TOLD.swap(true, Ordering::Relaxed) {
            tracing::debug!(
                target: "cache",
                "a cache was built and never used: `install` it, or call within its `scope`"
            );
        }
    }
}

/// Tells that a call made the process default from the environment; with a warning, if another cache
/// was built that nothing uses.
pub(crate) fn tell_of_default() {
    match UNUSED.load(Ordering::Relaxed) {
        0 => tracing::debug!(
            target: "cache",
            "a call made the process default from the environment, as none was installed"
        ),
        unused => tracing::warn!(
            target: "cache",
            unused,
            "a call made the process default from the environment, as none was installed, though another cache \
             was built: `install` that first"
        ),
    }
}
