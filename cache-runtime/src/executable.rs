//! The running program as a fingerprint: what two processes share that can't compare their types.
//!
//! It is the hash of the file that was started, read once, and of the file that the asking code is
//! in where that is another: an extension module in an interpreter, a plug-in. Reading 100 MB from
//! the page cache takes 7 ms in a release build and 0.6 s without optimization, once a process.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use parking_lot::Mutex;
use xxhash_rust::xxh3::Xxh3;

/// The fingerprint of the program as the code at an address sees it: equal in two processes only
/// if they run the same bytes. Where the files can't be read it is random, so shared with nobody.
pub(crate) fn fingerprint(code: usize) -> u128 {
    static ALONE: LazyLock<u128> = LazyLock::new(rand::random);
    static STARTED: LazyLock<Option<u128>> = LazyLock::new(|| hash(&started()?).ok());
    static OTHERS: LazyLock<Mutex<HashMap<PathBuf, Option<u128>>>> = LazyLock::new(Mutex::default);
    let found = STARTED.and_then(|started| match place(code)? {
        Place::Started => Some(started),
        Place::Other(path) => {
            let mut others = OTHERS.lock();
            let other = others
                .entry(path)
                .or_insert_with_key(|path| hash(path).ok());
            other.map(|other| started.rotate_left(1) ^ other)
        }
    });
    found.unwrap_or(*ALONE)
}

/// Where a piece of code is.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// In the file that was started.
    Started,
    /// In another file, loaded beside it.
    Other(PathBuf),
}

/// The file that was started, also where a deploy has replaced it since.
#[cfg(target_os = "linux")]
fn started() -> Option<PathBuf> {
    Some(PathBuf::from("/proc/self/exe"))
}

#[cfg(not(target_os = "linux"))]
fn started() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The file that code at an address was loaded from; `None` where that can't be told.
#[cfg(target_os = "linux")]
fn place(code: usize) -> Option<Place> {
    let started = std::fs::read_link("/proc/self/exe").ok()?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let path = maps.lines().find_map(|line| mapped(line, code))?;
    if Path::new(path) == started {
        return Some(Place::Started);
    }
    // Of a file that was replaced since, the name leads to the wrong one.
    let is_there = path.starts_with('/') && !path.ends_with(" (deleted)");
    is_there.then(|| Place::Other(path.into()))
}

/// Other systems don't tell without unsafe code, so there the file that was started speaks for all.
#[cfg(not(target_os = "linux"))]
fn place(_code: usize) -> Option<Place> {
    Some(Place::Started)
}

/// The path in a line of `/proc/self/maps`, if the address is in its range.
#[cfg(target_os = "linux")]
fn mapped(line: &str, address: usize) -> Option<&str> {
    let (range, rest) = line.split_once(' ')?;
    let (from, to) = range.split_once('-')?;
    let from = usize::from_str_radix(from, 16).ok()?;
    let to = usize::from_str_radix(to, 16).ok()?;
    if !(from..to).contains(&address) {
        return None;
    }
    // After the rights come the offset, the device and the inode, then the path, which may have
    // spaces.
    let path = rest.splitn(5, ' ').nth(4)?.trim_start();
    (!path.is_empty()).then_some(path)
}

fn hash(path: &Path) -> io::Result<u128> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut bytes = vec![0; 1 << 16];
    loop {
        match file.read(&mut bytes) {
            Ok(0) => return Ok(hash.digest128()),
            Ok(count) => hash.update(&bytes[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> usize {
        here as fn() -> usize as usize
    }

    #[test]
    fn the_fingerprint_is_that_of_the_file_that_was_started() {
        let own = hash(&std::env::current_exe().unwrap()).unwrap();
        assert_eq!(fingerprint(here()), own);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn code_that_was_loaded_beside_the_program_counts_too() {
        assert_eq!(place(here()), Some(Place::Started));
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps.lines().find(|line| line.contains("libc.so")).unwrap();
        let start = libc.split('-').next().unwrap();
        let start = usize::from_str_radix(start, 16).unwrap();
        assert!(matches!(place(start), Some(Place::Other(_))));
        assert_ne!(fingerprint(start), fingerprint(here()));
        assert_eq!(fingerprint(start), fingerprint(start));
    }

    #[test]
    fn code_in_no_file_is_shared_with_nobody_and_with_itself() {
        assert_eq!(fingerprint(0), fingerprint(0));
        #[cfg(target_os = "linux")]
        assert_ne!(fingerprint(0), fingerprint(here()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_with_spaces_is_read_whole() {
        let line = "1000-2000 r-xp 00000000 fe:00 247030                     /opt/my app/bin";
        assert_eq!(mapped(line, 0x1800), Some("/opt/my app/bin"));
        assert_eq!(mapped(line, 0x2000), None);
        assert_eq!(mapped("1000-2000 r-xp 00000000 00:00 0 ", 0x1800), None);
    }
}
