//! The parts of a part: sequences, maps, fields and variants, noted as they are asked for.

use std::cell::Cell;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::book::Book;
use super::graph::{Form, NodeId};
use super::trace::{Halt, Tracer};

/// The parts seen in one alternative, in the order in which they were asked for.
pub(super) struct Parts<'b> {
    book: &'b Book,
    flavour: usize,
    depth: u32,
    pub(super) seen: Vec<NodeId>,
}

impl<'b> Parts<'b> {
    pub(super) fn new(book: &'b Book, flavour: usize, depth: u32) -> Self {
        let seen = Vec::new();
        Self {
            book,
            flavour,
            depth,
            seen,
        }
    }

    /// So many parts, one after the other.
    pub(super) fn take(&mut self, left: usize) -> Taken<'_, 'b> {
        Taken { parts: self, left }
    }

    /// Notes what the part that follows is called.
    pub(super) fn name(&self, name: &'static str) {
        self.book.note_sown(name);
    }

    /// The one part, by a deserializer.
    pub(super) fn one<T>(&mut self, drive: impl FnOnce(Tracer<'_>) -> T) -> T {
        let at = Cell::new(None);
        let result = drive(Tracer::new(self.book, &at, self.flavour, self.depth));
        self.seen.extend(at.get());
        result
    }

    /// The next part, by a seed.
    fn sow<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<S::Value, Halt> {
        let (node, result) = self.book.sow(seed, self.flavour, self.depth);
        self.seen.extend(node);
        result
    }
}

/// A number of parts to hand out.
pub(super) struct Taken<'p, 'b> {
    parts: &'p mut Parts<'b>,
    left: usize,
}

impl SeqAccess<'static> for Taken<'_, '_> {
    type Error = Halt;

    fn next_element_seed<S: DeserializeSeed<'static>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Halt> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.parts.sow(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl MapAccess<'static> for Taken<'_, '_> {
    type Error = Halt;

    fn next_key_seed<S: DeserializeSeed<'static>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Halt> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<S::Value, Halt> {
        self.parts.sow(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// One variant of an enum; the form stays [`Form::Refused`] until the type asks what it holds.
pub(super) struct Variants<'p, 'b> {
    index: usize,
    parts: &'p mut Parts<'b>,
    form: &'p Cell<Form>,
}

impl<'p, 'b> Variants<'p, 'b> {
    pub(super) fn new(index: usize, parts: &'p mut Parts<'b>, form: &'p Cell<Form>) -> Self {
        Self { index, parts, form }
    }
}

impl<'p, 'b> EnumAccess<'static> for Variants<'p, 'b> {
    type Error = Halt;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'static>>(self, seed: S) -> Result<(S::Value, Self), Halt> {
        // Slices are never longer than a u32 counts here: each variant is a node's alternative.
        let index: U32Deserializer<Halt> = (self.index as u32).into_deserializer();
        let value = seed.deserialize(index)?;
        Ok((value, self))
    }
}

impl VariantAccess<'static> for Variants<'_, '_> {
    type Error = Halt;

    fn unit_variant(self) -> Result<(), Halt> {
        self.form.set(Form::Bare);
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'static>>(self, seed: S) -> Result<S::Value, Halt> {
        self.form.set(Form::One);
        self.parts.sow(seed)
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Halt> {
        self.form.set(Form::Tuple(len));
        visitor.visit_seq(self.parts.take(len))
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.form.set(Form::Struct(fields));
        visitor.visit_seq(self.parts.take(fields.len()))
    }
}
