//! The type of a site's values, as far as a site is told by it.

use std::any::TypeId;

use crate::frame::{Shape, shape};
use crate::value::Cacheable;

/// A type of values: two versions of one crate share all names, but not the id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValueType {
    /// A fn, as a constant can't have the id before Rust 1.91.
    id: fn() -> TypeId,
    /// Looks at the type; code of the crate that has it.
    pub(super) shape: fn() -> Shape,
}

impl ValueType {
    pub(crate) const fn of<V: Cacheable>() -> Self {
        Self {
            id: TypeId::of::<V>,
            shape: shape::<V>,
        }
    }

    pub(crate) fn id(&self) -> TypeId {
        (self.id)()
    }
}
