//! A function that the cache costs more than it brings: nobody reads what it stores, or a hit takes longer than a load.

use cache_runtime::FunctionStats;

use super::{change, figure, item, mean_load};
use crate::advice::{Change, Effect, Item, Kind, Unit};
use crate::confidence::{margin, share_under};
use crate::rate::Counted;
use crate::words::{percent, span};

/// The least reads.
const READS: u64 = 1_000;

/// The most of them that are hits.
const HITS: f64 = 0.05;

/// The least share of the entries that left without a read, and of how many keys that is to be known.
const UNREAD: f64 = 0.8;
const KEYS: u64 = 30;

/// How many ttls are to pass before it is said that nobody reads: hits come later than loads.
const TTLS: f64 = 3.0;

pub(super) fn advise(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let (counts, in_force) = (&function.counts, &function.insight.in_force);
    let reads = counts.hits().saturating_add(counts.misses.total());
    let has_passed = counted.seconds() * 1e3 >= TTLS * in_force.ttl_ms as f64;
    if reads < READS || !has_passed {
        return None;
    }
    unread(function, counted, reads).or_else(|| slower(function, counted))
}

/// Nobody reads what is stored.
fn unread(function: &FunctionStats, counted: Counted, reads: u64) -> Option<Item> {
    let (counts, never) = (&function.counts, &function.insight.never_read);
    // Of values that are in Redis alone no sample tells, but the hits there do.
    let is_sampled = function.insight.in_force.only_in != "redis";
    let (share, off) = (never.share().unwrap_or(0.0), never.margin().unwrap_or(1.0));
    if is_sampled && (never.keys < KEYS || share - off < UNREAD) {
        return None;
    }
    let hits = counts.hits();
    if hits as f64 > HITS * reads as f64 {
        return None;
    }
    let mut item = described(function);
    item.because = format!("{hits} of {reads} reads were hits");
    item.evidence = vec![
        figure("reads", reads as f64, Unit::Count),
        figure("hits", hits as f64, Unit::Count),
        figure("stores", counts.stores as f64, Unit::Count),
    ];
    if is_sampled {
        item.because.push_str(&format!(
            ", and {} of the entries left without a read, by {} keys",
            percent(share),
            never.keys
        ));
        item.evidence.extend([
            figure("entries left without a read", share, Unit::Share),
            figure("keys of that", never.keys as f64, Unit::Count),
        ]);
    }
    item.effect = Effect {
        loads_less_per_second: counted.per_second(-(hits as f64)),
        bytes_less: counted.per_hour(counts.stored_bytes as f64),
        waiting_seconds_less_per_hour: counted.per_hour(counts.own_time.total().as_secs_f64()),
        ..Effect::default()
    };
    item.confidence = share_under(hits, reads, HITS);
    item.derived = format!(
        "the chance that under {} of the reads are hits, by {reads} reads: {} ± {}",
        percent(HITS),
        percent(hits as f64 / reads as f64),
        percent(margin(hits, reads)),
    );
    Some(item)
}

/// A hit in Redis takes longer than a load, and memory serves little.
fn slower(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let counts = &function.counts;
    let (hit, load) = (&counts.redis_hit_time, &counts.load_time);
    if hit.count() < READS || load.count() < READS / 10 || counts.memory_hits > hit.count() {
        return None;
    }
    // Quantiles are bounds of powers of two: half of the hits are in a bucket above that of nearly all loads.
    let (median, slowest) = (hit.quantile(0.5)?, load.quantile(0.9)?);
    if median <= slowest * 2 {
        return None;
    }
    let (hit_mean, load_mean) = (hit.mean()?.as_secs_f64(), mean_load(counts)?);
    let slower = hit.buckets().filter(|(bound, _)| *bound > slowest);
    let slower = slower.fold(0_u64, |sum, (_, count)| sum.saturating_add(count));
    let mut item = described(function);
    item.because = format!(
        "a hit in Redis takes {} on average, and a load {}",
        span(hit_mean),
        span(load_mean)
    );
    item.evidence = vec![
        figure("hits in Redis", hit.count() as f64, Unit::Count),
        figure("hit in Redis mean", hit_mean, Unit::Seconds),
        figure("load time mean", load_mean, Unit::Seconds),
        figure(
            "load time p90, at most",
            slowest.as_secs_f64(),
            Unit::Seconds,
        ),
        figure("hits in Redis slower than that", slower as f64, Unit::Count),
    ];
    let spared =
        hit.count() as f64 * (hit_mean - load_mean) + counts.own_time.total().as_secs_f64();
    item.effect = Effect {
        loads_less_per_second: counted.per_second(-(counts.hits() as f64)),
        waiting_seconds_less_per_hour: counted.per_hour(spared),
        bytes_less: counted.per_hour(counts.stored_bytes as f64),
        ..Effect::default()
    };
    let quicker = hit.count().saturating_sub(slower);
    item.confidence = share_under(quicker, hit.count(), 0.5);
    item.derived = format!(
        "the chance that over half of the hits take longer than nine of ten loads, by {} hits: {} ± {}",
        hit.count(),
        percent(slower as f64 / hit.count() as f64),
        percent(margin(slower, hit.count())),
    );
    Some(item)
}

fn described(function: &FunctionStats) -> Item {
    let off = Change {
        can_apply: false,
        ..change("enabled", "true".to_owned(), "false".to_owned())
    };
    item(Kind::NotWorthIt, function, off)
}
