//! Tests of the encoding.

mod decoder;
mod equalities;
#[cfg(any(
    feature = "bytes",
    feature = "chrono",
    feature = "jiff",
    feature = "rust_decimal",
    feature = "serde_json",
    feature = "time",
    feature = "url",
    feature = "uuid"
))]
mod foreign;
mod golden;
mod injective;
mod serialized;
mod texts;
mod tree;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use super::{CacheKey, KeyWriter};

/// The bytes of a value. Whatever a test asks of them, two keys of one type that are equal have one
/// hash.
fn bytes<T: CacheKey + ?Sized>(value: &T) -> Vec<u8> {
    type Hashes = Mutex<HashMap<(&'static str, Vec<u8>), u64>>;
    static HASHES: LazyLock<Hashes> = LazyLock::new(Mutex::default);
    let writer = KeyWriter::of(value);
    let bytes = writer.as_bytes().to_vec();
    let of = (std::any::type_name::<T>(), bytes.clone());
    let known = *HASHES
        .lock()
        .unwrap()
        .entry(of)
        .or_insert_with(|| writer.hash());
    assert_eq!(known, writer.hash(), "{}", std::any::type_name::<T>());
    bytes
}

#[test]
fn keys_that_differ_have_hashes_that_differ() {
    let hashes = |keys: &mut dyn Iterator<Item = u64>| {
        let mut hashes: Vec<_> = keys.collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.len()
    };
    let count = 4_096;
    assert_eq!(
        hashes(&mut (0..count).map(|n| KeyWriter::of(&n).hash())),
        4_096
    );
    let texts = (0..count).map(|n| KeyWriter::of(&("user", n.to_string(), Some(n))).hash());
    assert_eq!(hashes(&mut { texts }), 4_096);
    let lists = (0..count).map(|n| KeyWriter::of(&vec![0_u8; n as usize]).hash());
    assert_eq!(hashes(&mut { lists }), 4_096);
    let sets =
        (0..count).map(|n| KeyWriter::of(&std::collections::HashSet::from([n, n + 1])).hash());
    assert_eq!(hashes(&mut { sets }), 4_096);
    let absent = KeyWriter::of(&(None::<u8>, true)).hash();
    assert_ne!(absent, KeyWriter::of(&(None::<u8>, false)).hash());
}

/// The bytes of a value in hex.
fn hex<T: CacheKey + ?Sized>(value: &T) -> String {
    bytes(value)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
