//! How often the body of each function ran, for tests.

use std::collections::HashMap;

use parking_lot::Mutex;

/// The runs of bodies, by the paths of their functions.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<HashMap<String, u64>>);

impl Runs {
    pub(crate) fn note(&self, function: &str) {
        let mut runs = self.0.lock();
        match runs.get_mut(function) {
            Some(count) => *count += 1,
            None => drop(runs.insert(function.to_owned(), 1)),
        }
    }

    pub(crate) fn of(&self, function: &str) -> u64 {
        self.0.lock().get(function).copied().unwrap_or(0)
    }
}
