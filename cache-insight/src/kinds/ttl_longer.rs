//! A longer ttl, where loads after its end give what was there.

use cache_runtime::FunctionStats;

use super::{change, figure, is_of_one_key, item, mean_load, slides};
use crate::advice::{Item, Kind, Unit};
use crate::confidence::{least, margin, share_over};
use crate::rate::Counted;
use crate::words::{percent, span, time};

/// The least loads to be compared.
const COMPARED: u64 = 100;

/// The share of entries that may have changed at the end of the new ttl.
const CHANGED: f64 = 0.1;

/// Where values change at a rate, the share that is unchanged after `f` times the ttl is that after one to the power of
/// `f`. The ttl is made so many times longer that, at the least that the share may be, nine of ten entries are still what
/// a load would give.
pub(super) fn advise(function: &FunctionStats, counted: Counted) -> Option<Item> {
    let (counts, seen) = (&function.counts, AtTtl::of(function));
    let (compared, unchanged) = (seen.compared, seen.unchanged);
    let counted = counted.after(function.insight.before.counted_ms);
    if compared < COMPARED || is_of_one_key(function) || slides(function) {
        return None;
    }
    // Values that were found outdated within the ttl are not to be kept for longer.
    if counts.audits.outdated > 0 {
        return None;
    }
    let sure = least(unchanged, compared);
    let longer = [8, 4, 2]
        .into_iter()
        .find(|longer| sure.powi(*longer) >= 1.0 - CHANGED)?;
    let spared = seen.spared(f64::from(longer));
    // What comes of it must be worth the change.
    if spared < 0.1 * seen.loads as f64 {
        return None;
    }
    let ttl_ms = function.insight.in_force.ttl_ms;
    let to_ms = ttl_ms.saturating_mul(u64::try_from(longer).ok()?);
    let share = unchanged as f64 / compared as f64;
    let mut item = item(
        Kind::TtlLonger,
        function,
        change("ttl", time(ttl_ms), time(to_ms)),
    );
    item.because = format!(
        "{unchanged} of {compared} loads after the ttl's end ({}) gave what was there; {longer} times the ttl leaves {} as they \
         are, if values go on to change at this rate",
        percent(share),
        percent(sure.powi(longer)),
    );
    item.evidence = vec![
        figure("compared", compared as f64, Unit::Count),
        figure("unchanged", unchanged as f64, Unit::Count),
        figure("loads", seen.loads as f64, Unit::Count),
        figure("unchanged share", share, Unit::Share),
    ];
    item.effect.loads_less_per_second = counted.per_second(spared);
    if let Some(mean) = mean_load(counts) {
        item.evidence
            .push(figure("load time mean", mean, Unit::Seconds));
        item.because
            .push_str(&format!("; a load takes {}", span(mean)));
        item.effect.origin_seconds_less_per_hour = counted.per_hour(spared * mean);
    }
    let bound = (1.0 - CHANGED).powf(1.0 / f64::from(longer));
    item.confidence = share_over(unchanged, compared, bound);
    item.derived = format!(
        "the chance that over {} are unchanged, by {compared} loads: {} ± {}",
        percent(bound),
        percent(share),
        percent(margin(unchanged, compared)),
    );
    Some(item)
}

/// What was counted since the ttl in force is: what the ttl before has shown says nothing of how long this one may be.
struct AtTtl {
    hits: u64,
    loads: u64,
    compared: u64,
    unchanged: u64,
}

impl AtTtl {
    fn of(function: &FunctionStats) -> Self {
        let (counts, before) = (&function.counts, &function.insight.before);
        let compared = counts.compared.saturating_sub(before.compared);
        Self {
            hits: counts.hits().saturating_sub(before.hits),
            loads: counts.loads.saturating_sub(before.loads),
            compared,
            unchanged: counts
                .unchanged
                .saturating_sub(before.unchanged)
                .min(compared),
        }
    }

    /// How many of the loads would not be, with a ttl so many times longer: a load comes a ttl and the time to the next
    /// read after the one before. With `h` reads a load that time is the `h - 1`th part of the ttl.
    fn spared(&self, longer: f64) -> f64 {
        let loads = self.loads.max(1) as f64;
        let reads_each = (self.hits as f64 + loads) / loads;
        let left = reads_each / (longer * (reads_each - 1.0) + 1.0);
        self.compared as f64 * (1.0 - left)
    }
}
