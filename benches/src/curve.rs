//! The curve that a cache tells of its memory, beside memory that is counted exactly over the same trace.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;

use cache_runtime::{Cache, MemoryCurve, cached};

use crate::report::{figure, remark};
use crate::trace::trace;
use crate::worker;

/// Room for all: the curve is of memory of any size.
const MEMORY: u64 = 1 << 30;

/// Sizes that are compared, up to all of the trace's ids.
const SIZES: usize = 100;

#[cached(ns = "curve", ttl = "1h")]
async fn by_id(id: u64) -> u64 {
    id
}

pub(crate) fn run(file: Option<&Path>) {
    let trace = trace(file);
    let cache = Cache::builder().memory_bytes(MEMORY).build();
    let cache = cache.expect("a cache");
    worker::background().block_on(cache.scope(async {
        for id in &trace {
            black_box(by_id(*id).await);
        }
    }));
    let memory = cache.stats().memory;
    let entry = memory.bytes as f64 / memory.entries as f64;
    remark(format_args!(
        "curve: {} reads of {} entries",
        trace.len(),
        memory.entries
    ));
    let ids = usize::try_from(memory.entries).expect("a few");
    let errors = errors(&cache.memory_curve(), &exact(&trace, ids), entry);
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    figure("curve.mean_error", mean * 100.0, "%");
    let most = errors.iter().copied().fold(0.0, f64::max);
    figure("curve.largest_error", most * 100.0, "%");
}

/// By how much the curve is off, at sizes that are evenly apart.
fn errors(told: &MemoryCurve, exact: &[f64], entry: f64) -> Vec<f64> {
    let at = (1..=SIZES).map(|part| exact.len() * part / SIZES);
    let error = |entries: usize| {
        let told = told.hit_rate((entries as f64 * entry) as u64);
        (told - exact[entries - 1]).abs()
    };
    at.filter(|entries| *entries > 0).map(error).collect()
}

/// The share of reads that memory of one, two, .. so many entries serves, which drops what was read the longest ago.
fn exact(trace: &[u64], ids: usize) -> Vec<f64> {
    // A Fenwick tree of which reads are the last of their id.
    let mut last = HashMap::new();
    let mut sums = vec![0_i64; trace.len() + 1];
    let mut served = vec![0_u64; ids + 1];
    for (at, id) in trace.iter().enumerate() {
        if let Some(before) = last.insert(*id, at) {
            let others = until(&sums, at) - until(&sums, before + 1);
            let distance = usize::try_from(others).expect("a count");
            served[distance.min(ids)] += 1;
            add(&mut sums, before, -1);
        }
        add(&mut sums, at, 1);
    }
    let mut sum = 0;
    let shares = served.iter().take(ids).map(|count| {
        sum += count;
        sum as f64 / trace.len() as f64
    });
    shares.collect()
}

fn add(sums: &mut [i64], at: usize, by: i64) {
    let mut at = at + 1;
    while at < sums.len() {
        sums[at] += by;
        at += at & at.wrapping_neg();
    }
}

/// The sum of all that stands before a place.
fn until(sums: &[i64], before: usize) -> i64 {
    let (mut sum, mut at) = (0, before);
    while at > 0 {
        sum += sums[at];
        at &= at - 1;
    }
    sum
}
