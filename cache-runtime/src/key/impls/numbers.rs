//! Numbers, `bool` and `char`.

use std::num::{NonZero, Saturating, Wrapping};

use crate::key::{CacheKey, KeyWriter};

macro_rules! plain {
    ($($plain:ident),* $(,)?) => {
        $(
            impl CacheKey for $plain {
                #[inline]
                fn write(&self, writer: &mut KeyWriter) {
                    writer.$plain(*self);
                }
            }
        )*
    };
}

plain!(
    bool, char, f32, f64, u16, u32, u64, u128, i8, i16, i32, i64, i128
);

/// A list of these is written as the bytes they are.
impl CacheKey for u8 {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.u8(*self);
    }

    #[inline]
    fn write_list(head: &[Self], tail: &[Self], writer: &mut KeyWriter) {
        writer.two_runs(head, tail);
    }
}

/// As 64 bits, on every platform.
impl CacheKey for usize {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.u64(*self as u64);
    }
}

/// As 64 bits, on every platform.
impl CacheKey for isize {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.i64(*self as i64);
    }
}

macro_rules! non_zero {
    ($($plain:ident),* $(,)?) => {
        $(
            impl CacheKey for NonZero<$plain> {
                #[inline]
                fn write(&self, writer: &mut KeyWriter) {
                    self.get().write(writer);
                }
            }
        )*
    };
}

non_zero!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

impl<T: CacheKey> CacheKey for Wrapping<T> {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        self.0.write(writer);
    }
}

impl<T: CacheKey> CacheKey for Saturating<T> {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        self.0.write(writer);
    }
}
