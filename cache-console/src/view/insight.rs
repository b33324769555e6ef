//! What is known of a function's keys and of how its reads come, and what could be set better.

use std::time::Duration;

use cache_insight::{Item, Pattern, PatternKind, patterns};
use cache_runtime::{FunctionStats, HeavyKeys, Hours};
use serde::Serialize;

use crate::chart::{Chart, Point, Shape};
use crate::shown::{Bytes, Count, Name, Share, Time, plain};

/// How many hours there are in the chart.
const HOURS: u64 = 24;

/// How many keys each list shows.
const KEYS: usize = 8;

/// Something that could be set better.
#[derive(Clone, Serialize)]
pub(super) struct Advised {
    pub(super) id: Name,
    /// Both empty where it is of the whole cache.
    pub(super) function: Name,
    pub(super) namespace: Name,
    pub(super) setting: Name,
    pub(super) from: Name,
    pub(super) to: Name,
    pub(super) because: String,
    /// What is to be expected.
    pub(super) effect: Vec<String>,
    pub(super) confidence: f64,
    pub(super) derived: String,
}

/// What is known of one function.
#[derive(Default, Serialize)]
pub(super) struct Insight {
    pub(super) patterns: Vec<Seen>,
    pub(super) heavy: Vec<Heavy>,
    pub(super) hours: Option<Chart>,
    pub(super) never_read: Option<NeverRead>,
}

/// Something that its reads are like.
#[derive(Serialize)]
pub(super) struct Seen {
    pub(super) kind: &'static str,
    pub(super) means: &'static str,
    pub(super) because: String,
}

/// The keys that weigh most by some measure.
#[derive(Serialize)]
pub(super) struct Heavy {
    #[serde(skip)]
    pub(super) id: &'static str,
    pub(super) by: &'static str,
    pub(super) keys: Vec<Key>,
    /// What all keys weigh, listed or not.
    pub(super) total: String,
}

#[derive(Serialize)]
pub(super) struct Key {
    pub(super) key: Name,
    /// Whether it is the readable one, and not a hash.
    pub(super) is_readable: bool,
    pub(super) at_least: String,
    pub(super) at_most: String,
    /// Of all, what is certain.
    pub(super) share: Share,
}

/// Entries that left without a read.
#[derive(Serialize)]
pub(super) struct NeverRead {
    pub(super) share: Share,
    pub(super) margin: Share,
    pub(super) entries: Count,
}

impl From<&Item> for Advised {
    fn from(item: &Item) -> Self {
        Self {
            id: item.id.as_str().into(),
            function: item.function.as_str().into(),
            namespace: item.namespace.as_str().into(),
            setting: item.change.setting.as_str().into(),
            from: item.change.from.as_str().into(),
            to: item.change.to.as_str().into(),
            because: plain(&item.because),
            effect: item.effect.words(),
            confidence: item.confidence,
            derived: plain(&item.derived),
        }
    }
}

impl Advised {
    pub(super) fn is_of_a_function(&self) -> bool {
        !self.function.raw().is_empty()
    }

    pub(super) fn effect(&self) -> String {
        self.effect.join(", ")
    }

    /// The table of the settings file that it goes into, or where it stands there.
    pub(super) fn table(&self) -> Name {
        match self.is_of_a_function() {
            true => format!("[function.{:?}]", self.function.raw()).into(),
            false => "above all tables:".into(),
        }
    }
}

impl Insight {
    pub(super) fn of(row: &FunctionStats) -> Self {
        let insight = &row.insight;
        let time = |ns| Time::from(Duration::from_nanos(ns)).to_string();
        let count = |count| Count(count).to_string();
        let bytes = |bytes| Bytes(bytes).to_string();
        let lists = [
            heavy(
                "by-load-time",
                "time of loads",
                &insight.by_load_time,
                &time,
            ),
            heavy("by-loads", "loads", &insight.by_loads, &count),
            heavy("by-reads", "reads", &insight.by_reads, &count),
            heavy(
                "by-invalidations",
                "invalidations",
                &insight.by_invalidations,
                &count,
            ),
            heavy("by-bytes", "bytes stored", &insight.by_bytes, &bytes),
        ];
        Self {
            patterns: patterns(row).iter().map(Seen::from).collect(),
            heavy: lists.into_iter().flatten().collect(),
            hours: hours(&insight.hours),
            never_read: insight.never_read.share().map(|share| NeverRead {
                share: Share(Some(share)),
                margin: Share(insight.never_read.margin()),
                entries: Count(insight.never_read.entries),
            }),
        }
    }
}

