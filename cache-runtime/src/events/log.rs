//! The log: what a person should know, told once and then at most every ten seconds.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Event, Unstored};
use crate::clock::Stopwatch;

const QUIET: Duration = Duration::from_secs(10);

/// How many kinds of trouble are told apart within that time; further ones are told by their step
/// alone.
const MOST: usize = 1_024;

/// Writes `tracing` events; trouble of one kind is not repeated within ten seconds.
#[derive(Debug, Default)]
pub(super) struct Log {
    said: Mutex<HashMap<(&'static str, String), Said>>,
}

#[derive(Debug)]
struct Said {
    last: Stopwatch,
    held_back: u64,
}

impl Log {
    pub(super) fn write(&self, namespace: &str, event: Event<'_>) {
        match event {
            Event::Trouble { doing, cause } => {
                if let Some(held_back) = self.due(doing, cause) {
                    tracing::warn!(
                        target: "cache",
                        namespace,
                        doing,
                        cause,
                        held_back,
                        "the cache is in trouble; callers are served by the origin"
                    );
                }
            }
            Event::StaleOnError => self.warn(
                "load",
                namespace,
                "the origin failed; a stale value is served",
            ),
            Event::RefreshSkipped => self.warn(
                "refresh",
                namespace,
                "max_refreshes are under way; a stale value is served",
            ),
            Event::LoadTimedOut => {
                tracing::debug!(target: "cache", namespace, "a load took too long");
            }
            Event::Load { took, end, .. } => {
                tracing::debug!(target: "cache", namespace, ?took, ?end, "load");
            }
            Event::Unstored(Unstored::TooManyTags) => self.warn(
                "tag",
                namespace,
                "a value has more tags than an entry may: it is returned and not stored; give it tags of groups",
            ),
            Event::Unstored(Unstored::NoKey) => self.warn(
                "encrypt",
                namespace,
                "a function says `encrypt` and the cache has no key: nothing of it is stored in redis; set \
                 CACHE_ENCRYPTION_KEYS, or give CacheBuilder::encryption one",
            ),
            Event::Unstored(why) => {
                tracing::debug!(target: "cache", namespace, ?why, "not stored");
            }
            Event::Invalidated => tracing::debug!(target: "cache", namespace, "invalidated"),
            Event::Miss(why) => tracing::trace!(target: "cache", namespace, ?why, "miss"),
            Event::Hit(tier) => tracing::trace!(target: "cache", namespace, ?tier, "hit"),
            Event::Stale => tracing::trace!(target: "cache", namespace, "stale"),
            Event::Stored { bytes } => {
                tracing::trace!(target: "cache", namespace, bytes, "stored");
            }
            Event::Read(_)
            | Event::ErrorRemembered
            | Event::Compared { .. }
            | Event::Audited(_)
            | Event::FollowerCame
            | Event::FollowerLeft
            | Event::LeaseAwaited => {}
        }
    }

    /// A warning about a namespace, if one of its kind is due.
    fn warn(&self, doing: &'static str, namespace: &str, said: &'static str) {
        if let Some(held_back) = self.due(doing, namespace) {
            tracing::warn!(target: "cache", namespace, held_back, "{said}");
        }
    }

    pub(super) fn outdated(
        &self,
        (namespace, function): (&str, &str),
        key: Option<&str>,
        age: Duration,
    ) {
        if let Some(held_back) = self.due("audit", function) {
            tracing::warn!(
                target: "cache",
                namespace,
                function,
                key,
                ?age,
                held_back,
                "a hit was outdated: what it was loaded from has changed, and nothing was invalidated since"
            );
        }
    }

    pub(super) fn connected(&self, node: &str) {
        // Trouble of this node that comes back after a recovery is news again.
        let is_others = |about: &str| !about.starts_with(node);
        self.said
            .lock()
            .retain(|(doing, about), _| *doing != "connect" || is_others(about));
        tracing::info!(target: "cache", node, "connected to redis");
    }

    pub(super) fn disconnected(&self, node: &str, cause: &str, advice: Option<&str>) {
        if let Some(held_back) = self.due("connect", &format!("{node} {cause}")) {
            tracing::warn!(
                target: "cache",
                node,
                cause,
                advice,
                held_back,
                "redis can't be reached; calls go to the origin until it answers again"
            );
        }
    }

    pub(super) fn denied(&self, node: &str, cause: &str) {
        if let Some(held_back) = self.due("connect", &format!("{node} {cause}")) {
            tracing::warn!(
                target: "cache",
                node,
                cause,
                held_back,
                "the user at redis lacks a right; docs/operations.md has what to grant"
            );
        }
    }

    /// Whether to say it now, and how many were held back since it was last said.
    fn due(&self, doing: &'static str, cause: &str) -> Option<u64> {
        let mut said = self.said.lock();
        let mut of = (doing, cause.to_owned());
        if said.len() >= MOST && !said.contains_key(&of) {
            said.retain(|_, one| one.last.elapsed() < QUIET);
            if said.len() >= MOST {
                of.1.clear();
            }
        }
        let Some(entry) = said.get_mut(&of) else {
            let first = Said {
                last: Stopwatch::start(),
                held_back: 0,
            };
            said.insert(of, first);
            return Some(0);
        };
        if entry.last.elapsed() < QUIET {
            entry.held_back += 1;
            return None;
        }
        entry.last = Stopwatch::start();
        Some(std::mem::take(&mut entry.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_limit_trouble_is_said_once_a_step() {
        let log = Log::default();
        for n in 0..2 * MOST {
            log.due("load", &n.to_string());
        }
        assert_eq!(log.said.lock().len(), MOST + 1);
        assert_eq!(log.due("load", "another"), None);
        assert_eq!(log.due("refresh", "another"), Some(0));
    }

    #[test]
    fn one_kind_of_trouble_is_said_once() {
        let log = Log::default();
        assert_eq!(log.due("read", "timeout"), Some(0));
        assert_eq!(log.due("read", "timeout"), None);
        assert_eq!(log.due("fill", "timeout"), Some(0));
        assert_eq!(log.due("connect", "node down"), Some(0));
        assert_eq!(log.due("connect", "other down"), Some(0));
        log.connected("node");
        assert_eq!(log.due("connect", "node down"), Some(0), "after a recovery");
        assert_eq!(log.due("connect", "other down"), None);
    }
}
