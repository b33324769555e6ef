//! Whether two values of a type are alike, as far as the type can tell: by its `PartialEq`, or by
//! its `Debug` text.

use std::any::Any;
use std::fmt::Write;
use std::marker::PhantomData;

use crate::returns::{Fallible, Plain};

/// Whether two values of one type are equal, by its `PartialEq`.
pub(crate) type Equality = fn(&dyn Any, &dyn Any) -> bool;

/// The `Debug` text of a value, unless it fails.
pub(crate) type DebugText = fn(&dyn Any) -> Option<String>;

/// What a type has to compare its values with. A site does not know its values' type, so they are
/// handed over as `Any`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Likeness {
    pub(crate) equal: Option<Equality>,
    pub(crate) text: Option<DebugText>,
}

/// Finds what the value in a return type `R`, read by mode `M`, can be compared with: an inherent
/// method answers where its bounds hold, the trait's of the same name otherwise.
#[doc(hidden)]
#[derive(Debug)]
pub struct Compare<M, R>(PhantomData<fn() -> (M, R)>);

impl<M, R> Compare<M, R> {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made by generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The methods for one mode, whose return type holds a `T`.
macro_rules! compares {
    ($mode:ident, $returned:ty, <$($other:ident)?>) => {
        impl<T: PartialEq + 'static $(, $other)?> Compare<$mode, $returned> {
            #[must_use]
            pub fn __equality(&self) -> Option<Equality> {
                Some(equal::<T>)
            }
        }

        impl<T: std::fmt::Debug + 'static $(, $other)?> Compare<$mode, $returned> {
            #[must_use]
            pub fn __debug_text(&self) -> Option<DebugText> {
                Some(text::<T>)
            }
        }
    };
}

compares!(Plain, T, <>);
compares!(Fallible, Result<T, E>, <E>);

/// What [`Compare`] answers for a value without `PartialEq`.
#[doc(hidden)]
pub trait NotEqual {
    fn __equality(&self) -> Option<Equality> {
        None
    }
}

impl<M, R> NotEqual for Compare<M, R> {}

/// What [`Compare`] answers for a value without `Debug`.
#[doc(hidden)]
pub trait NotShown {
    fn __debug_text(&self) -> Option<DebugText> {
        None
    }
}

impl<M, R> NotShown for Compare<M, R> {}

fn equal<T: PartialEq + 'static>(one: &dyn Any, other: &dyn Any) -> bool {
    let values = one.downcast_ref::<T>().zip(other.downcast_ref::<T>());
    values.is_some_and(|(one, other)| one == other)
}

fn text<T: std::fmt::Debug + 'static>(value: &dyn Any) -> Option<String> {
    let mut text = String::new();
    write!(text, "{:?}", value.downcast_ref::<T>()?).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Shown;
    struct Hidden;
    type Outcome<T> = Result<T, Hidden>;

    macro_rules! has {
        ($mode:ty, $returned:ty) => {{
            #[allow(
                clippy::allow_attributes,
                unused_imports,
                reason = "not each type is without"
            )]
            use super::{NotEqual as _, NotShown as _};
            let compare = Compare::<$mode, $returned>::new();
            (
                compare.__equality().is_some(),
                compare.__debug_text().is_some(),
            )
        }};
    }

    #[test]
    fn what_a_type_has_is_found_without_a_bound_on_it() {
        assert_eq!(has!(Plain, u32), (true, true));
        assert_eq!(has!(Plain, Shown), (false, true));
        assert_eq!(has!(Plain, Hidden), (false, false));
        assert_eq!(has!(Plain, Outcome<u32>), (false, false), "all of it");
        assert_eq!(has!(Fallible, Outcome<u32>), (true, true), "what is kept");
        assert_eq!(has!(Fallible, Outcome<Hidden>), (false, false));
    }

    #[test]
    fn values_of_another_type_are_not_equal_and_have_no_text() {
        let equal = Compare::<Plain, u32>::new().__equality().unwrap();
        assert!(equal(&1_u32, &1_u32));
        assert!(!equal(&1_u32, &2_u32));
        assert!(!equal(&1_u32, &1_u64));
        let text = Compare::<Plain, u32>::new().__debug_text().unwrap();
        assert_eq!(text(&7_u32), Some("7".to_owned()));
        assert_eq!(text(&7_u64), None);
    }
}
