//! A bar for long work, on the error stream and where that is a terminal.

use std::time::Duration;

use cache_runtime::admin::Entries;
use indicatif::{ProgressBar, ProgressStyle};

const FORM: &str = "{msg} {wide_bar} {pos} of {len} keys, {eta} left";

/// A walk over the keys, as far as it has come.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar that says what is done.
    pub(crate) fn of(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        if let Ok(style) = ProgressStyle::with_template(FORM) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// A bar through so many.
    pub(crate) fn through(what: &'static str, count: usize) -> Self {
        let progress = Self::of(what);
        progress.0.set_length(count as u64);
        progress
    }

    /// Shows that so many are done.
    pub(crate) fn reached(&self, count: usize) {
        self.0.set_position(count as u64);
    }

    /// Shows how far a walk has come.
    pub(crate) fn at(&self, entries: &Entries) {
        if let Some(total) = entries.total() {
            self.0.set_length(total);
        }
        self.0.set_position(entries.looked_at());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
