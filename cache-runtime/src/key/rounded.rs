//! Floats rounded to a number of decimals.

use super::{CacheKey, KeyWriter, kind};

/// A float, or a collection of them, that `#[cache_key(round = 3)]` writes rounded to so many
/// decimals, so that near-equal values share an entry.
///
/// A value half-way goes away from zero. One so large that it has no such decimals, an infinity or a
/// NaN is written as it is.
#[diagnostic::on_unimplemented(
    message = "`round` needs a float, and `{Self}` is none",
    label = "not `Rounded`",
    note = "`round` is for `f32`, `f64`, and `Option`, `Vec`, slices, arrays, `Box` and references of them",
    note = "for another type, write the field with `#[cache_key(with = path)]`"
)]
pub trait Rounded {
    /// Writes the value, as one value, rounded to `decimals` decimals.
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter);
}

impl Rounded for f64 {
    #[inline]
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        writer.f64(round(*self, decimals));
    }
}

impl Rounded for f32 {
    /// Rounds in 64 bits, where the scaled value is exact enough, then goes back.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding back to the type's own precision"
    )]
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        writer.f32(round(f64::from(*self), decimals) as f32);
    }
}

impl<T: Rounded> Rounded for Option<T> {
    #[inline]
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        match self {
            None => writer.kind(kind::NONE),
            Some(value) => {
                writer.kind(kind::SOME);
                value.write_rounded(decimals, writer);
            }
        }
    }
}

impl<T: Rounded> Rounded for [T] {
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        writer.sequence(self.iter().map(|value| Decimals { value, decimals }));
    }
}

impl<T: Rounded, const N: usize> Rounded for [T; N] {
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        self.as_slice().write_rounded(decimals, writer);
    }
}

impl<T: Rounded> Rounded for Vec<T> {
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        self.as_slice().write_rounded(decimals, writer);
    }
}

impl<T: Rounded + ?Sized> Rounded for &T {
    #[inline]
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        T::write_rounded(self, decimals, writer);
    }
}

impl<T: Rounded + ?Sized> Rounded for Box<T> {
    #[inline]
    fn write_rounded(&self, decimals: u8, writer: &mut KeyWriter) {
        T::write_rounded(self, decimals, writer);
    }
}

/// A rounded value as an item of a list.
struct Decimals<'a, T> {
    value: &'a T,
    decimals: u8,
}

impl<T: Rounded> CacheKey for Decimals<'_, T> {
    fn write(&self, writer: &mut KeyWriter) {
        self.value.write_rounded(self.decimals, writer);
    }
}

#[inline]
fn round(value: f64, decimals: u8) -> f64 {
    let scale = 10_f64.powi(i32::from(decimals));
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { value }
}
