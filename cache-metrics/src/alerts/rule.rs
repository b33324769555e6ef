//! The rules: one list, of which the rules for Prometheus in `docs/alerts` are held to be the same.

use std::time::Duration;

use super::figures::{Figures, Measured};

/// What an alert tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Alarm {
    /// Few reads are hits, of all namespaces together.
    HitRateLow,
    /// Still fewer.
    HitRateVeryLow,
    /// Many reads of one namespace miss.
    MissRateHigh,
    /// One hit in Redis of a hundred takes long.
    Slow,
    /// Still longer.
    VerySlow,
    /// Steps of the cache go wrong in many calls.
    Errors,
    /// A node of Redis does not answer.
    BreakerOpen,
    /// A node of Redis tells this process of no changes.
    WithoutPushes,
    /// Redis has not acknowledged an invalidation.
    OwesInvalidations,
    /// Memory is full, and drops entries.
    MemoryShort,
    /// A server has nearly all the memory that it may have. It needs the feature `servers`, and
    /// [`watch_servers`](crate::Exporter).
    RedisMemoryHigh,
}

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// In working hours.
    Warning,
    /// Now.
    Critical,
}

/// On which side of its bound a figure is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Under it.
    Below,
    /// Over it.
    Above,
    /// At it.
    Equal,
}

/// What a figure may not be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limit {
    /// On which side of `at` it is wrong.
    pub wrong: Wrong,
    /// From where on it is wrong.
    pub at: f64,
    /// Until where it stays wrong once the alert fires: a figure that wavers about `at` does not come and go.
    pub until: f64,
}

impl Limit {
    const fn below(at: f64, until: f64) -> Self {
        Self {
            wrong: Wrong::Below,
            at,
            until,
        }
    }

    const fn above(at: f64, until: f64) -> Self {
        Self {
            wrong: Wrong::Above,
            at,
            until,
        }
    }

    const fn equal(at: f64) -> Self {
        Self {
            wrong: Wrong::Equal,
            at,
            until: at,
        }
    }

    /// Whether a figure is wrong, where it was so before or was not.
    pub(super) fn is_passed(&self, figure: f64, was: bool) -> bool {
        let bound = if was { self.until } else { self.at };
        match self.wrong {
            Wrong::Below => figure < bound,
            Wrong::Above => figure > bound,
            Wrong::Equal => (figure - bound).abs() < f64::EPSILON,
        }
    }

    /// The same limit at another bound; where it ends moves along.
    pub(super) fn moved(self, at: f64) -> Self {
        let until = match self.wrong {
            // A share that must be nearly whole ends once it is.
            Wrong::Below => (at + self.until - self.at).min(at.max(1.0)),
            Wrong::Above => at * self.until / self.at.max(f64::MIN_POSITIVE),
            Wrong::Equal => at,
        };
        Self { at, until, ..self }
    }
}

/// When an alert fires, and what to do then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// What it tells of.
    pub alarm: Alarm,
    /// How soon somebody should look.
    pub severity: Severity,
    /// What must all be passed, in the order in which the rule for Prometheus has them; the first is the rule's threshold.
    pub limits: Vec<Limit>,
    /// For how long, before it fires.
    pub hold: Duration,
    /// The chapter of the runbook, in the repository.
    pub runbook: &'static str,
    /// Its figures, by namespace or node where it is by these.
    pub(super) measure: fn(&Figures) -> Vec<Measured>,
    /// What is wrong, in words: of the namespace or the node, and by the first figure.
    pub(super) say: fn(&str, f64) -> String,
}

impl Alarm {
    /// What the rule for Prometheus is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HitRateLow => "CacheHitRateLow",
            Self::HitRateVeryLow => "CacheHitRateVeryLow",
            Self::MissRateHigh => "CacheMissRateHigh",
            Self::Slow => "CacheSlow",
            Self::VerySlow => "CacheVerySlow",
            Self::Errors => "CacheErrors",
            Self::BreakerOpen => "CacheBreakerOpen",
            Self::WithoutPushes => "CacheWithoutPushes",
            Self::OwesInvalidations => "CacheOwesInvalidations",
            Self::MemoryShort => "CacheMemoryShort",
            Self::RedisMemoryHigh => "CacheRedisMemoryHigh",
        }
    }
}

