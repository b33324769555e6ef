//! What this process's memory has, and what memory of other sizes would serve.

use askama::Template;
use cache_insight::{Advice, Item};
use serde::Serialize;

use super::insight::Advised;
use crate::chart::{Chart, Point, Shape};
use crate::console::Console;
use crate::shown::{Bytes, Count, Share};

/// How many points of the curve are drawn, and how many rows the table has.
const DRAWN: usize = 120;
const TOLD: usize = 10;

/// The least size that is drawn, in bytes: less is no memory.
const LEAST: u64 = 1 << 10;

#[derive(Serialize, Template)]
#[template(path = "memory.html")]
pub(super) struct Memory {
    /// Whether it is of a process that caches nothing itself.
    is_outside: bool,
    entries: Count,
    bytes: Bytes,
    most_bytes: Bytes,
    evictions: Count,
    reads: Count,
    /// What memory of its present size serves by the curve, and the most that any size would.
    hit_rate: Share,
    best: Share,
    /// The least size that serves as much as any, but for a hundredth.
    enough: Option<Bytes>,
    /// What could be set better.
    advice: Vec<Advised>,
    curve: Option<Chart>,
}

pub(super) fn look(console: &Console) -> Memory {
    let stats = console.cache().stats();
    let curve = console.cache().memory_curve();
    let rows = stats.namespaces.iter();
    let evictions = rows.fold(0_u64, |sum, row| sum.saturating_add(row.evictions));
    let points = curve.points();
    let best = points.last().map(|(_, share)| *share);
    let enough = best.and_then(|best| curve.size_for((best - 0.01).max(f64::EPSILON)));
    let most = stats.memory.most_bytes;
    let now = best.map(|_| curve.hit_rate(most));
    let advice = Advice::of(console.cache()).items;
    let is_of_all = |item: &&Item| item.function.is_empty();
    Memory {
        is_outside: console.is_outside(),
        entries: Count(stats.memory.entries),
        bytes: Bytes(stats.memory.bytes),
        most_bytes: Bytes(most),
        evictions: Count(evictions),
        reads: Count(curve.reads()),
        hit_rate: Share(now),
        best: Share(best),
        enough: enough.map(Bytes),
        advice: advice.iter().filter(is_of_all).map(Advised::from).collect(),
        curve: chart(points, most),
    }
}

/// The curve, over sizes that double from left to right.
fn chart(points: &[(u64, f64)], most: u64) -> Option<Chart> {
    let (first, last) = (points.first()?, points.last()?);
    let smallest = first.0.max(LEAST);
    let largest = last.0.max(most).max(smallest.saturating_mul(2));
    let doublings = (largest as f64 / smallest as f64).log2();
    let across = |bytes: u64| {
        let doubled = (bytes.max(1) as f64 / smallest as f64).log2();
        (doubled / doublings).clamp(0.0, 1.0)
    };
    let drawn = spread(points.len(), DRAWN);
    let told = spread(drawn.len(), TOLD);
    let point = |(at, place): (usize, &usize)| {
        let (bytes, share) = points[*place];
        Point {
            x: across(bytes),
            y: share,
            across: Bytes(bytes).to_string(),
            up: Share(Some(share)).to_string(),
            is_told: told.contains(&at),
        }
    };
    let size = |share: f64| Bytes((smallest as f64 * (doublings * share).exp2()) as u64);
    let mark = (most > 0).then(|| (across(most), format!("memory_bytes, {}", Bytes(most))));
    Some(Chart {
        id: "curve",
        title: "What memory of other sizes would serve",
        across: "Bytes of memory, doubling",
        up: "Share of the reads served",
        shape: Shape::Steps,
        points: drawn.iter().enumerate().map(point).collect(),
        below: [0.0, 0.5, 1.0].map(|at| size(at).to_string()).into(),
        beside: ["0 %", "50 %", "100 %"].map(str::to_owned).into(),
        mark,
    })
}

/// Places in a list of this length, as many as this at most, with the first and the last.
fn spread(length: usize, most: usize) -> Vec<usize> {
    match length <= most {
        true => (0..length).collect(),
        false => (0..most).map(|at| at * (length - 1) / (most - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_thinned_out_from_end_to_end() {
        assert_eq!(spread(3, 10), [0, 1, 2]);
        let thin = spread(1_000, 10);
        assert_eq!((thin.len(), thin[0], thin[9]), (10, 0, 999));
        assert!(spread(0, 10).is_empty());
    }

    #[test]
    fn a_curve_is_within_its_picture_whatever_it_is_of() {
        for (points, most) in [
            (vec![(0, 0.0), (u64::MAX, 1.0)], 64 << 20),
            (vec![(1_000, 0.5)], 0),
            (vec![(1_000, 0.5), (1_000_000, 0.9)], u64::MAX),
        ] {
            let chart = chart(&points, most).unwrap();
            for point in &chart.points {
                assert!((0.0..=1.0).contains(&point.x), "{point:?}");
            }
            assert!(chart.mark.is_none_or(|(at, _)| (0.0..=1.0).contains(&at)));
        }
        assert!(chart(&[], 64 << 20).is_none());
    }
}
