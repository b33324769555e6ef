//! What a process publishes of itself, as bytes: two that say the version and the compression, then MessagePack with
//! names, so that builds which know other figures can read it.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::process::{build, host};
use super::{MOST, ProcessStats};
use crate::cache::stats::{FEW_KEYS, stats};
use crate::clock::since_epoch;
use crate::events::Stats;
use crate::frame::{compress, decompress};
use crate::policy::Compression;
use crate::tiers::Tiers;

/// What the first byte says. A process passes over what begins with another.
const VERSION: u8 = 1;

/// The most bytes of one snapshot as it is published, and of all that are read together as they are decoded: what is
/// more is passed over.
pub(super) const LARGEST: usize = 4 << 20;
pub(super) const LARGEST_SUM: usize = 256 << 20;

/// The longest that a host's name or a build is kept, in characters.
const LONGEST: usize = 255;

#[cfg(feature = "lz4")]
const COMPRESSION: Compression = Compression::Lz4;
#[cfg(not(feature = "lz4"))]
const COMPRESSION: Compression = Compression::None;

/// What a process says of itself.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Snapshot {
    host: String,
    pid: u32,
    /// Milliseconds of the Unix epoch.
    started_ms: u64,
    build: String,
    /// How long it holds, in milliseconds.
    pub(super) life_ms: u64,
    stats: Stats,
}

/// Of this process, at this moment.
pub(super) async fn own(tiers: &Tiers) -> Snapshot {
    let build = build().await;
    Snapshot {
        host: host(),
        pid: std::process::id(),
        started_ms: ms(since_epoch(tiers.built)),
        build,
        life_ms: tiers.limits.published_ms,
        stats: stats(tiers, FEW_KEYS),
    }
}

impl Snapshot {
    /// As it is published; none if it is too large for that.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let encoded = rmp_serde::to_vec_named(self).ok()?;
        let (compression, payload) = compress(encoded, COMPRESSION);
        let bytes = [&[VERSION, compression.to_byte()], payload.as_slice()].concat();
        (bytes.len() <= LARGEST).then_some(bytes)
    }

    /// What another process published, and how many bytes it was as it was decoded, which are `most` at most; none if it
    /// can't be read.
    pub(super) fn read(bytes: &[u8], most: usize) -> Option<(Self, usize)> {
        let [VERSION, compression, payload @ ..] = bytes else {
            return None;
        };
        let compression = Compression::from_byte(*compression)?;
        let encoded = decompress(payload, compression, most.min(LARGEST * 8)).ok()?;
        let snapshot = rmp_serde::from_slice(&encoded).ok()?;
        Some((snapshot, encoded.len()))
    }

    /// As it is told of under this id, `age` after it was published.
    pub(super) fn told(self, id: String, age: Duration, is_this: bool) -> ProcessStats {
        let started = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.started_ms));
        ProcessStats {
            id,
            host: self.host.chars().take(LONGEST).collect(),
            pid: self.pid,
            started: started.unwrap_or(SystemTime::UNIX_EPOCH),
            build: self.build.chars().take(LONGEST).collect(),
            age,
            is_this,
            stats: self.stats,
        }
    }
}

/// The id of a process as Redis has it: 32 hexadecimal digits.
pub(super) fn id(tiers: &Tiers) -> String {
    format!("{:032x}", tiers.id)
}

/// A record of the list of processes: 32 digits of an id, 16 of when it ends.
const RECORD: usize = 48;

/// The ids in a list, each with when it ends in Unix milliseconds of the node; and how many records make no sense.
pub(super) fn records(list: &[u8]) -> (Vec<(String, u64)>, u64) {
    let (mut found, mut skipped) = (Vec::new(), 0);
    for record in list.chunks(RECORD).take(MOST) {
        match read_record(record) {
            Some(read) => found.push(read),
            None => skipped += 1,
        }
    }
    (found, skipped)
}

