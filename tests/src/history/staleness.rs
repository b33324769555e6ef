//! How long other processes went on with older values after an acknowledgement.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::judge::{Facts, History, Invalidation};
use super::record::Record;

/// A process counts if it served the older value so shortly before the acknowledgement, or after:
/// else it had no copy, and its staleness of zero would say nothing.
const RECENT: u64 = 1_000_000_000;

/// Nanoseconds, one for each acknowledged invalidation and process that had a copy; sorted.
#[derive(Debug, Default)]
pub(super) struct Staleness {
    /// Of invalidations while nothing was wrong.
    pub(super) healthy: Vec<u64>,
    /// Of the others.
    pub(super) struck: Vec<u64>,
}

impl Staleness {
    /// `struck` are the times when something was wrong, or not yet over.
    pub(super) fn measure(histories: &[History], facts: &Facts, struck: &[Range<u64>]) -> Self {
        let mut staleness = Self::default();
        for history in histories {
            let served = Served::of(history);
            for by in facts.invalidations.iter().filter(|by| by.ok) {
                let Some(stale) = served.after(facts, by, history.process) else {
                    continue;
                };
                let span = by.began..by.ended + stale;
                let hit = struck
                    .iter()
                    .any(|strike| strike.start <= span.end && span.start <= strike.end);
                match hit {
                    true => staleness.struck.push(stale),
                    false => staleness.healthy.push(stale),
                }
            }
        }
        staleness.healthy.sort_unstable();
        staleness.struck.sort_unstable();
        staleness
    }
}

/// The value that so many of a hundred are not over; zero if there is none.
pub(super) fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).copied().unwrap_or(0)
}

/// For each id the versions a process served, each with when the last read that returned it, or an
/// older one, began.
struct Served(HashMap<u64, Vec<(u64, u64)>>);

impl Served {
    fn of(history: &History) -> Self {
        let mut last_of: HashMap<u64, BTreeMap<u64, u64>> = HashMap::new();
        for record in &history.records {
            if let Record::Read {
                id, version, last, ..
            } = *record
            {
                let latest = last_of.entry(id).or_default().entry(version).or_default();
                *latest = last.max(*latest);
            }
        }
        let raised = |versions: BTreeMap<u64, u64>| {
            let mut latest = 0;
            let raise = |(version, last): (u64, u64)| {
                latest = last.max(latest);
                (version, latest)
            };
            versions.into_iter().map(raise).collect()
        };
        Self(
            last_of
                .into_iter()
                .map(|(id, versions)| (id, raised(versions)))
                .collect(),
        )
    }

    /// How long after this acknowledgement the last read began that returned something older.
    fn after(&self, facts: &Facts, by: &Invalidation, process: u64) -> Option<u64> {
        if by.process == process {
            return None;
        }
        let last = by
            .subject
            .ids()
            .filter_map(|id| self.last_below(id, facts.floor(id, by.began)))
            .max()?;
        (last + RECENT > by.ended).then(|| last.saturating_sub(by.ended))
    }

    fn last_below(&self, id: u64, floor: u64) -> Option<u64> {
        let versions = self.0.get(&id)?;
        let older = versions.partition_point(|(version, _)| *version < floor);
        Some(versions[older.checked_sub(1)?].1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::subject::Subject;
    use super::*;

    fn read(version: u64, last: u64) -> Record {
        Record::Read {
            id: 1,
            version,
            first: last,
            last,
            count: 1,
        }
    }

    fn measured(reads: &[Record], struck: Option<Range<u64>>) -> (Vec<u64>, Vec<u64>) {
        let (id, number) = (1, 0);
        let writer = vec![
            Record::Wrote {
                id,
                version: 2,
                at: 10,
            },
            Record::Began {
                number,
                subject: Subject::Entry(id),
                at: 20,
            },
            Record::Ended {
                number,
                ok: true,
                at: 30,
            },
        ];
        let histories = [writer, reads.to_vec()]
            .into_iter()
            .zip(0..)
            .map(|(records, process)| History { process, records })
            .collect::<Vec<_>>();
        let facts = Facts::gather(&histories);
        let staleness = Staleness::measure(&histories, &facts, struck.as_slice());
        (staleness.healthy, staleness.struck)
    }

    #[test]
    fn it_is_the_time_to_the_last_read_of_an_older_version() {
        assert_eq!(
            measured(&[read(1, 35), read(1, 42), read(2, 50)], None).0,
            [12]
        );
        assert_eq!(measured(&[read(1, 25), read(2, 29)], None).0, [0]);
        assert!(
            measured(&[read(2, 25)], None).0.is_empty(),
            "it had no copy"
        );
    }

    #[test]
    fn times_of_trouble_are_told_apart() {
        assert_eq!(measured(&[read(1, 42)], Some(40..60)), (vec![], vec![12]));
        assert_eq!(measured(&[read(1, 42)], Some(43..60)), (vec![12], vec![]));
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(
            [50, 99, 100].map(|p| percentile(&hundred, p)),
            [50, 99, 100]
        );
        assert_eq!((percentile(&[], 50), percentile(&[7], 50)), (0, 7));
    }
}
