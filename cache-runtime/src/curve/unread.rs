//! Entries that nobody read, of the sampled keys.

use crate::clock::Moment;
use crate::sketch::{FUNCTIONS, NeverRead};

/// An entry of a sampled key that nobody has read yet, if there is one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    /// Until when it may be served, in seconds; zero where there is none.
    until: u32,
    function: u16,
    /// Whether the key is among those that are counted.
    is_counted: bool,
}

/// What became of entries, by function. An entry stands for as many as its key does when its lot is known.
#[derive(Debug)]
pub(super) struct Tallies([Tally; FUNCTIONS + 1]);

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    entries: f64,
    left: f64,
    keys: u64,
}

impl Default for Tallies {
    fn default() -> Self {
        Self([Tally::default(); FUNCTIONS + 1])
    }
}

impl Tallies {
    /// The entry was read.
    pub(super) fn read(&mut self, waiting: &mut Waiting, share: f64) {
        self.ends(waiting, share, false);
    }

    /// Another entry takes its place, of this function and until then.
    pub(super) fn stored(&mut self, waiting: &mut Waiting, share: f64, entry: (u16, Moment)) {
        self.ends(waiting, share, true);
        let (function, until) = entry;
        waiting.function = function;
        waiting.until = seconds(until).max(1);
    }

    /// What is known now: those whose time is over have left.
    pub(super) fn told<'a>(
        &mut self,
        all: impl Iterator<Item = &'a mut Waiting>,
        share: f64,
        now: Moment,
    ) -> Vec<NeverRead> {
        let mut waiting = [0.0; FUNCTIONS + 1];
        for one in all.filter(|one| one.until > 0) {
            match one.until < seconds(now) {
                true => self.ends(one, share, true),
                false => waiting[place(one.function)] += 1.0 / share,
            }
        }
        let told = self
            .0
            .iter()
            .zip(waiting)
            .map(|(tally, waiting)| NeverRead {
                entries: tally.entries.round() as u64,
                left: tally.left.round() as u64,
                waiting: waiting.round() as u64,
                keys: tally.keys,
            });
        told.collect()
    }

    fn ends(&mut self, waiting: &mut Waiting, share: f64, is_left: bool) {
        if waiting.until == 0 {
            return;
        }
        waiting.until = 0;
        let tally = &mut self.0[place(waiting.function)];
        tally.entries += 1.0 / share;
        if is_left {
            tally.left += 1.0 / share;
        }
        if !waiting.is_counted {
            waiting.is_counted = true;
            tally.keys += 1;
        }
    }
}

fn place(function: u16) -> usize {
    usize::from(function).min(FUNCTIONS)
}

fn seconds(moment: Moment) -> u32 {
    u32::try_from(moment.0 / 1_000).unwrap_or(u32::MAX)
}
