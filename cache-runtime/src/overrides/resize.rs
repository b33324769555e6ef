//! Who is told what memory may hold, as the file says it.

use std::fmt;
use std::sync::OnceLock;

/// A hearer, once there is one: memory stands above this module.
#[derive(Default)]
pub(super) struct Resize(OnceLock<Box<dyn Fn(Option<u64>) + Send + Sync>>);

impl Resize {
    pub(super) fn hear(&self, told: impl Fn(Option<u64>) + Send + Sync + 'static) {
        // The first is that of the one cache whose overrides these are.
        let _ = self.0.set(Box::new(told));
    }

    pub(super) fn tell(&self, bytes: Option<u64>) {
        if let Some(told) = self.0.get() {
            told(bytes);
        }
    }
}

impl fmt::Debug for Resize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resize").finish_non_exhaustive()
    }
}
