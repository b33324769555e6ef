//! What the reads of a function are like: whether they follow one another, come at hours, or come together.

use cache_runtime::{FunctionStats, Hours};
use serde::{Deserialize, Serialize};

use crate::advice::{Figure, Unit};
use crate::kinds::figure;
use crate::words::percent;

/// Something that the reads of a function are like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pattern {
    /// What they are like.
    pub kind: PatternKind,
    /// The evidence in a sentence.
    pub because: String,
    /// The figures of it.
    pub evidence: Vec<Figure>,
}

/// What reads may be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PatternKind {
    /// Ids follow one another, upwards or downwards: half or more of the reads that memory did not serve.
    Sequential,
    /// Half of the reads are within six hours of the day, or fewer.
    Temporal,
    /// Reads that memory did not serve come many at once: five times as unevenly as by chance, or more.
    Burst,
}

impl PatternKind {
    /// As it is written: `sequential`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Temporal => "temporal",
            Self::Burst => "burst",
        }
    }
}

/// The least samples that a pattern is told from.
const IDS: u64 = 100;
const SECONDS: u64 = 120;
const READS: u64 = 200;

/// Within how many hours half of the reads are that are clustered in time. Evenly spread they would be in twelve.
const HOURS: usize = 6;

/// What the reads of a function are like, as far as enough of them were seen: at least 100 with an id for sequences, 120
/// seconds and 200 reads past memory for bursts, a whole day and 1,000 reads for hours. It advises nothing by itself.
#[must_use]
pub fn patterns(of: &FunctionStats) -> Vec<Pattern> {
    let insight = &of.insight;
    let found = [sequential(of), temporal(&insight.hours), burst(of)];
    found.into_iter().flatten().collect()
}

fn sequential(of: &FunctionStats) -> Option<Pattern> {
    let seen = &of.insight.sequence;
    let (steps, apart) = (
        seen.ups.saturating_add(seen.downs),
        seen.ups.abs_diff(seen.downs),
    );
    let share = apart as f64 / seen.ids.max(1) as f64;
    // By chance ups and downs are as often: a sign test, far out.
    let is_chance = (apart as f64) < 5.0 * (steps as f64).sqrt();
    if seen.ids < IDS || is_chance || share < 0.5 {
        return None;
    }
    let direction = if seen.ups > seen.downs {
        "after"
    } else {
        "before"
    };
    Some(Pattern {
        kind: PatternKind::Sequential,
        because: format!(
            "{} of {} ids that memory did not serve come right {direction} one of the eight before them, less those of the other way",
            percent(share),
            seen.ids
        ),
        evidence: vec![
            figure("ids", seen.ids as f64, Unit::Count),
            figure("ups", seen.ups as f64, Unit::Count),
            figure("downs", seen.downs as f64, Unit::Count),
        ],
    })
}

fn temporal(hours: &Hours) -> Option<Pattern> {
    let reads = |at: &cache_runtime::HourCounts| at.hits.saturating_add(at.misses);
    let total = hours.counts.iter().map(reads).fold(0, u64::saturating_add);
    if hours.until.saturating_sub(hours.since) < 23 || total < 1_000 {
        return None;
    }
    let mut busiest: Vec<_> = hours.counts.iter().collect();
    busiest.sort_by_key(|hour| std::cmp::Reverse(reads(hour)));
    let mut sum = 0_u64;
    let half = busiest.iter().take_while(|hour| {
        let is_before = sum.saturating_mul(2) < total;
        sum = sum.saturating_add(reads(hour));
        is_before
    });
    let mut half: Vec<_> = half.map(|hour| hour.hour % 24).collect();
    if half.len() > HOURS {
        return None;
    }
    half.sort_unstable();
    let shown: Vec<_> = half.iter().map(|hour| format!("{hour:02}")).collect();
    Some(Pattern {
        kind: PatternKind::Temporal,
        because: format!(
            "half of the {total} reads of the last 24 hours are in the hours {} (UTC)",
            shown.join(", ")
        ),
        evidence: vec![
            figure("reads", total as f64, Unit::Count),
            figure("hours with half of them", half.len() as f64, Unit::Count),
        ],
    })
}

