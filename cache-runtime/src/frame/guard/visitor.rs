//! The visitor side of the guard: what it hands on is guarded again.

use std::fmt;

use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::access::Access;
use super::{Budget, Guard};

/// A visitor, or a seed, under a budget.
pub(super) struct Guarded<'b, V> {
    pub(super) inner: V,
    pub(super) budget: &'b Budget,
    /// Of a visitor, whether what it visits sets memory aside for each element; of a seed, whether that
    /// is done for its own.
    pub(super) collects: bool,
}

impl<'b, V> Guarded<'b, V> {
    pub(super) fn new(inner: V, budget: &'b Budget) -> Self {
        Self {
            inner,
            budget,
            collects: false,
        }
    }

    pub(super) fn collecting(mut self) -> Self {
        self.collects = true;
        self
    }
}

macro_rules! forward {
    ($($method:ident: $value:ty),* $(,)?) => {$(
        fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Guarded<'_, V> {
    type Value = V::Value;

    forward! {
        visit_bool: bool,
        visit_i8: i8,
        visit_i16: i16,
        visit_i32: i32,
        visit_i64: i64,
        visit_i128: i128,
        visit_u8: u8,
        visit_u16: u16,
        visit_u32: u32,
        visit_u64: u64,
        visit_u128: u128,
        visit_f32: f32,
        visit_f64: f64,
        visit_char: char,
        visit_str: &str,
        visit_borrowed_str: &'de str,
        visit_string: String,
        visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8],
        visit_byte_buf: Vec<u8>,
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self {
            inner: visitor,
            budget,
            ..
        } = self;
        budget.nested(|| visitor.visit_some(Guard::new(inner, budget)))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self {
            inner: visitor,
            budget,
            ..
        } = self;
        budget.nested(|| visitor.visit_newtype_struct(Guard::new(inner, budget)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Self {
            inner: visitor,
            budget,
            collects,
        } = self;
        budget.nested(|| {
            visitor.visit_seq(Access {
                inner,
                budget,
                collects,
            })
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Self {
            inner: visitor,
            budget,
            collects,
        } = self;
        budget.nested(|| {
            visitor.visit_map(Access {
                inner,
                budget,
                collects,
            })
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Self {
            inner: visitor,
            budget,
            ..
        } = self;
        budget.nested(|| visitor.visit_enum(Access::new(inner, budget)))
    }
}