impl Severity {
    /// What the label of the rule for Prometheus says.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

/// All rules, as they are unless they are changed.
#[must_use]
pub fn rules() -> Vec<Rule> {
    let mut all = of_rates();
    all.extend(of_redis());
    all
}

fn of_rates() -> Vec<Rule> {
    let hits = |_: &str, rate| format!("{} of all reads are hits", percent(rate));
    vec![
        Rule {
            alarm: Alarm::HitRateLow,
            severity: Severity::Warning,
            limits: vec![Limit::below(0.90, 0.92)],
            hold: minutes(5),
            runbook: "docs/alerts/README.md#cachehitratelow",
            measure: Figures::hit_rate,
            say: hits,
        },
        Rule {
            alarm: Alarm::HitRateVeryLow,
            severity: Severity::Critical,
            limits: vec![Limit::below(0.70, 0.75)],
            hold: minutes(5),
            runbook: "docs/alerts/README.md#cachehitratelow",
            measure: Figures::hit_rate,
            say: hits,
        },
        Rule {
            alarm: Alarm::MissRateHigh,
            severity: Severity::Warning,
            limits: vec![Limit::above(0.30, 0.27)],
            hold: minutes(15),
            runbook: "docs/alerts/README.md#cachemissratehigh",
            measure: Figures::miss_rates,
            say: |namespace, rate| format!("{} of the reads of {namespace} miss", percent(rate)),
        },
        Rule {
            alarm: Alarm::Errors,
            severity: Severity::Warning,
            limits: vec![Limit::above(0.05, 0.04)],
            hold: minutes(5),
            runbook: "docs/alerts/README.md#cacheerrors",
            measure: Figures::errors,
            say: |_, rate| {
                format!(
                    "a step of the cache goes wrong in {} of the calls",
                    percent(rate)
                )
            },
        },
        Rule {
            alarm: Alarm::MemoryShort,
            severity: Severity::Warning,
            limits: vec![Limit::above(0.90, 0.85), Limit::above(0.01, 0.008)],
            hold: minutes(15),
            runbook: "docs/alerts/README.md#cachememoryshort",
            measure: Figures::memory,
            say: |_, share| {
                format!(
                    "memory is {} full, and calls make it drop entries",
                    percent(share)
                )
            },
        },
    ]
}

fn of_redis() -> Vec<Rule> {
    let slow = |_: &str, p99| {
        let p99 = milliseconds(p99);
        format!("one hit in Redis of a hundred takes over {p99}")
    };
    vec![
        Rule {
            alarm: Alarm::Slow,
            severity: Severity::Warning,
            limits: vec![Limit::above(0.010, 0.008)],
            hold: minutes(2),
            runbook: "docs/alerts/README.md#cacheslow",
            measure: Figures::slowest_hits,
            say: slow,
        },
        Rule {
            alarm: Alarm::VerySlow,
            severity: Severity::Critical,
            limits: vec![Limit::above(0.200, 0.160)],
            hold: minutes(2),
            runbook: "docs/alerts/README.md#cacheslow",
            measure: Figures::slowest_hits,
            say: slow,
        },
        Rule {
            alarm: Alarm::BreakerOpen,
            severity: Severity::Critical,
            limits: vec![Limit::equal(0.0)],
            hold: Duration::from_secs(30),
            runbook: "docs/alerts/README.md#cachebreakeropen",
            measure: Figures::breakers,
            say: |node, _| format!("{node} is asked for nothing: it does not answer"),
        },
        Rule {
            alarm: Alarm::WithoutPushes,
            severity: Severity::Warning,
            limits: vec![Limit::equal(0.0), Limit::equal(1.0)],
            hold: minutes(5),
            runbook: "docs/alerts/README.md#cachewithoutpushes",
            measure: Figures::pushes,
            say: |node, _| format!("{node} does not tell of changes: memory serves for `lag` only"),
        },
        Rule {
            alarm: Alarm::OwesInvalidations,
            severity: Severity::Warning,
            limits: vec![Limit::above(0.0, 0.0)],
            hold: minutes(1),
            runbook: "docs/alerts/README.md#cacheowesinvalidations",
            measure: Figures::owed,
            say: |_, owed| format!("Redis has not acknowledged {owed:.0} invalidations"),
        },
        Rule {
            alarm: Alarm::RedisMemoryHigh,
            severity: Severity::Critical,
            limits: vec![Limit::above(0.85, 0.82)],
            hold: minutes(5),
            runbook: "docs/alerts/README.md#cacheredismemoryhigh",
            measure: Figures::servers_memory,
            say: |node, share| {
                format!(
                    "{node} has {} of the memory that it may have",
                    percent(share)
                )
            },
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_ends_later_than_it_begins_and_can_end_wherever_it_is_moved() {
        for rule in rules() {
            let limit = rule.limits[0];
            let alarm = rule.alarm.name();
            match limit.wrong {
                Wrong::Below => assert!(limit.until > limit.at, "{alarm}"),
                Wrong::Above => assert!(limit.until <= limit.at, "{alarm}"),
                Wrong::Equal => continue,
            }
            for at in [1e-6, 0.5, 0.99, 1.0] {
                let moved = limit.moved(at);
                let best = if limit.wrong == Wrong::Below {
                    1.0
                } else {
                    0.0
                };
                assert!(!moved.is_passed(best, true), "{alarm} at {at}: {moved:?}");
            }
        }
    }

    #[test]
    fn each_alarm_has_one_rule() {
        let mut alarms: Vec<_> = rules().iter().map(|rule| rule.alarm).collect();
        alarms.sort_unstable();
        let count = alarms.len();
        alarms.dedup();
        assert_eq!((alarms.len(), count), (11, 11));
    }
}