fn read_record(record: &[u8]) -> Option<(String, u64)> {
    let text = std::str::from_utf8(record).ok()?;
    let (id, ends) = text.split_at_checked(RECORD - 16)?;
    let is_id = id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let ends = ends.parse().ok()?;
    (is_id && record.len() == RECORD).then(|| (id.to_owned(), ends))
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot {
            host: "one".to_owned(),
            pid: 7,
            ..Snapshot::default()
        };
        snapshot.stats.memory.entries = 3;
        snapshot
    }

    fn read(bytes: &[u8]) -> Option<Snapshot> {
        Snapshot::read(bytes, LARGEST).map(|(snapshot, _)| snapshot)
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = snapshot().bytes().unwrap();
        let read = read(&bytes).unwrap();
        assert_eq!((read.host.as_str(), read.pid), ("one", 7));
        assert_eq!(read.stats, snapshot().stats);
    }

    #[test]
    fn a_field_that_is_not_known_is_passed_over_and_one_that_is_missing_is_zero() {
        #[derive(Serialize)]
        struct Later {
            host: &'static str,
            of_a_later_version: Vec<Option<&'static str>>,
        }
        let later = Later {
            host: "later",
            of_a_later_version: vec![Some("x"), None],
        };
        let encoded = rmp_serde::to_vec_named(&later).unwrap();
        let bytes = [&[VERSION, 0], encoded.as_slice()].concat();
        let read = read(&bytes).unwrap();
        assert_eq!((read.host.as_str(), read.pid), ("later", 0));
        assert_eq!(read.stats, Stats::default());
    }

    #[test]
    fn a_function_takes_a_few_hundred_bytes_of_it_at_most() {
        let of = |functions: u64| {
            let events = crate::events::Events::default();
            for n in 1..=functions {
                let counters = events.function("shop", &format!("shop::items::function_{n}"));
                for at in 0..n * 37 {
                    counters.memory_hit();
                    let key = crate::sketch::EncodedKey {
                        site: 0,
                        hash: at,
                        parts: &[],
                    };
                    let took = Duration::from_nanos(80 + at);
                    counters.memory_hit_took(took, key, crate::clock::Moment(1));
                    let took = Duration::from_micros(at * n);
                    events.emit("shop", &counters, crate::events::Event::Read(took));
                }
            }
            let stats = events.snapshot(crate::events::Learnt::NOTHING);
            let snapshot = Snapshot {
                stats,
                ..snapshot()
            };
            snapshot.bytes().unwrap().len()
        };
        let (few, many) = (of(1), of(101));
        let most = match COMPRESSION {
            Compression::None => 2_000,
            #[cfg(feature = "lz4")]
            _ => 500,
        };
        assert!((many - few) / 100 < most, "{few} {many}");
    }

    #[test]
    fn what_is_damaged_is_none_and_never_a_panic() {
        let bytes = snapshot().bytes().unwrap();
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_none(), "{cut}");
        }
        for at in 0..bytes.len() {
            for other in [0, 0x7f, 0xc1, 0xdd, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = other;
                let _ = read(&bytes);
            }
        }
        assert!(read(&[VERSION + 1, 0]).is_none());
        assert!(
            Snapshot::read(&bytes, 10).is_none(),
            "it is more than there is room for"
        );
    }

    #[test]
    fn records_are_read_and_what_makes_no_sense_is_counted() {
        let id = "0123456789abcdef".repeat(2);
        let list = format!("{id}{:016}{}{:016}", 77, "Z".repeat(32), 78);
        assert_eq!(records(list.as_bytes()), (vec![(id.clone(), 77)], 1));
        assert_eq!(records(b"short"), (Vec::new(), 1));
        let many = format!("{id}{:016}", 1).repeat(2 * MOST);
        assert_eq!(records(many.as_bytes()).0.len(), MOST);
    }

    /// A row takes a byte as it is written, and some thousand as it is read.
    #[test]
    fn more_rows_than_a_process_has_are_not_read() {
        for table in ["namespaces", "functions", "nodes"] {
            let of = |count: u32| {
                let mut bytes = vec![VERSION, Compression::None.to_byte()];
                bytes.extend(b"\x81\xa5stats\x81");
                bytes.push(0xa0 | u8::try_from(table.len()).unwrap());
                bytes.extend(table.as_bytes());
                bytes.push(0xdd);
                bytes.extend(count.to_be_bytes());
                bytes.resize(bytes.len() + count as usize, 0x80);
                Snapshot::read(&bytes, LARGEST_SUM).is_some()
            };
            assert!(of(1_000), "{table}");
            assert!(!of(3_000_000), "{table}");
        }
    }
}
