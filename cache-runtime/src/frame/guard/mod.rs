//! A deserializer around another that bounds depth, work, memory and pre-allocation.
//!
//! bincode recurses as deep as its input says and loops as long as a length says, even over
//! elements that take no bytes, or one where each takes many in memory; a type's own `Deserialize`
//! may allocate what a length promises. The guard ends all of these with an ordinary error.

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

/// Memory that the elements of collections may take beyond what the payload's bytes pay for, in bytes.
const FREE_MEMORY: u64 = 64 << 20;

/// Their memory for a byte of payload, in bytes: what an empty string takes is 24 for one.
const MEMORY_PER_BYTE: u64 = 32;

/// What is left of depth, work and memory for one payload.
pub(super) struct Budget {
    depth: Cell<u32>,
    elements: Cell<u64>,
    memory: Cell<u64>,
    is_spent: Cell<bool>,
}

impl Budget {
    /// For a payload of so many bytes, of which so many pay for memory.
    pub(super) fn for_payload(len: usize, paying: usize) -> Self {
        let elements = (len as u64).saturating_mul(ELEMENTS_PER_BYTE);
        let memory = (paying as u64).saturating_mul(MEMORY_PER_BYTE);
        Self {
            depth: Cell::new(MAX_DEPTH),
            elements: Cell::new(elements.saturating_add(FREE_ELEMENTS)),
            memory: Cell::new(memory.saturating_add(FREE_MEMORY)),
            is_spent: Cell::new(false),
        }
    }

    /// Whether the payload asked for more work or memory than it may.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.get()
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

    /// Takes one element off, and what a collection sets aside for it.
    fn element<E: Error>(&self, size: usize) -> Result<(), E> {
        let elements = self.elements.get().checked_sub(1);
        let memory = self.memory.get().checked_sub(size as u64);
        let (Some(elements), Some(memory)) = (elements, memory) else {
            self.is_spent.set(true);
            return Err(E::custom("more elements than the bytes can hold"));
        };
        self.elements.set(elements);
        self.memory.set(memory);
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

/// The same of what may be a collection, which sets memory aside for each of its elements. The fields of
/// a struct or tuple are within what was set aside for that.
macro_rules! forward_collection {
    ($($method:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.wrap(visitor).collecting();
            self.inner.$method(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guard<'_, D> {
    type Error = D::Error;

    forward! {
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
        deserialize_identifier => deserialize_identifier,
        deserialize_ignored_any => deserialize_ignored_any,
    }

    forward_collection! { deserialize_any, deserialize_seq, deserialize_map }

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
