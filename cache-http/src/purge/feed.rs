//! What was invalidated in this process, on its way to the queue.

use std::collections::BTreeSet;
use std::time::Duration;

use cache_toolkit::Queue;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::{Job, Purged};

/// Past this many tags that wait, everything is purged: they take no more memory then.
const MOST: usize = 10_000;

/// The pause while Redis does not take them.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Feed {
    waiting: Mutex<Waiting>,
    at_once: usize,
    came: Notify,
    went: Notify,
}

#[derive(Default)]
struct Waiting {
    tags: BTreeSet<String>,
    everything: bool,
    /// How many tags are being put on the queue.
    going: usize,
}

impl Waiting {
    fn len(&self) -> usize {
        self.tags.len() + self.going + usize::from(self.everything)
    }

    /// What goes to the queue next.
    fn take(&mut self, at_once: usize) -> Option<Purged> {
        if std::mem::take(&mut self.everything) {
            self.tags.clear();
            self.going = 1;
            return Some(Purged::Everything);
        }
        let mut tags = Vec::new();
        while tags.len() < at_once
            && let Some(tag) = self.tags.pop_first()
        {
            tags.push(tag);
        }
        self.going = tags.len();
        (!tags.is_empty()).then_some(Purged::Tags(tags))
    }
}

impl Feed {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            at_once,
            came: Notify::new(),
            went: Notify::new(),
        }
    }

    pub(super) fn tag(&self, tag: &str) {
        let mut waiting = self.waiting.lock();
        match waiting.tags.len() < MOST {
            true => drop(waiting.tags.insert(tag.to_owned())),
            false => waiting.everything = true,
        }
        self.came.notify_one();
    }

    pub(super) fn everything(&self) {
        self.waiting.lock().everything = true;
        self.came.notify_one();
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.lock().len()
    }

    /// Waits until nothing waits here.
    pub(super) async fn flushed(&self) {
        loop {
            let went = self.went.notified();
            if self.len() == 0 {
                return;
            }
            went.await;
        }
    }

    /// Puts what comes on the queue, for ever.
    pub(super) async fn run(&self, queue: &Queue<Job>) {
        loop {
            let next = self.waiting.lock().take(self.at_once);
            match next {
                None => self.came.notified().await,
                Some(what) => {
                    push(queue, what).await;
                    self.waiting.lock().going = 0;
                    self.went.notify_waiters();
                }
            }
        }
    }
}

/// Puts it on the queue, however long that takes.
async fn push(queue: &Queue<Job>, what: Purged) {
    let job = Job {
        what,
        is_again: false,
    };
    let mut was_told = false;
    while let Err(error) = queue.push(&job).await {
        if !std::mem::replace(&mut was_told, true) {
            tracing::warn!(target: "cache", %error, "what is to be purged is not on the queue yet");
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_once_each_a_few_at_a_time_and_too_many_are_everything() {
        let feed = Feed::new(2);
        ["b", "a", "b", "c"].iter().for_each(|tag| feed.tag(tag));
        let take = || feed.waiting.lock().take(feed.at_once);
        assert_eq!(take(), Some(Purged::Tags(vec!["a".into(), "b".into()])));
        assert_eq!(feed.len(), 3, "those that are going are not there yet");
        assert_eq!(take(), Some(Purged::Tags(vec!["c".into()])));
        assert_eq!(take(), None);
        (0..=MOST).for_each(|n| feed.tag(&n.to_string()));
        assert_eq!(take(), Some(Purged::Everything));
        assert_eq!(take(), None);
    }
}
