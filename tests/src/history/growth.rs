//! Whether a process grows while it works: its memory and its tasks, early and late.

use std::fs;

use super::judge::History;
use super::record::Record;

/// What a process takes at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// When, in nanoseconds.
    pub(super) at: u64,
    /// Its resident memory, in KiB.
    pub(super) memory: u64,
    /// The tasks of its runtime that have not ended.
    pub(super) tasks: u64,
}

impl Size {
    /// Of this process now.
    pub(super) fn of_this_process(at: u64) -> Self {
        let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4_096);
        let tasks = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        Self {
            at,
            memory: pages.unwrap_or(0) * page / 1_024,
            tasks: u64::try_from(tasks).unwrap_or(u64::MAX),
        }
    }
}

/// The means of a process's sizes early and late.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) early: Size,
    pub(super) late: Size,
}

impl Growth {
    /// Of each process that lived for half of the time at least: in its second tenth, when it has
    /// seen everything, and in its last.
    pub(super) fn measure(histories: &[History], took: u64) -> Vec<Self> {
        let of = |history: &History| {
            let sizes = history.records.iter().filter_map(|record| match record {
                Record::Size(size) => Some(*size),
                _ => None,
            });
            let sizes: Vec<_> = sizes.collect();
            let (first, last) = (sizes.first()?.at, sizes.last()?.at);
            let life = last - first;
            let tenth = |from: u64| {
                let span = first + life / 10 * from..=first + life / 10 * (from + 1);
                mean(sizes.iter().filter(|size| span.contains(&size.at)))
            };
            (life >= took / 2).then(|| Self {
                early: tenth(1),
                late: tenth(9),
            })
        };
        histories.iter().filter_map(of).collect()
    }

    /// By how much its memory grew, in percent.
    pub(super) fn percent(&self) -> f64 {
        let (early, late) = (self.early.memory as f64, self.late.memory as f64);
        100.0 * (late - early) / early.max(1.0)
    }
}

fn mean<'a>(sizes: impl Iterator<Item = &'a Size>) -> Size {
    let (mut sum, mut count) = (Size::default(), 0);
    for size in sizes {
        sum.memory += size.memory;
        sum.tasks += size.tasks;
        count += 1;
    }
    Size {
        at: 0,
        memory: sum.memory / count.max(1),
        tasks: sum.tasks / count.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_told_of_those_that_lived_long() {
        let size = |at| Size {
            at,
            memory: 1_000 + at,
            tasks: 7,
        };
        let history = |process, until| History {
            process,
            records: (0..=until).map(|at| Record::Size(size(at))).collect(),
        };
        let found = Growth::measure(&[history(0, 1_000), history(1, 300)], 1_000);
        let [growth] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((growth.early.memory, growth.late.memory), (1_150, 1_950));
        assert_eq!(growth.late.tasks, 7);
        assert!((growth.percent() - 69.5).abs() < 0.1);
    }

    #[tokio::test]
    async fn a_process_knows_its_size() {
        let one = tokio::spawn(std::future::pending::<()>());
        let size = Size::of_this_process(3);
        assert!(
            size.memory > 1_000 && size.tasks == 1 && size.at == 3,
            "{size:?}"
        );
        one.abort();
    }
}
