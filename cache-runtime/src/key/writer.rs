//! The bytes of a key, and how each plain value is written to them.

use std::fmt;

use super::buffer::Buffer;
use super::hash::KeyHash;
use super::{CacheKey, kind};

/// Lengths below this take one byte; others take this byte and then eight.
const LONG: u8 = 0xff;

/// Where [`CacheKey::write`] writes a key.
///
/// Up to 256 bytes live on the stack. Each method writes one value: the byte of its kind, its length
/// if it has one, its bytes.
///
/// ```
/// use cache_runtime::key::KeyWriter;
///
/// let mut writer = KeyWriter::new();
/// writer.u16(7);
/// writer.str("ab");
/// assert_eq!(writer.as_bytes(), b"\x11\x07\x00\x30\x02ab");
/// ```
#[derive(Clone)]
pub struct KeyWriter {
    bytes: Buffer,
    hash: KeyHash,
    failure: Option<Box<str>>,
    /// Where the key ends, if something stands beside it.
    end: Option<usize>,
}

impl KeyWriter {
    /// An empty key, of no allocation.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        // The hash may have to find its seed, so it is made first: the buffer is then made where it stays, and not copied there.
        let hash = KeyHash::new();
        Self {
            bytes: Buffer::new(),
            hash,
            failure: None,
            end: None,
        }
    }

    /// The key of one value.
    #[inline]
    #[must_use]
    pub fn of<T: CacheKey + ?Sized>(value: &T) -> Self {
        let mut writer = Self::new();
        value.write(&mut writer);
        writer
    }

    /// What was written so far.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Why this key can't be used, if [`unusable`](Self::unusable) was called on it.
    #[inline]
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Text that tells entries in this process apart without being part of the key: a tag that the
    /// key does not decide. Nothing of the key may be written after it.
    #[doc(hidden)]
    pub fn __beside(&mut self, text: &str) {
        self.end.get_or_insert(self.bytes.len());
        self.str(text);
    }

    /// How much of [`as_bytes`](Self::as_bytes) is the key, and goes into its digest.
    #[inline]
    pub(crate) fn key_len(&self) -> usize {
        self.end.unwrap_or(self.bytes.len())
    }

    /// A hash of [`as_bytes`](Self::as_bytes), of this process.
    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        self.hash.finish(&self.bytes)
    }

    /// How many bytes were written so far.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Keeps the first `length` bytes, which are not more than there are. Its hash stays that of what
    /// was written.
    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// Appends what was written before and is hashed already.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Says that entries stand in the order of their bytes, in whatever order they were written.
    pub(super) fn is_sorted(&mut self) {
        self.hash.is_sorted();
    }

    /// Says how many items there were in a list.
    #[inline]
    pub(super) fn counted(&mut self, items: usize) {
        self.hash.number(items as u64);
    }

    /// Writes a value of any type that is [`CacheKey`].
    #[inline]
    pub fn value<T: CacheKey + ?Sized>(&mut self, value: &T) {
        value.write(self);
    }

    /// Says that the value has no key, and why.
    ///
    /// What is written instead is random, so that this key equals no other, of no call: the value is
    /// never found in the cache rather than found under a key that isn't its own.
    #[cold]
    pub fn unusable(&mut self, cause: &str) {
        self.put(kind::UNUSABLE, rand::random::<u128>().to_le_bytes());
        self.failure.get_or_insert_with(|| cause.into());
    }

    /// Writes `()`.
    #[inline]
    pub fn unit(&mut self) {
        self.kind(kind::UNIT);
    }

    /// Writes a `bool`.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.kind(if value { kind::TRUE } else { kind::FALSE });
    }

    /// Writes an `f32`. Both zeros are one value, and all NaNs are.
    #[inline]
    pub fn f32(&mut self, value: f32) {
        let value = if value.is_nan() {
            f32::NAN
        } else {
            value + 0.0
        };
        self.put(kind::F32, value.to_bits().to_le_bytes());
    }

    /// Writes an `f64`. Both zeros are one value, and all NaNs are.
    #[inline]
    pub fn f64(&mut self, value: f64) {
        let value = if value.is_nan() {
            f64::NAN
        } else {
            value + 0.0
        };
        self.put(kind::F64, value.to_bits().to_le_bytes());
    }

    /// Writes a `char`.
    #[inline]
    pub fn char(&mut self, value: char) {
        self.put(kind::CHAR, u32::from(value).to_le_bytes());
    }

    /// Writes text.
    #[inline]
    pub fn str(&mut self, value: &str) {
        self.run(kind::STR, value.as_bytes());
    }

    /// Writes bytes, as `[u8]` and `Vec<u8>` are written.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        self.run(kind::BYTES, value);
    }

    #[inline]
    pub(super) fn kind(&mut self, kind: u8) {
        self.hash.kind(kind);
        self.bytes.push(kind);
    }

    /// A value of fixed width.
    #[inline]
    pub(super) fn put<const WIDTH: usize>(&mut self, kind: u8, value: [u8; WIDTH]) {
        self.hash.word(value);
        self.bytes.extend_from_parts([kind], &value);
    }

    /// A value of any length: the length, then the bytes.
    #[inline]
    pub(super) fn run(&mut self, kind: u8, value: &[u8]) {
        self.hash.run(value);
        match u8::try_from(value.len()) {
            Ok(short) if short < LONG => self.bytes.extend_from_parts([kind, short], value),
            _ => {
                self.bytes.push(kind);
                self.long(value.len());
                self.bytes.extend_from_slice(value);
            }
        }
    }

    /// The head of what is of one type, which no hash needs.
    #[inline]
    pub(super) fn head(&mut self, kind: u8, length: u8) {
        self.bytes.extend_from_slice(&[kind, length]);
    }

    /// Bytes that lie in two pieces.
    #[inline]
    pub(super) fn two_runs(&mut self, head: &[u8], tail: &[u8]) {
        match tail.is_empty() {
            true => self.run(kind::BYTES, head),
            false => self.run(kind::BYTES, &[head, tail].concat()),
        }
    }

    #[inline]
    pub(super) fn length(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short) if short < LONG => self.bytes.push(short),
            _ => self.long(length),
        }
    }

    /// A length that takes more than a byte.
    #[cold]
    fn long(&mut self, length: usize) {
        self.bytes
            .extend_from_parts([LONG], &(length as u64).to_le_bytes());
    }

    /// A name inside a structure: its length and its bytes, of no kind. No hash needs it: which names
    /// there are follows from the type, and from what is [`told`](Self::told).
    #[inline]
    pub(super) fn name(&mut self, name: &str) {
        match u8::try_from(name.len()) {
            Ok(short) if short < LONG => self.bytes.extend_from_parts([short], name.as_bytes()),
            _ => {
                self.long(name.len());
                self.bytes.extend_from_slice(name.as_bytes());
            }
        }
    }

    /// A name that tells values of one type apart.
    #[inline]
    pub(super) fn told(&mut self, name: &str) {
        self.hash.run(name.as_bytes());
        self.name(name);
    }
}

macro_rules! write_integers {
    ($($integer:ident: $kind:ident),* $(,)?) => {
        impl KeyWriter {
            $(
                #[doc = concat!("Writes a `", stringify!($integer), "`.")]
                #[inline]
                pub fn $integer(&mut self, value: $integer) {
                    self.put(kind::$kind, value.to_le_bytes());
                }
            )*
        }
    };
}

write_integers! {
    u8: U8, u16: U16, u32: U32, u64: U64, u128: U128,
    i8: I8, i16: I16, i32: I32, i64: I64, i128: I128,
}

impl Default for KeyWriter {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows how long the key is, not what it says: arguments may be secrets.
impl fmt::Debug for KeyWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyWriter")
            .field("length", &self.bytes.len())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
