//! The hash of a key, computed of each value as it is written.
//!
//! Hashing the bytes once they all stand in the buffer would read sixteen of them at once right after
//! they were written one by one, and the processor waits for that: a sixth of a hit in memory.

use std::hash::{BuildHasher, Hasher};

use foldhash::SharedSeed;
use foldhash::quality::{FoldHasher, SeedableRandomState};

/// A hash under way. Keys of one type that are equal have one hash. What follows from the type, as
/// names of fields, is not in it. Where something was sorted, it is the hash of the bytes.
#[derive(Clone)]
pub(super) struct KeyHash {
    written: FoldHasher<'static>,
    is_sorted: bool,
}

#[inline]
fn state() -> SeedableRandomState {
    SeedableRandomState::with_seed(0, SharedSeed::global_random())
}

impl KeyHash {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            written: state().build_hasher(),
            is_sorted: false,
        }
    }

    /// A value of fixed width, from the registers that it is in.
    #[inline]
    pub(super) fn word<const WIDTH: usize>(&mut self, value: [u8; WIDTH]) {
        if WIDTH <= 8 {
            let mut word = [0; 8];
            word[..WIDTH].copy_from_slice(&value);
            self.written.write_u64(u64::from_le_bytes(word));
        } else {
            self.written.write(&value);
        }
    }

    #[inline]
    pub(super) fn kind(&mut self, kind: u8) {
        self.written.write_u8(kind);
    }

    #[inline]
    pub(super) fn number(&mut self, number: u64) {
        self.written.write_u64(number);
    }

    /// Text or bytes, from where the caller has them.
    #[inline]
    pub(super) fn run(&mut self, bytes: &[u8]) {
        self.written.write(bytes);
    }

    /// The bytes are not in the order in which they were written.
    pub(super) fn is_sorted(&mut self) {
        self.is_sorted = true;
    }

    #[inline]
    pub(super) fn finish(&self, bytes: &[u8]) -> u64 {
        match self.is_sorted {
            false => self.written.finish(),
            true => of_bytes(bytes),
        }
    }
}

#[cold]
fn of_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = state().build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
