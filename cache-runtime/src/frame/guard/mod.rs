//! A deserializer around another that bounds depth, work and pre-allocation.
//!
//! bincode recurses as deep as its input says and loops as long as a length says, even over
//! elements that take no bytes; a type's own `Deserialize` may allocate what a length promises.
//! The guard ends all three with an ordinary error.

mod access;
mod visitor;

use std::cell::Cell;

use serde::de::{Deserializer, Error, Visitor};

use visitor::Guarded;

/// How deep values may nest: a debug build stays within half of a worker thread's stack, which a
/// test tries.
pub(super) const MAX_DEPTH: u32 = 256;

/// The largest length that a type is told to expect; longer ones grow as they are read.
const MAX_HINT: usize = 4096;

/// Elements allowed beyond those that the payload's bytes pay for, as some take no bytes.
const FREE_ELEMENTS: u64 = 1 << 20;

/// Elements allowed for a byte of payload.
const ELEMENTS_PER_BYTE: u64 = 16;

/// What is left of depth and work for one payload.
pub(super) struct Budget {
    depth: Cell<u32>,
    elements: Cell<u64>,
}

impl Budget {
    pub(super) fn for_payload(len: usize) -> Self {
        let paid = (len as u64).saturating_mul(ELEMENTS_PER_BYTE);
        Self {
            depth: Cell::new(MAX_DEPTH),
            elements: Cell::new(paid.saturating_add(FREE_ELEMENTS)),
        }
    }

    /// Runs a step one level deeper.
    fn nested<T, E: Error>(&self, step: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let depth = self.depth.get();
        if depth == 0 {
            return Err(E::custom("nested too deeply"));
        }
        self.depth.set(depth - 1);
        let result = step();
        self.depth.set(depth);
        result
    }

    /// Takes one element off.
    fn element<E: Error>(&self) -> Result<(), E> {
        let left = self.elements.get();
        if left == 0 {
            return Err(E::custom("more elements than the bytes can hold"));
        }
        self.elements.set(left - 1);
        Ok(())
    }
}

/// A deserializer under a budget.
pub(super) struct Guard<'b, D> {
    inner: D,
    budget: &'b Budget,
}

impl<'b, D> Guard<'b, D> {
    pub(super) fn new(inner: D, budget: &'b Budget) -> Self {
        Self { inner, budget }
    }

    fn wrap<V>(&self, visitor: V) -> Guarded<'b, V> {
        Guarded::new(visitor, self.budget)
    }
}

macro_rules! forward {
    ($($method:ident => $to:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.wrap(visitor);
            self.inner.$to(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guard<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_any => deserialize_any,
        deserialize_bool => deserialize_bool,
        deserialize_i8 => deserialize_i8,
        deserialize_i16 => deserialize_i16,
        deserialize_i32 => deserialize_i32,
        deserialize_i64 => deserialize_i64,
        deserialize_i128 => deserialize_i128,
        deserialize_u8 => deserialize_u8,
        deserialize_u16 => deserialize_u16,
        deserialize_u32 => deserialize_u32,
        deserialize_u64 => deserialize_u64,
        deserialize_u128 => deserialize_u128,
        deserialize_f32 => deserialize_f32,
        deserialize_f64 => deserialize_f64,
        deserialize_char => deserialize_char,
        deserialize_str => deserialize_str,
        deserialize_bytes => deserialize_bytes,
        // Owned text is read as borrowed: the same bytes, but a length that lies can't make the
        // codec allocate, since the slice is cut before it is copied.
        deserialize_string => deserialize_str,
        deserialize_byte_buf => deserialize_bytes,
        deserialize_option => deserialize_option,
        deserialize_unit => deserialize_unit,
        deserialize_seq => deserialize_seq,
        deserialize_map => deserialize_map,
        deserialize_identifier => deserialize_identifier,
        deserialize_ignored_any => deserialize_ignored_any,
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.wrap(visitor);
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.wrap(visitor);
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.wrap(visitor);
        self.inner.deserialize_tuple(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.wrap(visitor);
        self.inner.deserialize_tuple_struct(name, len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.wrap(visitor);
        self.inner.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.wrap(visitor);
        self.inner.deserialize_enum(name, variants, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}
