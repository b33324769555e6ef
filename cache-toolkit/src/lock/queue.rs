//! The turns of a cache's callers who wait for one lock.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Who waits, by the name of the lock in Redis.
#[derive(Default)]
pub(super) struct Queue(Mutex<HashMap<String, Weak<Turn<()>>>>);

/// How many names are held before those that nobody waits for are let go.
const SWEPT: usize = 256;

impl Queue {
    /// Waits for this caller's turn, which lasts until it is dropped.
    pub(super) async fn turn(&self, name: &str) -> OwnedMutexGuard<()> {
        let turn = self.of(name);
        turn.lock_owned().await
    }

    fn of(&self, name: &str) -> Arc<Turn<()>> {
        let mut names = self.0.lock();
        if let Some(turn) = names.get(name).and_then(Weak::upgrade) {
            return turn;
        }
        if names.len() >= SWEPT {
            names.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        names.insert(name.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_of_a_name_has_its_turn_and_names_are_let_go() {
        let queue = Queue::default();
        let first = queue.turn("a").await;
        let _other = queue.turn("b").await;
        assert!(queue.of("a").try_lock().is_err());
        drop(first);
        let _second = queue.turn("a").await;
        for n in 0..3 * SWEPT {
            drop(queue.turn(&n.to_string()).await);
        }
        assert!(queue.0.lock().len() <= SWEPT, "{}", queue.0.lock().len());
    }
}
