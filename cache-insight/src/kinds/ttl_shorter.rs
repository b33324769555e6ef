//! A shorter ttl, where audits found hits that were not what a load gives.

use cache_runtime::FunctionStats;

use super::{change, figure, is_of_one_key, item, slides};
use crate::advice::{Item, Kind, Unit};
use crate::confidence::{margin, share_over};
use crate::rate::Counted;
use crate::words::{percent, span, time};

/// The least audits that told something.
const AUDITS: u64 = 100;

/// The share of outdated hits that is worth loads.
const OUTDATED: f64 = 0.02;

/// The ttl becomes the age that a quarter of the outdated hits had at most: three of four would have been loads.
const QUARTER: f64 = 0.25;

pub(super) fn advise(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let counts = &function.counts;
    let (told, outdated) = (counts.audits.told(), counts.audits.outdated);
    if told < AUDITS || outdated == 0 || is_of_one_key(function) || slides(function) {
        return None;
    }
    let ttl_ms = function.insight.in_force.ttl_ms;
    // A quantile is a bound, at most twice the truth.
    let age = counts.outdated_age.quantile(QUARTER)? / 2;
    let to_ms = u64::try_from(age.as_millis()).ok()? / 1_000 * 1_000;
    if to_ms == 0 || to_ms > ttl_ms / 2 {
        return None;
    }
    let share = outdated as f64 / told as f64;
    let mut item = item(
        Kind::TtlShorter,
        function,
        change("ttl", time(ttl_ms), time(to_ms)),
    );
    item.because = format!(
        "{outdated} of {told} audited hits ({}) were not what a load gave, three of four of them {} or more after their load; if \
         an invalidation is missing where the origin is written, that is the better cure",
        percent(share),
        span(age.as_secs_f64()),
    );
    item.evidence = vec![
        figure("audits", told as f64, Unit::Count),
        figure("outdated", outdated as f64, Unit::Count),
        figure("outdated share", share, Unit::Share),
        figure(
            "age of a quarter, at least",
            age.as_secs_f64(),
            Unit::Seconds,
        ),
    ];
    // At most: a key that is read all the time is loaded once a ttl.
    let more = counts.loads as f64 * (ttl_ms as f64 / to_ms as f64 - 1.0);
    let more = more.min(counts.hits() as f64);
    item.effect.loads_less_per_second = counted.per_second(-more);
    if let Some(mean) = super::mean_load(counts) {
        item.effect.origin_seconds_less_per_hour = counted.per_hour(-more * mean);
    }
    item.confidence = share_over(outdated, told, OUTDATED);
    item.derived = format!(
        "the chance that over {} of the hits are outdated, by {told} audits: {} ± {}",
        percent(OUTDATED),
        percent(share),
        percent(margin(outdated, told)),
    );
    Some(item)
}
