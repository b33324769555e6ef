//! What is wrong with a cache, in words, and what to do about it.

use cache_runtime::{BreakerState, Health, NodeHealth, RedisHealth, Stats};
use serde::Serialize;

use crate::shown::{Count, Name, Share, Time};
use crate::window::Lately;

/// Under so many reads a share says little.
const FEW: u64 = 100;

/// A hit rate that is low for a cache, and a share of loads that fail too often.
const LOW: f64 = 0.5;
const OFTEN: f64 = 0.05;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// All is well.
    Good,
    /// Nothing is wrong; there is something to know.
    Notice,
    /// Callers are served, at a cost.
    Warning,
    /// A tier is away.
    Bad,
}

impl Level {
    /// What a page calls it, beside its colour.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "All well",
            Self::Notice => "To know",
            Self::Warning => "Degraded",
            Self::Bad => "Away",
        }
    }

    /// The class of style sheets.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// One thing to know, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    pub(crate) what: String,
    pub(crate) advice: &'static str,
}

impl Finding {
    fn new(level: Level, what: impl Into<String>, advice: &'static str) -> Self {
        let what = what.into();
        Self {
            level,
            what,
            advice,
        }
    }
}

/// What is wrong with the tiers; nothing where all is well.
pub(crate) fn of_tiers(health: &Health) -> Vec<Finding> {
    let mut found: Vec<_> = health.nodes.iter().filter_map(of_node).collect();
    if let Some(RedisHealth::Connecting) = health.redis {
        found.push(Finding::new(
            Level::Warning,
            "Redis was not reached yet; calls run their bodies, or are served from memory.",
            "Wait for the first connection. If this stays, look at CACHE_URL and at the network.",
        ));
    }
    if health.owed_invalidations > 0 {
        let what = format!(
            "Invalidations owed: {}. Redis has not acknowledged them, and other processes may still serve the older \
             values.",
            Count(health.owed_invalidations as u64)
        );
        let advice = "They are retried by themselves once Redis answers. Don't stop this process before; if you must, \
                      invalidate again from another one.";
        found.push(Finding::new(Level::Warning, what, advice));
    }
    if !health.denied.is_empty() {
        let denied: Vec<_> = health.denied.iter().map(|what| what.as_str()).collect();
        let what = format!(
            "The user at Redis lacks a right: {}.",
            Name::from(denied.join(", "))
        );
        let advice = "Grant it by ACL SETUSER; docs/operations.md lists what a user needs.";
        found.push(Finding::new(Level::Warning, what, advice));
    }
    if health.redis == Some(RedisHealth::Up) && !health.tracking {
        let advice = "Let the user use CLIENT TRACKING, and let no proxy that speaks RESP2 alone stand between.";
        let what = "Redis does not tell this process of changes, so memory serves for no longer than `lag`.";
        found.push(Finding::new(Level::Warning, what, advice));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    found
}

fn of_node(node: &NodeHealth) -> Option<Finding> {
    let RedisHealth::Down { since, cause } = &node.state else {
        return None;
    };
    let breaker = match node.breaker {
        BreakerState::HalfOpen => "half open, a probe is under way",
        _ => "open, no call goes there",
    };
    let what = format!(
        "Redis away: {} for {}, because of `{}`. Its breaker is {breaker}; calls run their bodies, or are served from \
         memory.",
        Name::from(node.node.as_str()),
        Time::from(*since),
        Name::from(cause.as_str()),
    );
    let advice = "Look at the server and the way to it; docs/operations.md explains the cause. This process connects \
                  again by itself and needs no restart.";
    Some(Finding::new(Level::Bad, what, advice))
}

/// What calls tell of.
pub(crate) fn of_calls(stats: &Stats, lately: &Lately) -> Vec<Finding> {
    let (mut found, total) = (Vec::new(), lately.total());
    if stats.functions.is_empty() && stats.namespaces.is_empty() {
        let what = "No data: no cached function was called yet.";
        let advice = "Call one. The functions page lists those that the program has.";
        found.push(Finding::new(Level::Notice, what, advice));
    }
    let failed = Share::of(total.failed, total.loads);
    if total.loads >= FEW && failed.0 > Some(OFTEN) {
        let what = format!("{failed} of the loads of late gave no value.");
        let advice = "The origin is in trouble, or callers go away: look at failed loads by function. `stale` serves \
                      an older value meanwhile.";
        found.push(Finding::new(Level::Warning, what, advice));
    }
    let reads = total.hits.saturating_add(total.misses);
    if reads >= FEW && total.hit_rate().0 < Some(LOW) {
        let what = format!("Only {} of the reads of late were hits.", total.hit_rate());
        let advice = "Sort the functions by hit rate: the page of each says why its reads missed, and what helps.";
        found.push(Finding::new(Level::Warning, what, advice));
    }
    found
}

/// All that is to be known, the worst first; where nothing is wrong, that.
pub(crate) fn all(health: &Health, stats: &Stats, lately: &Lately) -> Vec<Finding> {
    let mut found = of_tiers(health);
    found.extend(of_calls(stats, lately));
    if found.is_empty() {
        let what = match &health.redis {
            Some(_) => "Redis answers, and the cache serves.",
            None => "The cache serves from this process's memory; it has no Redis.",
        };
        found.push(Finding::new(Level::Good, what, "Nothing is to be done."));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    found
}
