//! A bar for long work, on the error stream and where that is a terminal.

use std::time::{Duration, Instant};

use cache_runtime::admin::Entries;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const FORM: &str = "{msg} {wide_bar} {pos} of {len} keys, {eta} left";
const OF_ENTRIES: &str = "{msg} {wide_bar} {pos} of {len} entries, {eta} left";

const OF_A_LIMIT: &str = "{msg} {wide_bar} {pos} of {len} at most, after {elapsed}";

/// How long work may take before a bar is shown: what is over at once would only flicker.
const HESITATION: Duration = Duration::from_millis(300);

/// How far work has come.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
}

impl Progress {
    /// A bar that says what is done.
    pub(crate) fn of(what: &'static str) -> Self {
        Self::in_form(FORM, what)
    }

    /// The same, of entries.
    pub(crate) fn of_entries(what: &'static str) -> Self {
        Self::in_form(OF_ENTRIES, what)
    }

    fn in_form(form: &str, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        Self {
            bar: bar.with_message(what),
            begun: Instant::now(),
        }
    }

    /// A bar through so many.
    pub(crate) fn through(what: &'static str, count: usize) -> Self {
        let progress = Self::of(what);
        progress.bar.set_length(count as u64);
        progress
    }

    /// A bar through what a program warms.
    pub(crate) fn warming(limit: u64) -> Self {
        let progress = Self::of("warmed");
        progress.bar.set_length(limit);
        if let Ok(style) = ProgressStyle::with_template(OF_A_LIMIT) {
            progress.bar.set_style(style);
        }
        progress
    }

    /// Shows that so many are warmed.
    pub(crate) fn warmed(&self, count: u64) {
        self.show(count);
    }

    /// Shows that so many are done.
    pub(crate) fn reached(&self, count: usize) {
        self.show(count as u64);
    }

    /// Shows how far a walk has come.
    pub(crate) fn at(&self, entries: &Entries) {
        if let Some(total) = entries.total() {
            self.bar.set_length(total);
        }
        self.show(entries.looked_at());
    }

    /// Shows how far a part of the work has come.
    pub(crate) fn step(&self, what: &'static str, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_message(what);
        self.show(done);
    }

    fn show(&self, position: u64) {
        if self.bar.is_hidden() && self.begun.elapsed() >= HESITATION {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
