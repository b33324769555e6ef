//! What a cached function may return.

use std::any::Any;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be cached: `Clone + Serialize + DeserializeOwned + Send + Sync + 'static`.
///
/// It is implemented for every type that has these. A hit clones the value; return `Arc<T>` where
/// that costs too much, and a hit is a reference count (serde's `rc` feature is on).
///
/// What a type lacks for it is told by the compiler, at the return type: the derive, and of which
/// type within it.
pub trait Cacheable: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Cacheable for T {}

/// A value, or an error, of a type that only those who made it know: the algorithm is compiled once, for all
/// types.
pub(crate) type Erased = Arc<dyn Any + Send + Sync>;

/// Where an erased value is of another type than who made it says: a site has values of one type, and one
/// type of errors.
#[cold]
pub(crate) fn mistyped() -> ! {
    unreachable!("the values of a site are of one type")
}
