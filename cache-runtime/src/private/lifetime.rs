//! How long a value is kept, where that depends on it: `cache_if`, `ttl_from` and `none_ttl`.

use std::time::{Duration, SystemTime};

use crate::clock::until;

/// What a `ttl_from` may return.
#[diagnostic::on_unimplemented(
    message = "`ttl_from` returns `{Self}`, which says no time",
    label = "not a time",
    note = "return a `Duration`, a whole number of seconds, the `SystemTime` of the end, or an `Option` of these, whose `None` is for `ttl`"
)]
pub trait Lifetime {
    /// In milliseconds; zero for a value that is over already.
    fn millis(self) -> u64;
}

impl Lifetime for Duration {
    fn millis(self) -> u64 {
        // What is left of a millisecond is one, and not over.
        let millis = self.as_nanos().div_ceil(1_000_000);
        u64::try_from(millis).unwrap_or(u64::MAX)
    }
}

impl Lifetime for SystemTime {
    fn millis(self) -> u64 {
        until(self).millis()
    }
}

impl<L: Lifetime> Lifetime for Option<L> {
    fn millis(self) -> u64 {
        self.map_or(u64::MAX, Lifetime::millis)
    }
}

macro_rules! seconds {
    ($($number:ty),*) => {$(
        impl Lifetime for $number {
            fn millis(self) -> u64 {
                // What is below zero is over.
                u64::try_from(self).unwrap_or(0).saturating_mul(1_000)
            }
        }
    )*};
}

seconds!(u32, u64, i32, i64);

/// Whether a value is kept, by the annotation's own closure or fn.
pub fn kept<T: ?Sized>(value: &T, is_kept: impl FnOnce(&T) -> bool) -> bool {
    is_kept(value)
}

/// How long a value is kept, in milliseconds, by the annotation's own closure or fn.
pub fn lifetime<'a, T: ?Sized, L: Lifetime>(value: &'a T, of: impl FnOnce(&'a T) -> L) -> u64 {
    of(value).millis()
}

/// A value that may be nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is never `None`",
    label = "no `Option`",
    note = "remove `none_ttl`, or return an `Option`; what else is not worth keeping as long is told by `ttl_from` or `cache_if`"
)]
pub trait Absent {
    fn is_none(&self) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T> Absent for Option<T> {
    fn is_none(&self) -> bool {
        Option::is_none(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Absent> Absent for std::sync::Arc<T> {
    fn is_none(&self) -> bool {
        T::is_none(self)
    }
}

/// Whether there is no value.
pub fn is_none<T: Absent>(value: &T) -> bool {
    value.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_any_of_its_ways() {
        let second = Duration::from_secs(1);
        assert_eq!(second.millis(), 1_000);
        assert_eq!(
            (Duration::ZERO.millis(), (second / 1_000_000).millis()),
            (0, 1)
        );
        assert_eq!(Some(second).millis(), 1_000);
        assert_eq!(None::<Duration>.millis(), u64::MAX);
        assert_eq!((7_u64.millis(), 7_u32.millis()), (7_000, 7_000));
        assert_eq!((7_i64.millis(), (-7_i64).millis()), (7_000, 0));
        assert_eq!(u64::MAX.millis(), u64::MAX);
        assert_eq!(Duration::MAX.millis(), u64::MAX);
        assert_eq!(SystemTime::UNIX_EPOCH.millis(), 0);
        let far = SystemTime::UNIX_EPOCH + u32::MAX * second;
        assert!((1..1_000 * u64::from(u32::MAX)).contains(&far.millis()));
    }
}
