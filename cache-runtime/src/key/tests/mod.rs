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

use super::{CacheKey, KeyWriter};

/// The bytes of a value.
fn bytes<T: CacheKey + ?Sized>(value: &T) -> Vec<u8> {
    KeyWriter::of(value).as_bytes().to_vec()
}

/// The bytes of a value in hex.
fn hex<T: CacheKey + ?Sized>(value: &T) -> String {
    bytes(value)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