impl From<&Pattern> for Seen {
    fn from(pattern: &Pattern) -> Self {
        Self {
            kind: pattern.kind.as_str(),
            means: match pattern.kind {
                PatternKind::Sequential => {
                    "ids follow one another: what comes next could be loaded ahead"
                }
                PatternKind::Temporal => {
                    "half of the reads are within few hours of the day: warm before these"
                }
                PatternKind::Burst => {
                    "reads come many at once: a stale window keeps them from waiting"
                }
                _ => "",
            },
            because: plain(&pattern.because),
        }
    }
}

/// None where nothing was weighed.
fn heavy(
    id: &'static str,
    by: &'static str,
    keys: &HeavyKeys,
    shown: &dyn Fn(u64) -> String,
) -> Option<Heavy> {
    let of = keys.keys.iter().take(KEYS).map(|key| Key {
        key: key.shown().into(),
        is_readable: key.name.is_some(),
        at_least: shown(key.at_least()),
        at_most: shown(key.weight),
        share: Share::of(key.at_least(), keys.total),
    });
    let of: Vec<_> = of.collect();
    (!of.is_empty()).then(|| Heavy {
        id,
        by,
        keys: of,
        total: shown(keys.total),
    })
}

/// The last day, hour by hour; none before the first read.
fn hours(hours: &Hours) -> Option<Chart> {
    let until = hours.until;
    if hours.counts.is_empty() || until < HOURS {
        return None;
    }
    let reads = |hour: u64| {
        let counts = hours.counts.iter().find(|counts| counts.hour == hour);
        counts.map(|counts| (counts.hits.saturating_add(counts.misses), counts.hit_rate()))
    };
    let slots = until - (HOURS - 1)..=until;
    let most = slots
        .clone()
        .filter_map(|hour| Some(reads(hour)?.0))
        .max()?;
    let text = |hour: u64| format!("{:02}:00 UTC", hour % 24);
    let points = slots.clone().enumerate().map(|(at, hour)| {
        let known = reads(hour);
        let count = known.map_or(0, |(count, _)| count);
        Point {
            x: at as f64 / HOURS as f64,
            y: count as f64 / most.max(1) as f64,
            across: text(hour),
            up: match known {
                Some((count, rate)) => format!("{}, {} hits", Count(count), Share(rate)),
                None => "none".to_owned(),
            },
            is_told: known.is_some(),
        }
    });
    Some(Chart {
        id: "hours",
        title: "Reads by hour",
        across: "Hour",
        up: "Reads, and how many were hits",
        shape: Shape::Bars,
        points: points.collect(),
        below: [until - 23, until - 12, until].map(text).into(),
        beside: ["0".to_owned(), Count(most).to_string()].into(),
        mark: None,
    })
}

#[cfg(test)]
mod tests {
    use cache_runtime::HourCounts;

    use super::*;

    #[test]
    fn a_day_has_a_bar_for_each_hour_whether_it_is_known_or_not() {
        let mut known = Hours::default();
        assert!(hours(&known).is_none());
        let mut counts = HourCounts::default();
        (counts.hour, counts.hits, counts.misses) = (500_000, 3, 1);
        known.counts.push(counts);
        known.until = 500_002;
        let chart = hours(&known).unwrap();
        assert_eq!(chart.points.len(), 24);
        let told: Vec<_> = chart.points.iter().filter(|point| point.is_told).collect();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].across.as_str(), told[0].y), ("08:00 UTC", 1.0));
        assert_eq!(told[0].up, "4, 75.0 % hits");
    }
}
