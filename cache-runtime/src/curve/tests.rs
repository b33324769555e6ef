//! The curve beside memory that is counted exactly.

use std::collections::HashMap;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

/// What LRU memory of these many entries would serve of a trace, exactly.
fn exact(trace: &[u64], sizes: &[usize]) -> Vec<f64> {
    let mut last = HashMap::new();
    let mut order = order::Order::new(trace.len());
    let mut distances = Vec::new();
    for id in trace {
        if let Some(moment) = last.get(id).copied() {
            distances.push(order.since(moment) + 1);
            order.change(moment, 1, 0);
        }
        last.insert(*id, order.push(1));
    }
    let served = |size: &usize| distances.iter().filter(|far| **far <= *size as u64).count();
    sizes
        .iter()
        .map(|size| served(size) as f64 / trace.len() as f64)
        .collect()
}

/// The mean difference between the curve and the truth, over sizes up to all of the trace's ids.
fn mean_error(trace: &[u64]) -> f64 {
    let (curve, bytes) = (Curve::default(), 1_000);
    for id in trace {
        let hash = foldhash::quality::FixedState::default();
        let hash = std::hash::BuildHasher::hash_one(&hash, id);
        curve.read(hash, false);
        curve.stored(hash, bytes);
    }
    let ids: std::collections::HashSet<_> = trace.iter().collect();
    let sizes: Vec<_> = (1..=50).map(|part| ids.len() * part / 50).collect();
    let told = curve.of(trace.len() as u64);
    let at = |size: usize| told.hit_rate(size as u64 * bytes);
    let exact = exact(trace, &sizes);
    let errors = sizes
        .iter()
        .zip(exact)
        .map(|(size, exact)| (at(*size) - exact).abs());
    errors.sum::<f64>() / sizes.len() as f64
}

/// Few ids are asked for often, and every so often all are, one after the other.
fn skewed(ids: u64, reads: usize) -> Vec<u64> {
    let mut random = StdRng::seed_from_u64(7);
    let mut trace = Vec::with_capacity(reads);
    while trace.len() < reads {
        if trace.len() % 50_000 == 0 {
            trace.extend((0..ids / 10).map(|id| ids + id));
        }
        let share: f64 = random.random();
        trace.push((share.powi(4) * ids as f64) as u64);
    }
    trace
}

#[test]
fn the_curve_is_near_the_truth() {
    for (ids, reads) in [(20_000, 200_000), (200_000, 600_000)] {
        let error = mean_error(&skewed(ids, reads));
        assert!(error < 0.02, "{ids} ids: {error}");
    }
}

#[test]
fn ids_that_follow_each_other_hit_in_no_memory_that_is_smaller_than_all() {
    let trace: Vec<_> = (0..5).flat_map(|_| 0..50_000).collect();
    let error = mean_error(&trace);
    assert!(error < 0.02, "{error}");
}

#[test]
fn its_size_is_bounded_however_many_ids_there_are() {
    let curve = Curve::default();
    for id in 0..2_000_000_u64 {
        let hash = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        curve.read(hash ^ (hash >> 31), false);
    }
    assert!(curve.threshold.load(Ordering::Relaxed) < shards::PLACES / 256);
    assert!(curve.shards.lock().len() <= 4_096);
}

#[test]
fn nothing_is_told_of_no_reads() {
    let told = Curve::default().of(100);
    assert_eq!(
        (told.points(), told.hit_rate(1 << 40), told.size_for(0.0)),
        (&[][..], 0.0, None)
    );
}
