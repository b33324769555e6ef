//! Hits and misses by hour.

use std::ops::AddAssign;

use serde::{Deserialize, Deserializer, Serialize};

use super::heavy::Few;

/// How many hours are kept.
const HOURS: usize = 24;

const HOUR_MS: u64 = 3_600_000;

/// Hits and misses of the last 24 hours, by the hour in UTC. Two add up hour by hour.
///
/// A hit in memory is counted by no clock: the counters are looked at with the first read past memory of an hour, with one
/// hit of some 1,000, and with each snapshot. What lies between two looks is of the hour of the first, so that a thread may
/// have up to 1,024 hits told in an hour before theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Hours {
    /// The hours in which there was something, ascending.
    #[serde(deserialize_with = "few")]
    pub counts: Vec<HourCounts>,
    /// The hour in which the function was first seen, and the one of the snapshot, in hours since 1970: of those before
    /// the first nothing is known. Zero where nothing was seen. Of a sum, since when all of it is known.
    pub since: u64,
    /// The hour of the snapshot; of a sum, the latest.
    pub until: u64,
}

/// What happened in an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HourCounts {
    /// Which hour: hours since 1970 in UTC; modulo 24 it is the hour of the day.
    pub hour: u64,
    /// Reads served from a tier, stale ones included.
    pub hits: u64,
    /// Reads that found nothing fresh to serve.
    pub misses: u64,
}

impl HourCounts {
    /// The share of the reads that were hits; `None` where there were none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn hit_rate(&self) -> Option<f64> {
        let reads = self.hits.saturating_add(self.misses);
        (reads > 0).then(|| self.hits as f64 / reads as f64)
    }
}

impl AddAssign<&Self> for Hours {
    fn add_assign(&mut self, other: &Self) {
        for hour in &other.counts {
            match self.counts.iter_mut().find(|own| own.hour == hour.hour) {
                Some(own) => {
                    own.hits = own.hits.saturating_add(hour.hits);
                    own.misses = own.misses.saturating_add(hour.misses);
                }
                None => self.counts.push(hour.clone()),
            }
        }
        self.until = self.until.max(other.until);
        self.since = match (self.since, other.since) {
            (0, since) | (since, 0) => since,
            (one, other) => one.max(other),
        };
        self.counts.sort_by_key(|hour| hour.hour);
        let first = first_kept(self.until);
        self.counts.retain(|hour| hour.hour >= first);
        let over = self.counts.len().saturating_sub(HOURS);
        self.counts.drain(..over);
    }
}

fn few<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<HourCounts>, D::Error> {
    from.deserialize_seq(Few::ALL)
}

/// The hours of one function, from the counts of all time.
#[derive(Debug, Default)]
pub(super) struct Ring {
    slots: [(u64, u64, u64); HOURS],
    /// The hour since which it is counted.
    since: u64,
    /// The hour that was looked at last, and what the counts of all time were when it began.
    at: u64,
    hits: u64,
    misses: u64,
}

/// The first of the hours that are kept, of which this is the last.
fn first_kept(last: u64) -> u64 {
    last.saturating_sub(HOURS as u64 - 1)
}

/// The hour that a moment is of, in milliseconds since 1970.
pub(super) fn hour(unix_ms: u64) -> u64 {
    unix_ms / HOUR_MS
}

impl Ring {
    /// The counts of all time are these, in this hour.
    pub(super) fn look(&mut self, hour: u64, hits: u64, misses: u64) {
        if self.since == 0 {
            (self.since, self.at) = (hour, hour);
        }
        // A clock that was set back changes nothing.
        let at = self.at.min(hour);
        let slot = &mut self.slots[(at % HOURS as u64) as usize];
        if slot.0 != at {
            *slot = (at, 0, 0);
        }
        slot.1 += hits.saturating_sub(self.hits);
        slot.2 += misses.saturating_sub(self.misses);
        (self.hits, self.misses) = (hits.max(self.hits), misses.max(self.misses));
        self.at = self.at.max(hour);
    }

    pub(super) fn snapshot(&self) -> Hours {
        let first = first_kept(self.at);
        let slots = self.slots.iter();
        let seen = slots.filter(|(hour, hits, misses)| {
            *hour >= first && *hour > 0 && (*hits > 0 || *misses > 0)
        });
        let mut counts: Vec<_> = seen
            .map(|(hour, hits, misses)| HourCounts {
                hour: *hour,
                hits: *hits,
                misses: *misses,
            })
            .collect();
        counts.sort_by_key(|counts| counts.hour);
        Hours {
            counts,
            since: self.since,
            until: self.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ring: &Ring) -> Vec<(u64, u64, u64)> {
        let counts = ring.snapshot().counts;
        let counts = counts.iter();
        counts
            .map(|hour| (hour.hour, hour.hits, hour.misses))
            .collect()
    }

    #[test]
    fn an_hour_rolls_over_when_it_is_next_looked_at_and_the_25th_takes_the_place_of_the_first() {
        let mut ring = Ring::default();
        ring.look(100, 5, 1);
        ring.look(100, 7, 1);
        ring.look(101, 9, 2);
        ring.look(101, 9, 3);
        assert_eq!(told(&ring), [(100, 9, 2), (101, 0, 1)]);
        ring.look(124, 9, 3);
        ring.look(124, 10, 3);
        assert_eq!(told(&ring), [(101, 0, 1), (124, 1, 0)]);
        ring.look(200, 10, 3);
        assert_eq!(told(&ring), []);
        assert_eq!((ring.snapshot().since, ring.snapshot().until), (100, 200));
    }

    #[test]
    fn two_add_up_hour_by_hour_and_have_24_of_them() {
        let of = |hours: std::ops::Range<u64>| {
            let counts = hours.clone().map(|hour| HourCounts {
                hour,
                hits: 1,
                misses: 2,
            });
            Hours {
                counts: counts.collect(),
                since: hours.start,
                until: hours.end - 1,
            }
        };
        let mut sum = of(10..34);
        sum += &of(30..40);
        assert_eq!((sum.counts.len(), sum.since, sum.until), (24, 30, 39));
        assert_eq!(sum.counts.first().map(|hour| hour.hour), Some(16));
        let both = sum.counts.iter().find(|hour| hour.hour == 31).unwrap();
        assert_eq!((both.hits, both.misses), (2, 4));
        assert_eq!(both.hit_rate(), Some(1.0 / 3.0));
    }
}
