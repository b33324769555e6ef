//! Compression, on or off, by what it made of values, or would have made of those it was tried on.

use cache_runtime::FunctionStats;

use super::{change, figure, item, mean_load};
use crate::advice::{Effect, Item, Kind, Unit};
use crate::confidence::{margin, share_over, share_under};
use crate::rate::Counted;
use crate::words::{percent, size, span};

/// The least values that were compressed, or tried.
const VALUES: u64 = 30;

/// What is left of the bytes at most for compression to be worth while.
const LEFT: f64 = 0.7;

/// The least share of values that it is to pay for, and the most where it is to be turned off.
const PAYS: f64 = 0.8;
const PAYS_NOT: f64 = 0.1;

/// The least share of all bytes that values are which are large enough to be compressed.
const LARGE: f64 = 0.5;

/// The most time that it may take, as a share of a load's.
const TIME: f64 = 0.1;

pub(super) fn advise(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let (seen, in_force) = (&function.insight.compression, &function.insight.in_force);
    // What stays in memory is never compressed.
    if in_force.only_in == "memory" || seen.values < VALUES {
        return None;
    }
    match in_force.compress.as_str() {
        "none" => on(function, counted),
        "lz4" | "zstd" | "gzip" => off(function, counted),
        _ => None,
    }
}

fn on(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let seen = &function.insight.compression;
    let (ratio, took) = (seen.ratio()?, seen.mean_time()?.as_secs_f64());
    if ratio > LEFT || took > TIME * mean_load(&function.counts)? {
        return None;
    }
    // One of 64 stores is tried, if its value is of the size; so what was tried stands for as many times more.
    let large = seen.before_bytes.saturating_mul(64).min(seen.stored_bytes) as f64;
    if large < LARGE * seen.stored_bytes as f64 {
        return None;
    }
    let spared = large * (1.0 - ratio);
    let mut item = described(function, Kind::CompressOn, "\"lz4\"");
    item.because = format!(
        "{} values that were compressed to see came to {} of their bytes, in {} each",
        seen.values,
        percent(ratio),
        span(took)
    );
    item.effect = Effect {
        bytes_less: counted.per_hour(spared),
        ..Effect::default()
    };
    item.confidence = share_over(seen.paid, seen.values, PAYS);
    item.derived = derived(function, &format!("over {}", percent(PAYS)));
    Some(item)
}

fn off(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let seen = &function.insight.compression;
    let took = seen.took_ns as f64 / 1e9;
    let mut item = described(function, Kind::CompressOff, "\"none\"");
    item.because = format!(
        "compression paid for {} of {} values and took {} each; they were stored as they are",
        seen.paid,
        seen.values,
        span(seen.mean_time()?.as_secs_f64())
    );
    // The bytes that it does spare are lost.
    let spared = seen.before_bytes.saturating_sub(seen.after_bytes) as f64;
    item.effect = Effect {
        bytes_less: counted.per_hour(-spared),
        ..Effect::default()
    };
    item.evidence
        .push(figure("time of compression", took, Unit::Seconds));
    item.confidence = share_under(seen.paid, seen.values, PAYS_NOT);
    item.derived = derived(function, &format!("at most {}", percent(PAYS_NOT)));
    Some(item)
}

fn described(function: &FunctionStats, kind: Kind, to: &str) -> Item {
    let (seen, in_force) = (&function.insight.compression, &function.insight.in_force);
    let from = format!("{:?}", in_force.compress);
    let mut item = item(kind, function, change("compress", from, to.to_owned()));
    item.evidence = vec![
        figure("values compressed", seen.values as f64, Unit::Count),
        figure("values it paid for", seen.paid as f64, Unit::Count),
        figure("bytes before", seen.before_bytes as f64, Unit::Bytes),
        figure("bytes after", seen.after_bytes as f64, Unit::Bytes),
        figure(
            "values made ready for Redis",
            seen.stores as f64,
            Unit::Count,
        ),
        figure("bytes of these", seen.stored_bytes as f64, Unit::Bytes),
    ];
    item
}

fn derived(function: &FunctionStats, bound: &str) -> String {
    let seen = &function.insight.compression;
    let share = seen.paid as f64 / seen.values.max(1) as f64;
    format!(
        "the chance that it pays for {bound} of the values, by {} of {} each on average: {} ± {}",
        seen.values,
        size(seen.before_bytes as f64 / seen.values.max(1) as f64),
        percent(share),
        percent(margin(seen.paid, seen.values)),
    )
}
