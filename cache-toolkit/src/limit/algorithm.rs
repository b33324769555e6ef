//! The four algorithms, each a script of its own.

use std::time::Duration;

use cache_runtime::commands::Script;

use super::formula::{Ask, FixedWindow, Formula, Gcra, SlidingCounter, SlidingLog};
use crate::ToolkitError;
use crate::home::Local;

/// How is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    FixedWindow,
    SlidingLog,
    SlidingCounter,
    Gcra,
}

static FIXED_WINDOW: Script = Script::new(include_str!("fixed_window.lua"));
static SLIDING_LOG: Script = Script::new(include_str!("sliding_log.lua"));
static SLIDING_COUNTER: Script = Script::new(include_str!("sliding_counter.lua"));
static GCRA: Script = Script::new(include_str!("gcra.lua"));

const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

impl Algorithm {
    pub(super) fn script(self) -> &'static Script {
        match self {
            Self::FixedWindow => &FIXED_WINDOW,
            Self::SlidingLog => &SLIDING_LOG,
            Self::SlidingCounter => &SLIDING_COUNTER,
            Self::Gcra => &GCRA,
        }
    }

    /// What its script would say, of what this process has counted.
    pub(super) fn decide(
        self,
        local: &Local,
        key: &str,
        ask: Ask,
    ) -> Result<[i64; 4], ToolkitError> {
        match self {
            Self::FixedWindow => decide::<FixedWindow>(local, key, ask),
            Self::SlidingLog => decide::<SlidingLog>(local, key, ask),
            Self::SlidingCounter => decide::<SlidingCounter>(local, key, ask),
            Self::Gcra => decide::<Gcra>(local, key, ask),
        }
    }

    /// The kind of its keys: each keeps something else, so that a limiter which is changed begins anew.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::FixedWindow => "rate-window",
            Self::SlidingLog => "rate-log",
            Self::SlidingCounter => "rate-counter",
            Self::Gcra => "rate-gcra",
        }
    }

    /// Refuses what could not be counted: times are microseconds, and a script's numbers are exact to 2^53.
    pub(super) fn check(self, limit: u32, period: Duration) -> Result<(), ToolkitError> {
        let most = match self {
            Self::SlidingLog => 10_000,
            _ => 1_000_000,
        };
        let wrong = |what, reason| Err(ToolkitError::Setting { what, reason });
        if limit == 0 {
            return wrong("limit", "with 0 nothing could ever pass");
        }
        if limit > most {
            let reason = "it is at most 1,000,000, and 10,000 of a sliding log, which keeps each: take `sliding_counter` or `gcra`";
            return wrong("limit", reason);
        }
        if !(Duration::from_millis(1)..=LONGEST).contains(&period) {
            return wrong("period", "it is from a millisecond to 30 days");
        }
        Ok(())
    }
}

fn decide<F: Formula>(local: &Local, key: &str, ask: Ask) -> Result<[i64; 4], ToolkitError> {
    local.write(key, |kept: &mut F, life| {
        let verdict = kept.decide(ask);
        if let Some(lives) = verdict.lives {
            life.ends_in(Duration::from_micros(lives.ceil() as u64));
        }
        verdict.numbers
    })
}
