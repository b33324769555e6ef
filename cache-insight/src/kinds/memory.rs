//! More memory or less, by the curve of hits over its size.

use cache_runtime::{MemorySizes, Stats};

use super::{change, figure};
use crate::advice::{Effect, Item, Kind, Unit};
use crate::confidence::over;
use crate::words::{memory, percent, size};

/// How far the curve is off on average, as a share of the reads. On the trace that it is measured on it is 0.02 at most;
/// the difference between two sizes, of which the same sample tells, is taken to be off by half of that.
const ERROR: f64 = 0.01;

/// The least share of the reads that twice the memory is to gain, and the most that half of it may lose.
const GAIN: f64 = 0.02;
const LOSS: f64 = 0.02;

/// The least reads and sampled entries of a process.
const READS: u64 = 20_000;
const SAMPLED: u64 = 256;

/// The least memory that is worth making smaller, of a process in bytes.
const SMALL: u64 = 4 << 20;

/// How long it is counted until what memory has not needed is taken as not needed, in milliseconds.
const DAY_MS: u64 = 86_400_000;

pub(super) fn advise(stats: &Stats) -> Option<Item> {
    let (sizes, processes) = (&stats.memory.sizes, stats.processes.max(1));
    if sizes.reads / processes < READS || sizes.sampled / processes < SAMPLED {
        return None;
    }
    larger(stats).or_else(|| smaller(stats))
}

fn larger(stats: &Stats) -> Option<Item> {
    let sizes = &stats.memory.sizes;
    let is_full = stats.memory.bytes as f64 >= 0.9 * stats.memory.most_bytes as f64;
    let gain = share(sizes, sizes.double) - share(sizes, sizes.same);
    if !is_full || evictions(stats) == 0 || gain <= GAIN {
        return None;
    }
    let own = own(stats);
    let mut item = described(stats, Kind::MemoryLarger, own.saturating_mul(2));
    item.because = format!(
        "memory is full and has evicted {} entries; twice its {} would serve {} of the reads where it serves {}",
        evictions(stats),
        size(own as f64),
        percent(share(sizes, sizes.double)),
        percent(share(sizes, sizes.same)),
    );
    item.effect = Effect {
        hit_rate_more: Some(gain),
        bytes_less: Some(-(stats.memory.most_bytes as f64)),
        ..Effect::default()
    };
    item.confidence = over(gain, ERROR, GAIN);
    item.derived = derived(
        sizes,
        &format!("the gain of {} is over {}", percent(gain), percent(GAIN)),
    );
    Some(item)
}

fn smaller(stats: &Stats) -> Option<Item> {
    let sizes = &stats.memory.sizes;
    // While it fills, nothing is known of what it will need.
    let has_settled = evictions(stats) > 0 || stats.counted_ms / stats.processes.max(1) >= DAY_MS;
    if !has_settled || own(stats) < SMALL {
        return None;
    }
    let loss = |of: u64| share(sizes, sizes.same) - share(sizes, of);
    let sure = |of: u64| over(-loss(of), ERROR, -LOSS);
    let (served, (part, named)) = match (sure(sizes.quarter), sure(sizes.half)) {
        (sure, _) if sure >= 0.9 => (sizes.quarter, (4, "a quarter")),
        (_, sure) if sure >= 0.9 => (sizes.half, (2, "half")),
        _ => return None,
    };
    let mut item = described(stats, Kind::MemorySmaller, own(stats) / part);
    item.because = format!(
        "{named} of memory's {} would serve {} of the reads where it serves {}",
        size(own(stats) as f64),
        percent(share(sizes, served)),
        percent(share(sizes, sizes.same)),
    );
    let spared = stats.memory.most_bytes - stats.memory.most_bytes / part;
    item.effect = Effect {
        hit_rate_more: Some(-loss(served)),
        bytes_less: Some(spared as f64),
        ..Effect::default()
    };
    item.confidence = sure(served);
    let what = format!(
        "the loss of {} is under {}",
        percent(loss(served)),
        percent(LOSS)
    );
    item.derived = derived(sizes, &what);
    Some(item)
}

fn described(stats: &Stats, kind: Kind, to: u64) -> Item {
    let (sizes, own) = (&stats.memory.sizes, own(stats));
    let reads = |of: u64| of as f64;
    Item {
        id: kind.as_str().to_owned(),
        kind,
        function: String::new(),
        namespace: String::new(),
        because: String::new(),
        evidence: vec![
            figure("reads", reads(sizes.reads), Unit::Count),
            figure("served by a quarter", reads(sizes.quarter), Unit::Count),
            figure("served by half", reads(sizes.half), Unit::Count),
            figure("served by this size", reads(sizes.same), Unit::Count),
            figure("served by twice", reads(sizes.double), Unit::Count),
            figure("entries sampled", sizes.sampled as f64, Unit::Count),
            figure("memory of a process", own as f64, Unit::Bytes),
            figure("evictions", evictions(stats) as f64, Unit::Count),
        ],
        change: change("memory", memory(own), memory(to)),
        effect: Effect::default(),
        confidence: 0.0,
        derived: String::new(),
    }
}

fn derived(sizes: &MemorySizes, what: &str) -> String {
    format!(
        "the chance that {what}, of a curve from {} sampled entries whose differences are taken to be off by {}",
        sizes.sampled,
        percent(ERROR)
    )
}

/// What one process's memory may hold.
fn own(stats: &Stats) -> u64 {
    stats.memory.most_bytes / stats.processes.max(1)
}

fn evictions(stats: &Stats) -> u64 {
    let rows = stats.namespaces.iter().map(|row| row.counts.evictions);
    rows.fold(0, u64::saturating_add)
}

fn share(sizes: &MemorySizes, served: u64) -> f64 {
    served as f64 / sizes.reads.max(1) as f64
}