fn burst(of: &FunctionStats) -> Option<Pattern> {
    let seen = &of.insight.burst;
    let dispersion = seen.dispersion().filter(|dispersion| *dispersion >= 5.0)?;
    if seen.seconds < SECONDS || seen.reads < READS || seen.peak < 10 {
        return None;
    }
    Some(Pattern {
        kind: PatternKind::Burst,
        because: format!(
            "{} reads past memory in {} seconds come {dispersion:.0} times as unevenly as by chance, {} in one second at most",
            seen.reads, seen.seconds, seen.peak
        ),
        evidence: vec![
            figure("dispersion", dispersion, Unit::Ratio),
            figure("peak in a second", seen.peak as f64, Unit::Count),
            figure("seconds", seen.seconds as f64, Unit::Count),
            figure("reads", seen.reads as f64, Unit::Count),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(of: &FunctionStats) -> Vec<PatternKind> {
        patterns(of)
            .into_iter()
            .map(|pattern| pattern.kind)
            .collect()
    }

    fn function(make: impl FnOnce(&mut FunctionStats)) -> FunctionStats {
        let mut function = FunctionStats::default();
        make(&mut function);
        function
    }

    #[test]
    fn ids_in_order_are_sequential_and_chance_or_few_are_not() {
        let of = |ids, ups, downs| {
            function(|function| {
                let seen = &mut function.insight.sequence;
                (seen.ids, seen.ups, seen.downs) = (ids, ups, downs);
            })
        };
        assert_eq!(kinds(&of(1_000, 900, 2)), [PatternKind::Sequential]);
        assert_eq!(kinds(&of(1_000, 2, 900)), [PatternKind::Sequential]);
        assert_eq!(kinds(&of(1_000, 700, 690)), [], "of a few ids by chance");
        assert_eq!(kinds(&of(50, 50, 0)), [], "too few");
        assert_eq!(kinds(&of(1_000, 300, 10)), [], "most do not");
    }

    #[test]
    fn a_working_day_is_temporal_and_an_even_one_or_half_a_day_is_not() {
        let of = |since: u64, reads: &dyn Fn(u64) -> u64| {
            function(|function| {
                let hours = &mut function.insight.hours;
                (hours.since, hours.until) = (since, 123);
                for hour in since..=123 {
                    let mut counts = cache_runtime::HourCounts::default();
                    (counts.hour, counts.hits) = (hour, reads(hour % 24));
                    hours.counts.push(counts);
                }
            })
        };
        let office = |hour: u64| if (9..12).contains(&hour) { 1_000 } else { 50 };
        assert_eq!(kinds(&of(100, &office)), [PatternKind::Temporal]);
        assert_eq!(kinds(&of(100, &|_| 1_000)), []);
        assert_eq!(kinds(&of(110, &office)), [], "half a day");
        assert_eq!(kinds(&of(100, &|hour| office(hour) / 50)), [], "few reads");
    }

    #[test]
    fn many_at_once_are_a_burst_and_chance_or_a_short_time_is_not() {
        let of = |seconds, reads, dispersion: u64| {
            function(|function| {
                let seen = &mut function.insight.burst;
                (seen.seconds, seen.reads) = (seconds, reads);
                (seen.squares, seen.peak) = (2 * reads * dispersion, 50);
            })
        };
        assert_eq!(kinds(&of(600, 1_000, 40)), [PatternKind::Burst]);
        assert_eq!(kinds(&of(600, 1_000, 1)), []);
        assert_eq!(kinds(&of(60, 1_000, 40)), []);
        assert_eq!(kinds(&of(600, 100, 40)), []);
    }
}
