//! What reads must return, and from when on.

use std::collections::HashMap;

use super::{Facts, Invalidation, Rules};

/// Of every id in each process.
#[derive(Debug, Default)]
pub(super) struct Demands {
    everywhere: HashMap<u64, Row>,
    /// In the process that invalidated.
    own: HashMap<(u64, u64), Row>,
}

/// What an invalidation asks of reads of one id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Reads that begin after this are held to it.
    after: u64,
    pub(super) floor: u64,
    pub(super) by: Invalidation,
}

/// Those of one id, in the order of their times and each at least as strict as those before.
#[derive(Debug, Default)]
struct Row(Vec<Demand>);

impl Demands {
    pub(super) fn of<'a>(
        invalidations: impl IntoIterator<Item = &'a Invalidation>,
        facts: &Facts,
        rules: Rules,
    ) -> Self {
        let mut demands = Self::default();
        for by in invalidations {
            demands.add(by, facts, rules);
        }
        demands.everywhere.values_mut().for_each(Row::sort);
        demands.own.values_mut().for_each(Row::sort);
        demands
    }

    fn add(&mut self, by: &Invalidation, facts: &Facts, rules: Rules) {
        for id in by.subject.ids() {
            let demand = Demand {
                after: by.ended,
                floor: facts.floor(id, by.began),
                by: *by,
            };
            self.own.entry((by.process, id)).or_default().0.push(demand);
            if by.ok {
                let after = rules.holds_after(by.ended);
                let demand = Demand { after, ..demand };
                self.everywhere.entry(id).or_default().0.push(demand);
            }
        }
    }

    /// The strictest one of a read of an id in a process that began then.
    pub(super) fn strictest(&self, process: u64, id: u64, began: u64) -> Option<&Demand> {
        [self.everywhere.get(&id), self.own.get(&(process, id))]
            .into_iter()
            .flatten()
            .filter_map(|row| row.at(began))
            .max_by_key(|demand| demand.floor)
    }
}

impl Row {
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

    fn at(&self, began: u64) -> Option<&Demand> {
        let earlier = self.0.partition_point(|demand| demand.after < began);
        earlier.checked_sub(1).map(|last| &self.0[last])
    }
}
