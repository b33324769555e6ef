//! Numbers, `bool` and `char`.

use std::num::{NonZero, Saturating, Wrapping};

use crate::key::{CacheKey, KeyWriter};

macro_rules! plain {
    ($($plain:ident shows its text: $shows:literal),* $(,)?) => {
        $(
            impl CacheKey for $plain {
                #[inline]
                fn write(&self, writer: &mut KeyWriter) {
                    writer.$plain(*self);
                }

                #[inline]
                fn __shows_text(&self) -> bool {
                    $shows
                }
            }
        )*
    };
}

macro_rules! texts {
    ($($plain:ident),* $(,)?) => {
        plain!($($plain shows its text: true),*);
    };
}

texts!(bool, char, u16, u32, u64, u128, i8, i16, i32, i64, i128);

// `-0.0` and `0.0` are one key and two texts.
plain!(f32 shows its text: false, f64 shows its text: false);

/// A list of these is written as the bytes they are.
impl CacheKey for u8 {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.u8(*self);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
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

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

/// As 64 bits, on every platform.
impl CacheKey for isize {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.i64(*self as i64);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
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

                #[inline]
                fn __shows_text(&self) -> bool {
                    true
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

    #[inline]
    fn __shows_text(&self) -> bool {
        self.0.__shows_text()
    }
}

impl<T: CacheKey> CacheKey for Saturating<T> {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        self.0.write(writer);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        self.0.__shows_text()
    }
}
