//! The byte every value begins with.
//!
//! They are part of what Redis holds: a number here never changes and is never used again for
//! another kind, or keys of an older build would be read as something else.

/// The integer that an encoded key is, if it is one, and nothing else.
pub(crate) fn integer(key: &[u8]) -> Option<i64> {
    let (kind, bytes) = key.split_first()?;
    macro_rules! read {
        ($type:ty) => {
            i64::try_from(<$type>::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
    }
    match *kind {
        U8 => read!(u8),
        U16 => read!(u16),
        U32 => read!(u32),
        U64 => read!(u64),
        U128 => read!(u128),
        I8 => read!(i8),
        I16 => read!(i16),
        I32 => read!(i32),
        I64 => read!(i64),
        I128 => read!(i128),
        _ => None,
    }
}

pub(super) const UNIT: u8 = 0x01;
pub(super) const FALSE: u8 = 0x02;
pub(super) const TRUE: u8 = 0x03;
pub(super) const NONE: u8 = 0x04;
pub(super) const SOME: u8 = 0x05;
pub(super) const OK: u8 = 0x06;
pub(super) const ERR: u8 = 0x07;

pub(super) const U8: u8 = 0x10;
pub(super) const U16: u8 = 0x11;
pub(super) const U32: u8 = 0x12;
pub(super) const U64: u8 = 0x13;
pub(super) const U128: u8 = 0x14;
pub(super) const I8: u8 = 0x18;
pub(super) const I16: u8 = 0x19;
pub(super) const I32: u8 = 0x1a;
pub(super) const I64: u8 = 0x1b;
pub(super) const I128: u8 = 0x1c;

pub(super) const F32: u8 = 0x20;
pub(super) const F64: u8 = 0x21;
#[cfg(feature = "rust_decimal")]
pub(super) const DECIMAL: u8 = 0x22;
/// A number that no machine type holds, as text.
#[cfg(feature = "serde_json")]
pub(super) const NUMERAL: u8 = 0x23;
pub(super) const CHAR: u8 = 0x28;

pub(super) const STR: u8 = 0x30;
pub(super) const BYTES: u8 = 0x31;
pub(super) const OS_STR: u8 = 0x32;

pub(super) const SEQUENCE: u8 = 0x40;
pub(super) const TUPLE: u8 = 0x41;
pub(super) const SET: u8 = 0x42;
pub(super) const MAP: u8 = 0x43;
pub(super) const STRUCTURE: u8 = 0x48;
pub(super) const VARIANT: u8 = 0x49;

/// Nanoseconds, signed, 128 bits.
pub(super) const DURATION: u8 = 0x50;
/// Seconds since 1970 in UTC, signed, and nanoseconds after them.
pub(super) const INSTANT: u8 = 0x51;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) const DATE: u8 = 0x52;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) const TIME_OF_DAY: u8 = 0x53;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) const DATE_TIME: u8 = 0x54;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) const UTC_OFFSET: u8 = 0x55;

pub(super) const IPV4: u8 = 0x60;
pub(super) const IPV6: u8 = 0x61;
pub(super) const SOCKET_V4: u8 = 0x62;
pub(super) const SOCKET_V6: u8 = 0x63;
#[cfg(feature = "uuid")]
pub(super) const UUID: u8 = 0x68;

pub(super) const UNUSABLE: u8 = 0xff;
