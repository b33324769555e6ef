//! Files that are whole, cut at every place, changed at every byte, and made to do harm.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use cache_runtime::admin::StoredEntry;
use tempfile::TempDir;

use super::block::{BlockHead, digits};
use super::skippable::{Said, Skippable};
use super::*;
use crate::manifest::{Ending, Kind, Manifest, Selected, describe};

fn manifest() -> Manifest {
    Manifest {
        version: 1,
        id: "1796051546123-00000000000000ff".to_owned(),
        description: "of a test".to_owned(),
        scheduled: false,
        kind: Kind::Full,
        since: None,
        prefix: "app".to_owned(),
        selection: Selected::Namespace("user".to_owned()),
        began: Vec::new(),
        began_wall_ms: 1_796_051_546_123,
    }
}

fn record(id: u64) -> Record {
    Record {
        entry: StoredEntry {
            name: format!("app:e:user:{{user-{id}}}"),
            frame: (0..40).map(|at| (id * 7 + at) as u8).collect(),
            left_ms: 1_000 + id,
            node_ms: 2_000 + id,
            run: id.to_be_bytes(),
        },
        wall_ms: 3_000 + id,
    }
}

/// Three blocks of three records each.
fn whole(folder: &Path) -> PathBuf {
    let path = folder.join("whole.zst");
    let mut write = Write::begin(&path, manifest()).unwrap();
    for id in 0..9 {
        assert!(write.add(&record(id)).unwrap());
        if id % 3 == 2 {
            write.write_block().unwrap();
        }
    }
    write.leave_out("expired");
    write.finish(Ending::default()).unwrap();
    path
}

/// The records that a file gives, and what is wrong with it.
fn read(path: &Path) -> (Vec<Record>, Option<Damage>) {
    let mut read = match Read::open(path) {
        Ok(read) => read,
        Err(Error::NoBackup { damage, .. }) => return (Vec::new(), Some(damage)),
        Err(other) => panic!("{other}"),
    };
    let mut records = Vec::new();
    while let Some(block) = read.next() {
        records.extend(block.records);
        if block.damage.is_some() {
            assert!(read.next().is_none(), "nothing comes behind the damage");
            return (records, block.damage);
        }
    }
    assert!(read.ending.is_some());
    (records, None)
}

/// The file gives the first of the records that were written, as they were, and says which is the first that it does
/// not give.
fn gives_the_beginning(path: &Path, what: &str) -> Damage {
    let (records, damage) = read(path);
    let damage = damage.unwrap_or_else(|| panic!("{what}: nothing is found wrong"));
    assert_eq!(damage.record, records.len() as u64, "{what}");
    for (id, record) in records.iter().enumerate() {
        assert_eq!(*record, self::record(id as u64), "{what}");
    }
    let checked = check(path).unwrap();
    assert_eq!(
        (checked.records, checked.damage),
        (damage.record, Some(damage))
    );
    damage
}

#[test]
fn what_was_written_is_read_and_its_owner_alone_may_read_it() {
    let folder = TempDir::new().unwrap();
    let path = whole(folder.path());
    let (records, damage) = read(&path);
    assert_eq!(damage, None);
    assert_eq!(records, (0..9).map(record).collect::<Vec<_>>());
    let (manifest, ending) = describe(&path).unwrap();
    let ending = ending.unwrap();
    assert_eq!(manifest, self::manifest());
    assert_eq!(
        (ending.records, ending.bytes, ending.unsaved["expired"]),
        (9, 360, 1)
    );
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(matches!(
        Write::begin(&path, manifest),
        Err(Error::Exists { .. })
    ));
}

#[test]
fn any_reader_of_zstandard_reads_the_records() {
    let folder = TempDir::new().unwrap();
    let file = fs::File::open(whole(folder.path())).unwrap();
    let mut raw = Vec::new();
    let mut plain = zstd::stream::read::Decoder::new(file).unwrap();
    plain.read_to_end(&mut raw).unwrap();
    let mut written = Vec::new();
    (0..9).for_each(|id| assert!(record(id).write(&mut written)));
    assert_eq!(raw, written);
}

