//! Which process of a fleet does not do as the others do.
//!
//! Source: the modified z-score of Iglewicz and Hoaglin ("How to Detect and Handle Outliers", 1993): how far a figure is
//! from the median of all, in median absolute deviations. One process that is far off moves neither, as it would move a
//! mean.

use serde::Serialize;

use super::Process;

/// From how many processes on one is compared with the others.
const ENOUGH: usize = 3;

/// Under so many reads or loads of late a process says little.
const FEW: u64 = 50;

/// From which score on a figure is far off, and what makes a deviation one of a normal distribution: both as the source
/// has them.
const FAR: f64 = 3.5;
const NORMAL: f64 = 0.6745;

/// In what a process differs, to the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    /// Its hit rate of late is lower, by five points at least.
    HitRate,
    /// More of its loads of late gave no value, by five points at least.
    FailedLoads,
    /// Its loads take more than twice as long.
    LoadTime,
    /// What it published is older than twice that of the others, and ten seconds.
    Silence,
}

impl Figure {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::HitRate => "hits less than the others",
            Self::FailedLoads => "its loads fail more often",
            Self::LoadTime => "its loads take longer",
            Self::Silence => "has not published lately",
        }
    }
}

/// Marks those that differ from most.
pub(super) fn outlying(processes: &mut [Process]) {
    let share = |part: u64, whole: u64| (whole >= FEW).then(|| part as f64 / whole as f64);
    let by = |of: &dyn Fn(&Process) -> Option<f64>| processes.iter().map(of).collect::<Vec<_>>();
    let misses = by(&|one| {
        let reads = one.lately.hits.saturating_add(one.lately.misses);
        share(one.lately.misses, reads)
    });
    let failed = by(&|one| share(one.lately.failed, one.lately.loads));
    let load_time = by(&|one| {
        let enough = one.tally.loads >= FEW;
        one.load_time
            .filter(|_| enough)
            .map(|time| time.as_secs_f64())
    });
    let age = by(&|one| Some(one.age.as_secs_f64()));
    let points = |value: f64, median: f64| value >= median + 0.05;
    let twice = |value: f64, median: f64| value > median * 2.0;
    for (figure, values, is_much) in [
        (
            Figure::HitRate,
            misses,
            &points as &dyn Fn(f64, f64) -> bool,
        ),
        (Figure::FailedLoads, failed, &points),
        (Figure::LoadTime, load_time, &twice),
        (Figure::Silence, age, &|value, median| {
            twice(value, median) && value >= 10.0
        }),
    ] {
        for at in far(&values, is_much) {
            processes[at].outlying.push(figure);
        }
    }
}

/// The places of the values that are far above the others, and much above.
fn far(values: &[Option<f64>], is_much: &dyn Fn(f64, f64) -> bool) -> Vec<usize> {
    let known: Vec<_> = values.iter().flatten().copied().collect();
    if known.len() < ENOUGH {
        return Vec::new();
    }
    let middle = median(known.clone());
    let deviation = median(known.iter().map(|value| (value - middle).abs()).collect());
    let is_far = |value: f64| {
        // Where most are equal each that differs is far off.
        is_much(value, middle) && NORMAL * (value - middle) >= FAR * deviation
    };
    let all = values.iter().enumerate();
    let found = all.filter(|(_, value)| value.is_some_and(is_far));
    found.map(|(at, _)| at).collect()
}

/// Of at least one value.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => (values[half - 1] + values[half]) / 2.0,
        _ => values[half],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(value: f64, median: f64) -> bool {
        value >= median + 0.05
    }

    #[test]
    fn one_that_is_far_off_is_found_and_one_of_a_spread_is_not() {
        for (values, found) in [
            (vec![Some(0.1), Some(0.11), Some(0.09), Some(0.6)], vec![3]),
            (vec![Some(0.1), Some(0.1), Some(0.9)], vec![2]),
            // Better than the others is no matter.
            (vec![Some(0.5), Some(0.5), Some(0.5), Some(0.0)], vec![]),
            // They differ as much among each other.
            (vec![Some(0.1), Some(0.3), Some(0.5), Some(0.7)], vec![]),
            // Far off in deviations, and next to nothing.
            (vec![Some(0.1), Some(0.1), Some(0.1), Some(0.11)], vec![]),
            (vec![Some(0.1), Some(0.9)], vec![]),
            (vec![Some(0.1), None, Some(0.9), None], vec![]),
            (vec![], vec![]),
        ] {
            assert_eq!(far(&values, &points), found, "{values:?}");
        }
    }

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
