//! The four algorithms in this process: the formulas of the scripts, on numbers as Lua has them.

use std::collections::VecDeque;

use crate::home::Kept;

/// What is asked, in the scripts' units: times are microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) limit: f64,
    pub(super) period: f64,
    pub(super) weight: f64,
    pub(super) now: f64,
}

/// What a script gives, and for how long what it keeps is of use where it passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) numbers: [i64; 4],
    pub(super) lives: Option<f64>,
}

impl Verdict {
    fn passes(remaining: f64, reset: f64, lives: f64) -> Self {
        Self {
            numbers: [1, whole(remaining), whole(reset), 0],
            lives: Some(lives),
        }
    }

    fn refused(remaining: f64, reset: f64, retry: f64) -> Self {
        Self {
            numbers: [0, whole(remaining), whole(reset), whole(retry)],
            lives: None,
        }
    }
}

/// As Redis makes an integer of a number of Lua.
#[expect(clippy::cast_possible_truncation, reason = "they are within 2^53")]
fn whole(number: f64) -> i64 {
    number as i64
}

/// As `%` of Lua.
fn remainder(number: f64, by: f64) -> f64 {
    number - (number / by).floor() * by
}

/// What is kept of a name, and how it decides.
pub(super) trait Formula: Kept {
    fn decide(&mut self, ask: Ask) -> Verdict;
}

/// `fixed_window.lua`.
#[derive(Default)]
pub(super) struct FixedWindow(Option<(f64, f64)>);

impl Formula for FixedWindow {
    fn decide(&mut self, ask: Ask) -> Verdict {
        let left = ask.period - remainder(ask.now, ask.period);
        let window = (ask.now / ask.period).floor();
        let count = match self.0 {
            Some((kept, count)) if kept == window => count,
            _ => 0.0,
        };
        if count + ask.weight > ask.limit {
            return Verdict::refused(ask.limit - count, left, left);
        }
        self.0 = Some((window, count + ask.weight));
        Verdict::passes(ask.limit - count - ask.weight, left, left)
    }
}

/// `sliding_log.lua`.
#[derive(Default)]
pub(super) struct SlidingLog(VecDeque<f64>);

impl Formula for SlidingLog {
    fn decide(&mut self, ask: Ask) -> Verdict {
        let over = self.0.partition_point(|at| *at <= ask.now - ask.period);
        self.0.drain(..over);
        let count = self.0.len() as f64;
        let until_gone = |at: Option<&f64>| {
            let at = at.copied().unwrap_or(ask.now);
            (at + ask.period - ask.now).max(0.0)
        };
        if count + ask.weight > ask.limit {
            let rank = count + ask.weight - ask.limit - 1.0;
            let retry = until_gone(self.0.get(rank as usize));
            return Verdict::refused(ask.limit - count, until_gone(self.0.back()), retry);
        }
        let at = self.0.partition_point(|at| *at <= ask.now);
        for _ in 0..ask.weight as usize {
            self.0.insert(at, ask.now);
        }
        Verdict::passes(ask.limit - count - ask.weight, ask.period, ask.period)
    }
}

/// `sliding_counter.lua`.
#[derive(Default)]
pub(super) struct SlidingCounter(Option<(f64, f64, f64)>);

impl Formula for SlidingCounter {
    fn decide(&mut self, ask: Ask) -> Verdict {
        let Ask {
            limit,
            period,
            weight,
            now,
        } = ask;
        let (window, into) = ((now / period).floor(), remainder(now, period));
        let (count, before) = match self.0 {
            Some((kept, count, before)) if kept == window => (count, before),
            Some((kept, count, _)) if kept == window - 1.0 => (0.0, count),
            _ => (0.0, 0.0),
        };
        let share = before * (period - into) / period;
        if count + share + weight <= limit {
            self.0 = Some((window, count + weight, before));
            let remaining = (limit - count - share - weight).floor();
            return Verdict::passes(remaining, 2.0 * period - into, 2.0 * period - into);
        }
        let reset = match count == 0.0 {
            true => period - into,
            false => 2.0 * period - into,
        };
        let room = limit - weight - count;
        let retry = match room >= 0.0 {
            true => period - into - room * period / before,
            false => period - into + period - (limit - weight) * period / count,
        };
        let remaining = (limit - count - share).floor().max(0.0);
        Verdict::refused(remaining, reset, retry.ceil().max(1.0))
    }
}

/// `gcra.lua`.
#[derive(Default)]
pub(super) struct Gcra(Option<f64>);

impl Formula for Gcra {
    fn decide(&mut self, ask: Ask) -> Verdict {
        let Ask {
            limit,
            period,
            weight,
            now,
        } = ask;
        let each = period / limit;
        let arrival = self.0.unwrap_or(now).max(now);
        let after = arrival + weight * each;
        let over = after - now - period;
        let left = |until: f64| ((period - (until - now)) / each + 0.001).floor().max(0.0);
        if over > 0.5 {
            return Verdict::refused(left(arrival), (arrival - now).ceil(), over.ceil());
        }
        // As the script writes it down.
        self.0 = format!("{after:.3}").parse().ok();
        Verdict::passes(left(after), (after - now).ceil(), after - now)
    }
}

macro_rules! kept {
    ($($of:ident, $grows:literal: $bytes:expr;)*) => {$(
        impl Kept for $of {
            const GROWS: bool = $grows;

            fn bytes(&self) -> usize {
                let bytes: fn(&Self) -> usize = $bytes;
                bytes(self)
            }
        }
    )*};
}

kept! {
    FixedWindow, false: |kept| kept.0.map_or(0, |_| 16);
    SlidingLog, true: |kept| 8 * kept.0.len();
    SlidingCounter, false: |kept| kept.0.map_or(0, |_| 24);
    Gcra, false: |kept| kept.0.map_or(0, |_| 8);
}