#[test]
fn cut_anywhere_it_gives_what_stands_before_that() {
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(whole(folder.path())).unwrap();
    let path = folder.path().join("cut.zst");
    let mut at_most = 0;
    for len in 0..bytes.len() {
        fs::write(&path, &bytes[..len]).unwrap();
        let damage = gives_the_beginning(&path, &format!("cut at {len}"));
        assert_eq!(damage.cause, Cause::CutShort, "cut at {len}");
        assert!(damage.record >= at_most, "a longer file gives no less");
        at_most = damage.record;
    }
    assert_eq!(at_most, 9, "all records, without their end");
    fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
    assert_eq!(gives_the_beginning(&path, "more").cause, Cause::Trailing);
}

#[test]
fn a_byte_that_was_changed_anywhere_is_found() {
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(whole(folder.path())).unwrap();
    let path = folder.path().join("changed.zst");
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            fs::write(&path, &changed).unwrap();
            gives_the_beginning(&path, &format!("byte {at} ^ {flip}"));
        }
    }
}

#[test]
fn blocks_that_are_missing_or_stand_elsewhere_are_found() {
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(whole(folder.path())).unwrap();
    let magic = 0x184D_2A5Bu32.to_le_bytes();
    let starts: Vec<_> = (0..bytes.len() - 4)
        .filter(|at| bytes[*at..*at + 4] == magic)
        .collect();
    let [_, one, two, three, end] = starts[..] else {
        panic!("{starts:?}");
    };
    let parts = [
        &bytes[..one],
        &bytes[one..two],
        &bytes[two..three],
        &bytes[three..end],
        &bytes[end..],
    ];
    let path = folder.path().join("moved.zst");
    for order in [
        vec![0, 1, 3, 4],
        vec![0, 2, 1, 3, 4],
        vec![0, 1, 1, 2, 3, 4],
        vec![0, 1, 2, 4],
    ] {
        let moved: Vec<u8> = order
            .iter()
            .flat_map(|part| parts[*part].to_vec())
            .collect();
        fs::write(&path, moved).unwrap();
        gives_the_beginning(&path, &format!("{order:?}"));
    }
}

/// A file of a manifest and one block that says this of itself.
fn with_block(path: &Path, head: &BlockHead, packed: &[u8]) {
    let (mut bytes, _) = Skippable::write(Said::Manifest, &manifest()).unwrap();
    bytes.extend(Skippable::write(Said::Block, head).unwrap().0);
    bytes.extend_from_slice(packed);
    fs::write(path, bytes).unwrap();
}

/// The most memory that this process has had, in kB.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().split(' ').next().unwrap();
    number.parse().unwrap()
}

#[test]
fn lengths_that_lie_and_bombs_take_no_memory() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hostile.zst");
    // 256 MiB of zeros are some 8 KiB.
    let zeros = zstd::stream::encode_all(std::io::repeat(0).take(1 << 28), 3).unwrap();
    let of = |bytes: &[u8]| digits(xxhash_rust::xxh3::xxh3_64(bytes));
    let before = peak_kb();
    for (raw, packed, bytes) in [
        (1_000, zeros.len() as u32, &zeros[..]),
        (u32::MAX, zeros.len() as u32, &zeros[..]),
        (1_000, u32::MAX, b"short"),
        (1_000, 100 << 20, b"short"),
        (0, 0, b""),
    ] {
        let head = BlockHead {
            first: 0,
            records: u32::MAX,
            raw,
            packed,
            checksum: of(bytes),
            ..BlockHead::default()
        };
        with_block(&path, &head, bytes);
        assert_eq!(
            gives_the_beginning(&path, &format!("{raw} {packed}")).record,
            0
        );
    }
    // The largest that a block may be is 72 MiB.
    let grown = peak_kb() - before;
    assert!(grown < 200_000, "{grown} kB");

    let mut long = 0x184D_2A5Bu32.to_le_bytes().to_vec();
    long.extend_from_slice(&u32::MAX.to_le_bytes());
    fs::write(&path, &long).unwrap();
    assert_eq!(
        gives_the_beginning(&path, "a huge manifest").cause,
        Cause::Changed
    );
    for nonsense in [&b""[..], b"x", b"PK\x03\x04", &[0; 100], &zeros[..100]] {
        fs::write(&path, nonsense).unwrap();
        gives_the_beginning(&path, "nonsense");
    }
}

