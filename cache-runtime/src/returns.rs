//! How a function's return type is read: a `Result`, of which only `Ok` is kept, or a plain value.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::value::{Cacheable, Erased, mistyped};

/// A mode of reading the return type `R`, and what is kept of it. It asks nothing of the value, so
/// that a companion's signature can name it: what a value lacks is told once, by [`Returns`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{R}` is not a `Result`",
    label = "this return type was taken for a `Result`, by its name or by `fallible`",
    note = "if it is a plain value whose name ends in `Result`, say `fallible = false` in #[cached]"
)]
pub trait Reads<R> {
    type Value;
}

/// A mode of reading the return type `R`, of which the value can be cached.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{R}` is not a `Result`",
    label = "this return type was taken for a `Result`, by its name or by `fallible`",
    note = "if it is a plain value whose name ends in `Result`, say `fallible = false` in #[cached]"
)]
pub trait Returns<R> {
    type Value: Cacheable;
    type Error;

    fn split(returned: R) -> Result<Self::Value, Self::Error>;
    fn value(value: Self::Value) -> R;
    fn error(error: Self::Error) -> R;
}

/// The function returns a `Result`.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Fallible;

/// The function returns a plain value.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl<T, E> Reads<Result<T, E>> for Fallible {
    type Value = T;
}

impl<T> Reads<T> for Plain {
    type Value = T;
}

impl<T: Cacheable, E> Returns<Result<T, E>> for Fallible {
    type Value = T;
    type Error = E;

    fn split(returned: Result<T, E>) -> Result<T, E> {
        returned
    }

    fn value(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn error(error: E) -> Result<T, E> {
        Err(error)
    }
}

/// What no function returns: with one type alone to read, the compiler would take each other for a
/// `Result`, and report that too.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unreturned;

impl Returns<Unreturned> for Fallible {
    type Value = ();
    type Error = Infallible;

    fn split(_: Unreturned) -> Result<(), Infallible> {
        Ok(())
    }

    fn value((): ()) -> Unreturned {
        Unreturned
    }

    fn error(error: Infallible) -> Unreturned {
        match error {}
    }
}

impl<T: Cacheable> Returns<T> for Plain {
    type Value = T;
    type Error = Infallible;

    fn split(returned: T) -> Result<T, Infallible> {
        Ok(returned)
    }

    fn value(value: T) -> T {
        value
    }

    fn error(error: Infallible) -> T {
        match error {}
    }
}

/// How an error of type `E` is shared between the callers of one load.
#[doc(hidden)]
#[derive(Debug)]
pub struct ErrorShare<E> {
    pub(crate) shut: fn(E) -> Erased,
    /// The last that opens it has the error itself, and the others a clone.
    pub(crate) open: fn(Erased) -> E,
}

impl<E> Clone for ErrorShare<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for ErrorShare<E> {}

/// Asks questions of a return type without a bound on it: an inherent item answers where its
/// bounds hold, the trait of the same name otherwise.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<R>(PhantomData<fn() -> R>);

impl<R> Probe<R> {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made by generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T, E> Probe<Result<T, E>> {
    /// Tells a `Result`, whose `Err` is not kept.
    #[must_use]
    pub const fn kind(&self) -> IsResult {
        IsResult
    }

    #[must_use]
    pub fn is_ok(returned: &Result<T, E>) -> bool {
        returned.is_ok()
    }

    /// The value that is kept of it.
    #[must_use]
    pub fn kept(returned: &Result<T, E>) -> Option<&T> {
        returned.as_ref().ok()
    }
}

impl<T, E: Clone + Send + Sync + 'static> Probe<Result<T, E>> {
    #[must_use]
    pub fn share(&self) -> Option<ErrorShare<E>> {
        Some(ErrorShare {
            shut: |error| Arc::new(error),
            open: |error| match error.downcast::<E>() {
                Ok(error) => Arc::unwrap_or_clone(error),
                Err(_) => mistyped(),
            },
        })
    }
}

/// What [`Probe`] answers for a `Result`, under whatever name.
#[doc(hidden)]
#[derive(Debug)]
pub struct IsResult;

/// What [`Probe`] answers for any other return type.
#[doc(hidden)]
#[derive(Debug)]
pub struct IsPlain;

/// A return type of which every value is kept.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this return type is a `Result` under another name",
    label = "an `Err` of it would be cached too",
    note = "add `fallible` to #[cached], so that only `Ok` is; or `fallible = false`, if errors are to be cached"
)]
pub trait KeptWhole {}

impl KeptWhole for IsPlain {}

/// A return type of which `Ok` can be told.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this return type is no `Result`",
    label = "`on = \"ok\"` invalidates where the fn returned `Ok`",
    note = "remove `on`, or return a `Result`"
)]
pub trait TellsOk {}

impl TellsOk for IsResult {}

/// What [`Probe`] answers for a return type that is no `Result`.
#[doc(hidden)]
pub trait NotResult<R> {
    fn kind(&self) -> IsPlain {
        IsPlain
    }

    fn is_ok(_returned: &R) -> bool {
        true
    }

    fn kept(returned: &R) -> Option<&R> {
        Some(returned)
    }
}

impl<R> NotResult<R> for Probe<R> {}

/// What [`Probe`] answers for an error that can't be shared.
#[doc(hidden)]
pub trait NotShared<E> {
    fn share(&self) -> Option<ErrorShare<E>> {
        None
    }
}

impl<R, E> NotShared<E> for Probe<R> {}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome<T> = Result<T, String>;
    #[derive(Debug)]
    struct Own;

    #[test]
    fn a_result_is_seen_through_an_alias() {
        use super::NotResult as _;
        let IsResult = Probe::<Outcome<u8>>::new().kind();
        let IsPlain = Probe::<u8>::new().kind();
        assert!(!Probe::<Outcome<u8>>::is_ok(&Err(String::new())));
        assert!(Probe::<u8>::is_ok(&3));
        assert_eq!(Probe::<Outcome<u8>>::kept(&Ok(3)), Some(&3));
        assert_eq!(Probe::<Outcome<u8>>::kept(&Err(String::new())), None);
        assert_eq!(Probe::<u8>::kept(&3), Some(&3));
    }

    #[test]
    fn only_an_error_that_can_be_cloned_is_shared() {
        use super::NotShared as _;
        let share = Probe::<Outcome<u8>>::new().share().unwrap();
        let shut = (share.shut)("no".to_owned());
        assert_eq!((share.open)(shut), "no".to_owned());
        let share: Option<ErrorShare<Own>> = Probe::<Result<u8, Own>>::new().share();
        assert!(share.is_none());
    }
}
