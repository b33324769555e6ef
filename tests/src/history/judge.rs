//! Judges every read against every invalidation that ended before it began.
//!
//! An invalidation that began at `s` demands of later reads at least the version that the origin
//! had at `s`: its *floor*. Which reads are later is what the levels differ in: see [`Rules`].
//!
//! A put counts as a load that began when it returned, as nobody outside can tell when in between
//! it took effect: what it put may be served unless an invalidation asked for more after that.
//!
//! While there were two masters at once nothing is promised: see [`Windows`]. Reads of that time, and
//! invalidations that the old master alone may have acknowledged, are judged apart.

mod demands;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::arguments::Level;
use super::record::Record;
use super::subject::Subject;
use super::windows::Windows;
use demands::{Demand, Demands};

/// What is promised of reads in other processes; in the one that invalidates, every read that
/// begins after the return is held to it, of a failed invalidation too, as that one is owed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) level: Level,
    /// Nanoseconds, with nothing allowed on top.
    pub(super) lag: u64,
}

/// The records of one process.
#[derive(Debug)]
pub(super) struct History {
    pub(super) process: u64,
    pub(super) records: Vec<Record>,
}

/// An invalidation that returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Invalidation {
    pub(super) process: u64,
    pub(super) subject: Subject,
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) ok: bool,
}

/// Reads of one version that were too old, and what forbids them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) process: u64,
    pub(super) id: u64,
    pub(super) version: u64,
    /// When the last of them began.
    pub(super) began: u64,
    pub(super) floor: u64,
    pub(super) broken: Invalidation,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Broken promises, in the order of their reads' beginnings.
    pub(super) violations: Vec<Violation>,
    /// What two masters at once excuse.
    pub(super) apart: Vec<Violation>,
    /// Reads while there were two.
    pub(super) reads_apart: u64,
    /// Invalidations that one of two may have lost.
    pub(super) invalidations_apart: usize,
}

/// What all processes wrote, and what they invalidated.
#[derive(Debug, Default)]
pub(super) struct Facts {
    writes: HashMap<u64, Vec<(u64, u64)>>,
    /// For an id and a version when the last put of it returned, which a killed one never did.
    pub(super) puts: HashMap<(u64, u64), u64>,
    pub(super) invalidations: Vec<Invalidation>,
}

impl Facts {
    pub(super) fn gather(histories: &[History]) -> Self {
        let mut facts = Self::default();
        for history in histories {
            facts.add(history);
        }
        for writes in facts.writes.values_mut() {
            writes.sort_unstable();
            raise(writes);
        }
        facts
    }

    fn add(&mut self, history: &History) {
        let (mut open, mut putting) = (HashMap::new(), HashMap::new());
        for record in &history.records {
            match *record {
                Record::Wrote { id, version, at } => {
                    self.writes.entry(id).or_default().push((at, version));
                }
                Record::Began {
                    number,
                    subject,
                    at,
                } => {
                    open.insert(number, (subject, at));
                }
                Record::Putting {
                    number,
                    id,
                    version,
                } => {
                    putting.insert(number, (id, version));
                }
                Record::Ended { number, ok, at } => {
                    if let Some(put) = putting.remove(&number) {
                        self.put(put, at);
                    } else if let Some((subject, began)) = open.remove(&number) {
                        self.invalidations.push(Invalidation {
                            process: history.process,
                            subject,
                            began,
                            ended: at,
                            ok,
                        });
                    }
                }
                Record::Read { .. } | Record::Totals(_) | Record::Size(_) => {}
            }
        }
        for put in putting.into_values() {
            self.put(put, u64::MAX);
        }
    }

    fn put(&mut self, put: (u64, u64), ended: u64) {
        let last = self.puts.entry(put).or_default();
        *last = ended.max(*last);
    }

    /// The least version of a load that is as late as this one's, or as the last put of it.
    fn worth(&self, id: u64, version: u64) -> u64 {
        let put = self.puts.get(&(id, version));
        put.map_or(version, |ended| version.max(self.floor(id, *ended)))
    }

    /// The version that the origin surely had at this time, 0 if it was never written before.
    pub(super) fn floor(&self, id: u64, at: u64) -> u64 {
        let writes = self.writes.get(&id).map_or(&[][..], Vec::as_slice);
        let before = writes.partition_point(|(written, _)| *written <= at);
        before.checked_sub(1).map_or(0, |last| writes[last].1)
    }
}

/// Makes each second number the greatest so far.
fn raise(pairs: &mut [(u64, u64)]) {
    let mut greatest = 0;
    for (_, number) in pairs {
        greatest = greatest.max(*number);
        *number = greatest;
    }
}

/// Judges every run of reads.
pub(super) fn judge(
    histories: &[History],
    facts: &Facts,
    rules: Rules,
    windows: &Windows,
) -> Verdict {
    let lost = |by: &&Invalidation| windows.may_have_lost(by);
    let all = Demands::of(&facts.invalidations, facts, rules);
    let firm: Vec<_> = facts.invalidations.iter().filter(|by| !lost(by)).collect();
    let firm = Demands::of(firm, facts, rules);
    let mut verdict = Verdict {
        invalidations_apart: facts.invalidations.iter().filter(lost).count(),
        ..Verdict::default()
    };
    for history in histories {
        for record in &history.records {
            let Record::Read {
                id,
                version,
                first,
                last,
                count,
            } = *record
            else {
                continue;
            };
            let is_apart = |began| windows.have_read(began, rules);
            let broken = |demands: &Demands, began| {
                let demand = demands.strictest(history.process, id, began)?;
                let is_too_old = facts.worth(id, version) < demand.floor;
                is_too_old.then(|| Violation::of(history.process, id, version, began, demand))
            };
            // Where the last read is excused, the first may not be.
            let judged = if is_apart(last) { first } else { last };
            if is_apart(last) {
                verdict.reads_apart += count;
            }
            let violation = broken(&firm, judged).filter(|_| !is_apart(judged));
            match violation {
                Some(violation) => verdict.violations.push(violation),
                None => verdict.apart.extend(broken(&all, last)),
            }
        }
    }
    verdict.violations.sort_unstable_by_key(|found| found.began);
    verdict.apart.sort_unstable_by_key(|found| found.began);
    verdict
}

impl Violation {
    fn of(process: u64, id: u64, version: u64, began: u64, demand: &Demand) -> Self {
        Self {
            process,
            id,
            version,
            began,
            floor: demand.floor,
            broken: demand.by,
        }
    }
}

impl Rules {
    /// From when on another process is held to an invalidation that was acknowledged then.
    pub(super) fn holds_after(self, acknowledged: u64) -> u64 {
        match self.level {
            Level::Strong => acknowledged,
            Level::Bounded => acknowledged + self.lag,
        }
    }
}
