//! Judges every read against every invalidation that ended before it began.
//!
//! An invalidation that began at `s` demands of later reads at least the version that the origin
//! had at `s`: its *floor*. Which reads are later is what the levels differ in: see [`Rules`].
//!
//! A put counts as a load that began when it returned, as nobody outside can tell when in between
//! it took effect: what it put may be served unless an invalidation asked for more after that.

use std::collections::HashMap;

use super::arguments::Level;
use super::record::Record;
use super::subject::Subject;

#[cfg(test)]
mod tests;

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
                Record::Read { .. } | Record::Totals(_) => {}
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

/// What reads of one id in one process, or in any, must return from some time on.
#[derive(Debug, Default)]
struct Demands(Vec<Demand>);

#[derive(Clone, Copy, Debug)]
struct Demand {
    /// Reads that begin after this are held to it.
    after: u64,
    floor: u64,
    by: Invalidation,
}

impl Demands {
    fn sort(&mut self) {
        self.0.sort_unstable_by_key(|demand| demand.after);
        let mut highest: Option<Demand> = None;
        for demand in &mut self.0 {
            match highest {
                Some(higher) if higher.floor >= demand.floor => {
                    (demand.floor, demand.by) = (higher.floor, higher.by);
                }
                _ => highest = Some(*demand),
            }
        }
    }

    /// The strictest one of a read that began then.
    fn at(&self, began: u64) -> Option<&Demand> {
        let earlier = self.0.partition_point(|demand| demand.after < began);
        earlier.checked_sub(1).map(|last| &self.0[last])
    }
}

/// Every run of reads that is too old, in the order of their beginnings.
pub(super) fn judge(histories: &[History], facts: &Facts, rules: Rules) -> Vec<Violation> {
    let (everywhere, own) = demands(facts, rules);
    let mut violations = Vec::new();
    for history in histories {
        for record in &history.records {
            let Record::Read {
                id, version, last, ..
            } = *record
            else {
                continue;
            };
            let strictest = [everywhere.get(&id), own.get(&(history.process, id))]
                .into_iter()
                .flatten()
                .filter_map(|demands| demands.at(last))
                .max_by_key(|demand| demand.floor);
            if let Some(demand) = strictest
                && facts.worth(id, version) < demand.floor
            {
                violations.push(Violation {
                    process: history.process,
                    id,
                    version,
                    began: last,
                    floor: demand.floor,
                    broken: demand.by,
                });
            }
        }
    }
    violations.sort_unstable_by_key(|violation| violation.began);
    violations
}

type Everywhere = HashMap<u64, Demands>;
type Own = HashMap<(u64, u64), Demands>;

fn demands(facts: &Facts, rules: Rules) -> (Everywhere, Own) {
    let (mut everywhere, mut own) = (Everywhere::new(), Own::new());
    for by in &facts.invalidations {
        for id in by.subject.ids() {
            let demand = Demand {
                after: by.ended,
                floor: facts.floor(id, by.began),
                by: *by,
            };
            own.entry((by.process, id)).or_default().0.push(demand);
            if by.ok {
                let after = rules.holds_after(by.ended);
                let demand = Demand { after, ..demand };
                everywhere.entry(id).or_default().0.push(demand);
            }
        }
    }
    everywhere.values_mut().for_each(Demands::sort);
    own.values_mut().for_each(Demands::sort);
    (everywhere, own)
}

impl Rules {
    /// From when on another process is held to an invalidation that was acknowledged then.
    fn holds_after(self, acknowledged: u64) -> u64 {
        match self.level {
            Level::Strong => acknowledged,
            Level::Bounded => acknowledged + self.lag,
        }
    }
}
