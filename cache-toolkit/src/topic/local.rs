//! Topics in the process, on a cache without Redis.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use super::subscription::{Found, Position};
use crate::ToolkitError;

/// How many topics a cache has in the process.
const MOST: usize = 1_024;

/// The topics of a cache, by name.
#[derive(Default)]
pub(super) struct Rings(Mutex<HashMap<Box<str>, Arc<Ring>>>);

/// The last messages of one.
pub(super) struct Ring {
    kept: Mutex<Kept>,
    bell: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    number: u64,
    messages: VecDeque<(u64, Instant, Arc<[u8]>)>,
}

impl Rings {
    pub(super) fn get(&self, name: &str) -> Result<Arc<Ring>, ToolkitError> {
        let mut all = self.0.lock();
        if let Some(found) = all.get(name) {
            return Ok(Arc::clone(found));
        }
        if all.len() >= MOST {
            return Err(ToolkitError::Setting {
                what: "number of names",
                reason: "a cache without Redis has at most 1,024 topics: set `CACHE_URL` to a Redis",
            });
        }
        let made = Arc::new(Ring {
            kept: Mutex::default(),
            bell: watch::Sender::new(0),
        });
        all.insert(name.into(), Arc::clone(&made));
        Ok(made)
    }
}

impl Ring {
    pub(super) fn add(&self, bytes: &[u8], most: u32, age: Duration) -> u64 {
        let now = Instant::now();
        let mut kept = self.kept.lock();
        kept.number += 1;
        let number = kept.number;
        kept.messages.push_back((number, now, bytes.into()));
        while kept.messages.len() > most as usize {
            kept.messages.pop_front();
        }
        let is_old = |(_, at, _): &(u64, Instant, Arc<[u8]>)| now.duration_since(*at) > age;
        while kept.messages.front().is_some_and(is_old) {
            kept.messages.pop_front();
        }
        drop(kept);
        self.bell.send_replace(number);
        number
    }

    pub(super) fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Behind the last message.
    pub(super) fn end(&self) -> Position {
        Position {
            id: "0-0".to_owned(),
            number: self.kept.lock().number,
        }
    }

    pub(super) fn read(&self, after: &Position, count: usize) -> Found {
        let kept = self.kept.lock();
        let new = kept
            .messages
            .iter()
            .filter(|(number, ..)| *number > after.number);
        let messages = new.take(count).map(|(number, _, bytes)| {
            let id = after.id.clone();
            (
                Position {
                    id,
                    number: *number,
                },
                bytes.to_vec(),
            )
        });
        Found {
            // One of another process: nothing of this one's is known of it.
            is_lost: after.number > kept.number,
            number: kept.number,
            cursor: after.id.clone(),
            messages: messages.collect(),
        }
    }
}
