//! What a process notes: records of one size, so that what a kill cuts short is its last alone.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;

use super::growth::Size;
use super::subject::Subject;

const NUMBERS: usize = 7;
const SIZE: usize = NUMBERS * 8;

/// One event of a process; times are nanoseconds of [`super::time::now`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// So many reads of an id returned this version, the first and the last of which began then. No
    /// more is needed: what a read must return only grows with its beginning, so where any of these
    /// is too old the last is. The first is for a last one that is judged apart.
    Read {
        id: u64,
        version: u64,
        first: u64,
        last: u64,
        count: u64,
    },
    /// The origin had this version of the id at this time.
    Wrote { id: u64, version: u64, at: u64 },
    /// An invalidation was called; its number is the process's own.
    Began {
        number: u64,
        subject: Subject,
        at: u64,
    },
    /// A put of this version was called, numbered as invalidations are.
    Putting { number: u64, id: u64, version: u64 },
    /// What has this number returned.
    Ended { number: u64, ok: bool, at: u64 },
    /// The process's counts since its start.
    Totals(Totals),
    /// What the process takes now.
    Size(Size),
}

/// How calls of a process were served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) reads: u64,
    pub(super) memory_hits: u64,
    pub(super) redis_hits: u64,
    pub(super) loads: u64,
    pub(super) stale_hits: u64,
    pub(super) failed_loads: u64,
}

impl Record {
    fn numbers(self) -> [u64; NUMBERS] {
        match self {
            Self::Read {
                id,
                version,
                first,
                last,
                count,
            } => [1, id, version, first, last, count, 0],
            Self::Wrote { id, version, at } => [2, id, version, at, 0, 0, 0],
            Self::Began {
                number,
                subject,
                at,
            } => {
                let [kind, which] = subject.numbers();
                [3, number, kind, which, at, 0, 0]
            }
            Self::Ended { number, ok, at } => [4, number, u64::from(ok), at, 0, 0, 0],
            Self::Totals(totals) => [
                5,
                totals.reads,
                totals.memory_hits,
                totals.redis_hits,
                totals.loads,
                totals.stale_hits,
                totals.failed_loads,
            ],
            Self::Putting {
                number,
                id,
                version,
            } => [6, number, id, version, 0, 0, 0],
            Self::Size(size) => [7, size.at, size.memory, size.tasks, 0, 0, 0],
        }
    }

    fn from_numbers(numbers: [u64; NUMBERS]) -> Option<Self> {
        let [kind, a, b, c, d, e, f] = numbers;
        Some(match kind {
            1 => Self::Read {
                id: a,
                version: b,
                first: c,
                last: d,
                count: e,
            },
            2 => Self::Wrote {
                id: a,
                version: b,
                at: c,
            },
            3 => Self::Began {
                number: a,
                subject: Subject::from_numbers([b, c])?,
                at: d,
            },
            4 => Self::Ended {
                number: a,
                ok: b != 0,
                at: c,
            },
            5 => Self::Totals(Totals {
                reads: a,
                memory_hits: b,
                redis_hits: c,
                loads: d,
                stale_hits: e,
                failed_loads: f,
            }),
            6 => Self::Putting {
                number: a,
                id: b,
                version: c,
            },
            7 => Self::Size(Size {
                at: a,
                memory: b,
                tasks: c,
            }),
            _ => return None,
        })
    }
}

/// The records of one process, as it writes them: each batch is one `write`, nothing is buffered.
#[derive(Debug)]
pub(super) struct Log(Mutex<File>);

impl Log {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(path)?;
        Ok(Self(Mutex::new(file)))
    }

    pub(super) fn append(&self, records: &[Record]) -> io::Result<()> {
        let bytes: Vec<u8> = records
            .iter()
            .flat_map(|record| record.numbers())
            .flat_map(u64::to_le_bytes)
            .collect();
        let mut file = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        file.write_all(&bytes)
    }
}

/// Every whole record of a process, in the order they were written.
pub(super) fn read(path: &Path) -> io::Result<Vec<Record>> {
    parse(&std::fs::read(path)?)
}

fn parse(bytes: &[u8]) -> io::Result<Vec<Record>> {
    let (whole, _cut) = bytes.as_chunks::<SIZE>();
    let record = |bytes: &[u8; SIZE]| {
        let (numbers, _) = bytes.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let numbers = std::array::from_fn(|_| numbers.next().unwrap_or(0));
        Record::from_numbers(numbers)
    };
    whole
        .iter()
        .map(|bytes| record(bytes).ok_or_else(|| io::Error::other("a record of no known kind")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_written_up_to_a_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let records = [
            Record::Read {
                id: 1,
                version: 2,
                first: 3,
                last: 4,
                count: 5,
            },
            Record::Wrote {
                id: 5,
                version: 6,
                at: 7,
            },
            Record::Began {
                number: 8,
                subject: Subject::Tag(9),
                at: 10,
            },
            Record::Ended {
                number: 8,
                ok: true,
                at: 11,
            },
            Record::Totals(Totals {
                reads: 1,
                memory_hits: 2,
                redis_hits: 3,
                loads: 4,
                stale_hits: 5,
                failed_loads: 6,
            }),
            Record::Size(Size {
                at: 15,
                memory: 16,
                tasks: 17,
            }),
            Record::Putting {
                number: 12,
                id: 13,
                version: 14,
            },
        ];
        Log::create(&path).unwrap().append(&records).unwrap();
        assert_eq!(read(&path).unwrap(), records);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(parse(&bytes[..bytes.len() - 1]).unwrap(), records[..6]);
        assert!(parse(&[9; SIZE]).is_err());
    }
}
