//! The reads of one task, merged without loss of what the judge needs.

use super::record::Record;
use super::subject::IDS;

/// For each id the reads in a row that returned the same version.
#[derive(Debug)]
pub(super) struct Reads {
    runs: Vec<Run>,
    ended: Vec<Record>,
    pub(super) count: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Run {
    version: u64,
    first: u64,
    last: u64,
    count: u64,
}

impl Reads {
    pub(super) fn new() -> Self {
        Self {
            runs: (0..IDS).map(|_| Run::default()).collect(),
            ended: Vec::new(),
            count: 0,
        }
    }

    /// Notes a read that began then; those of one task come in the order they began.
    #[inline]
    pub(super) fn add(&mut self, id: u64, version: u64, began: u64) {
        self.count += 1;
        let Some(run) = usize::try_from(id)
            .ok()
            .and_then(|id| self.runs.get_mut(id))
        else {
            return;
        };
        if run.version != version {
            self.ended.extend(run.record(id));
            *run = Run {
                version,
                ..Run::default()
            };
        }
        if run.count == 0 {
            run.first = began;
        }
        run.last = began;
        run.count += 1;
    }

    /// Everything noted since the last time.
    pub(super) fn take(&mut self) -> Vec<Record> {
        for (id, run) in (0..).zip(&mut self.runs) {
            self.ended.extend(run.record(id));
            run.count = 0;
        }
        std::mem::take(&mut self.ended)
    }
}

impl Run {
    fn record(self, id: u64) -> Option<Record> {
        (self.count > 0).then_some(Record::Read {
            id,
            version: self.version,
            first: self.first,
            last: self.last,
            count: self.count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_reads_in_a_row_are_one_record_and_none_is_lost() {
        let read = |id, version, first, last, count| Record::Read {
            id,
            version,
            first,
            last,
            count,
        };
        let mut reads = Reads::new();
        for (id, version, began) in [(1, 7, 10), (2, 1, 11), (1, 7, 12), (1, 8, 13), (1, 7, 14)] {
            reads.add(id, version, began);
        }
        let taken = reads.take();
        assert_eq!(
            taken,
            [
                read(1, 7, 10, 12, 2),
                read(1, 8, 13, 13, 1),
                read(1, 7, 14, 14, 1),
                read(2, 1, 11, 11, 1)
            ]
        );
        assert_eq!((reads.take(), reads.count), (Vec::new(), 5));
        reads.add(1, 7, 20);
        assert_eq!(reads.take(), [read(1, 7, 20, 20, 1)]);
    }
}
