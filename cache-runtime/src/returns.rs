//! How a function's return type is read: a `Result`, of which only `Ok` is kept, or a plain value.

use std::any::Any;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::value::Cacheable;

/// A mode of reading the return type `R`.
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
    pub(crate) shut: fn(&E) -> Arc<dyn Any + Send + Sync>,
    pub(crate) open: fn(&(dyn Any + Send + Sync)) -> Option<E>,
    /// Holds it across an await, in a future that is `Send`.
    pub(crate) hold: fn(E) -> Box<dyn FnOnce() -> E + Send>,
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
    pub const IS_RESULT: bool = true;

    #[must_use]
    pub fn is_ok(returned: &Result<T, E>) -> bool {
        returned.is_ok()
    }
}

impl<T, E: Clone + Send + Sync + 'static> Probe<Result<T, E>> {
    #[must_use]
    pub fn share(&self) -> Option<ErrorShare<E>> {
        Some(ErrorShare {
            shut: |error| Arc::new(error.clone()),
            open: |error| error.downcast_ref::<E>().cloned(),
            hold: |error| Box::new(move || error),
        })
    }
}

/// What [`Probe`] answers for a return type that is no `Result`.
#[doc(hidden)]
pub trait NotResult<R> {
    const IS_RESULT: bool = false;

    fn is_ok(_returned: &R) -> bool {
        true
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

impl<T, E> NotShared<E> for Probe<Result<T, E>> {}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome<T> = Result<T, String>;
    #[derive(Debug)]
    struct Own;

    #[test]
    fn a_result_is_seen_through_an_alias() {
        use super::NotResult as _;
        const {
            assert!(Probe::<Outcome<u8>>::IS_RESULT);
            assert!(!Probe::<u8>::IS_RESULT);
        }
        assert!(!Probe::<Outcome<u8>>::is_ok(&Err(String::new())));
        assert!(Probe::<u8>::is_ok(&3));
    }

    #[test]
    fn only_an_error_that_can_be_cloned_is_shared() {
        use super::NotShared as _;
        let share = Probe::<Outcome<u8>>::new().share().unwrap();
        let shut = (share.shut)(&"no".to_owned());
        assert_eq!((share.open)(&*shut), Some("no".to_owned()));
        assert!(Probe::<Result<u8, Own>>::new().share().is_none());
    }
}
