//! A `stale` window, where callers wait for loads of the same keys again and again.

use cache_runtime::FunctionStats;

use super::{change, figure, item, mean_load, reloads, slides};
use crate::advice::{Item, Kind, Unit};
use crate::confidence::{margin, share_over};
use crate::rate::Counted;
use crate::words::{percent, span, time};

/// The least that a load takes on average, in seconds: below that nobody notices that they wait.
const LOAD: f64 = 0.01;

/// The least loads, and the least callers that waited for each.
const LOADS: u64 = 20;

/// The least share of the loads that are of keys which were loaded before. Only such have an older value to serve.
const AGAIN: f64 = 0.5;

/// The most of the misses that invalidations are, after which nothing older may be served.
const INVALIDATED: f64 = 0.1;

pub(super) fn advise(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let counts = &function.counts;
    let in_force = &function.insight.in_force;
    let waited = counts.followers.saturating_add(counts.lease_waits);
    let loads = function.insight.by_loads.total;
    let mean = mean_load(counts).filter(|mean| *mean >= LOAD)?;
    if in_force.stale_ms > 0 || slides(function) || loads < LOADS || waited < loads {
        return None;
    }
    let misses = counts.misses.total().max(1) as f64;
    if counts.misses.invalidated as f64 > INVALIDATED * misses {
        return None;
    }
    let again = reloads(function).min(loads);
    let longest = counts.load_time.quantile(0.99)?.as_secs_f64();
    let stale_ms = stale_ms(longest, in_force.ttl_ms);
    let share = again as f64 / loads as f64;
    let mut item = item(
        Kind::StaleWindow,
        function,
        change("stale", time(0), time(stale_ms)),
    );
    item.because = format!(
        "{waited} callers waited for {loads} loads, of {} on average, and {} of the loads were of keys that had been loaded \
         before: within a stale window those callers are served the older value while one loads",
        span(mean),
        percent(share),
    );
    item.evidence = vec![
        figure("callers that waited", waited as f64, Unit::Count),
        figure("loads", loads as f64, Unit::Count),
        figure("loads of keys loaded before", again as f64, Unit::Count),
        figure("load time mean", mean, Unit::Seconds),
        figure("load time p99, at most", longest, Unit::Seconds),
    ];
    // Who comes while a load is under way waits for half of it on average.
    let spared = waited as f64 * share * mean / 2.0;
    item.effect.waiting_seconds_less_per_hour = counted.per_hour(spared);
    item.confidence = share_over(again, loads, AGAIN);
    item.derived = format!(
        "the chance that over {} of the loads are of keys loaded before, by {loads} loads: {} ± {} at least",
        percent(AGAIN),
        percent(share),
        percent(margin(again, loads)),
    );
    Some(item)
}

/// Ten of the longest loads, a second at least and the ttl at most: a read of a key that is waited for comes within that.
fn stale_ms(longest: f64, ttl_ms: u64) -> u64 {
    let seconds = (10.0 * longest).ceil().clamp(1.0, 86_400.0) as u64;
    (seconds * 1_000).min(ttl_ms)
}