#[test]
fn a_later_version_is_told_from_damage() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("later.zst");
    let later = Manifest {
        version: 2,
        ..manifest()
    };
    fs::write(&path, Skippable::write(Said::Manifest, &later).unwrap().0).unwrap();
    assert_eq!(gives_the_beginning(&path, "later").cause, Cause::Version);
}

#[test]
fn what_was_interrupted_is_gone_on_with_behind_what_is_whole() {
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(whole(folder.path())).unwrap();
    let path = folder.path().join("again.zst");
    let partial = partial_of(&path);
    for len in 0..bytes.len() {
        let _ = fs::remove_file(&path);
        fs::write(&partial, &bytes[..len]).unwrap();
        let mut write = Write::begin(&path, manifest()).unwrap();
        let from = write.written;
        for id in from..12 {
            assert!(write.add(&record(id)).unwrap());
        }
        let (_, ending) = write.finish(Ending::default()).unwrap();
        assert_eq!(ending.resumed, u32::from(from > 0), "{len}");
        assert_eq!(ending.bytes, 12 * 40, "{len}");
        let (records, damage) = read(&path);
        assert_eq!(
            (records, damage),
            ((0..12).map(record).collect(), None),
            "{len}"
        );
        assert!(!partial.exists());
    }
}

#[test]
fn what_came_to_its_name_meanwhile_is_not_written_over() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("one.zst");
    let write = Write::begin(&path, manifest()).unwrap();
    fs::write(&path, "another's").unwrap();
    assert!(matches!(
        write.finish(Ending::default()),
        Err(Error::File { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), b"another's");
    assert!(partial_of(&path).exists());
}

#[test]
fn nobody_goes_on_with_what_is_of_something_else_or_is_being_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("one.zst");
    let mut first = Write::begin(&path, manifest()).unwrap();
    assert!(matches!(
        Write::begin(&path, manifest()),
        Err(Error::Busy { .. })
    ));
    assert!(first.add(&record(0)).unwrap());
    first.write_block().unwrap();
    drop(first);
    let others = [
        Manifest {
            prefix: "other".to_owned(),
            ..manifest()
        },
        Manifest {
            description: "of a person".to_owned(),
            ..manifest()
        },
        Manifest {
            scheduled: true,
            ..manifest()
        },
    ];
    for other in others {
        assert!(matches!(
            Write::begin(&path, other),
            Err(Error::OtherPartial { .. })
        ));
    }
    // Nor is what can't be read cut.
    let later = Manifest {
        version: 2,
        ..manifest()
    };
    let later = Skippable::write(Said::Manifest, &later).unwrap().0;
    for bytes in [&later[..], b"a letter to a friend"] {
        fs::write(partial_of(&path), bytes).unwrap();
        assert!(matches!(
            Write::begin(&path, manifest()),
            Err(Error::NoBackup { .. })
        ));
        assert_eq!(fs::read(partial_of(&path)).unwrap(), bytes);
    }
    // What a link points at is not written to.
    let link = folder.path().join("link.zst");
    std::os::unix::fs::symlink(&path, partial_of(&link)).unwrap();
    assert!(matches!(
        Write::begin(&link, manifest()),
        Err(Error::File { .. })
    ));
}
