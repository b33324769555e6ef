//! The walk over one value: what it writes beside what its type reads.

use std::fmt;

use serde::Serialize;
use serde::ser::Serializer;

use super::super::graph::{Form, Kind, Leaf};
use super::parts::Walk;
use super::{Check, Mismatch, Want};

macro_rules! leaves {
    ($($method:ident: $value:ty => $($leaf:ident)|*),* $(,)?) => {$(
        fn $method(self, _: $value) -> Result<(), Mismatch> {
            self.leaf(|leaf| matches!(leaf, $(Leaf::$leaf)|*))
        }
    )*};
}

impl<'g> Serializer for Check<'g> {
    type Ok = ();
    type Error = Mismatch;
    type SerializeSeq = Walk<'g>;
    type SerializeTuple = Walk<'g>;
    type SerializeTupleStruct = Walk<'g>;
    type SerializeTupleVariant = Walk<'g>;
    type SerializeMap = Walk<'g>;
    type SerializeStruct = Walk<'g>;
    type SerializeStructVariant = Walk<'g>;

    leaves! {
        serialize_bool: bool => Bool,
        serialize_i8: i8 => I8,
        serialize_i16: i16 => I16,
        serialize_i32: i32 => I32,
        serialize_i64: i64 => I64,
        serialize_i128: i128 => I128,
        serialize_u8: u8 => U8,
        serialize_u16: u16 => U16,
        serialize_u32: u32 => U32,
        serialize_u64: u64 => U64,
        serialize_u128: u128 => U128,
        serialize_f32: f32 => F32,
        serialize_f64: f64 => F64,
        serialize_char: char => Char,
    }

    fn serialize_str(self, text: &str) -> Result<(), Mismatch> {
        self.pass(text.len())?;
        // The codecs write text as bytes with a length, so a type may read it as bytes.
        self.leaf(|leaf| matches!(leaf, Leaf::Str | Leaf::String | Leaf::Bytes))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Mismatch> {
        self.pass(bytes.len())?;
        match self.want.node() {
            // bincode writes a sequence of bytes just so.
            Some((graph, node)) if node.kind == Kind::Seq => {
                Walk::elements(self, graph, node)?.next(&0_u8)
            }
            _ => self.leaf(|leaf| leaf == Leaf::Bytes),
        }
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Mismatch> {
        self.serialize_str("")
    }

    fn serialize_none(self) -> Result<(), Mismatch> {
        self.nothing()?;
        match (self.want, self.want.node()) {
            (Want::Leaf(_), _) => Err(Mismatch::Structure),
            (_, Some((_, node))) if node.kind != Kind::Option => Err(Mismatch::Structure),
            _ => Ok(()),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Mismatch> {
        let want = match (self.want, self.want.node()) {
            (Want::Leaf(_), _) => return Err(Mismatch::Structure),
            (_, None) => Want::Anything,
            (_, Some((graph, node))) if node.kind == Kind::Option => {
                let part = node
                    .alternatives
                    .first()
                    .and_then(|some| some.parts.first());
                part.map_or(Want::Anything, |part| Want::Node(graph, *part))
            }
            _ => return Err(Mismatch::Structure),
        };
        value.serialize(Self {
            in_some: true,
            ..self.inside(want, 1)?
        })
    }

    fn serialize_unit(self) -> Result<(), Mismatch> {
        self.nothing()?;
        self.leaf(|leaf| matches!(leaf, Leaf::Unit | Leaf::UnitStruct(_)))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Mismatch> {
        self.leaf(|leaf| matches!(leaf, Leaf::Unit | Leaf::UnitStruct(_)))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Mismatch> {
        self.variant(index, variant, |form| form == Form::Bare)
            .map(drop)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        let in_some = self.in_some;
        value.serialize(Self {
            in_some,
            ..self.inside(self.want, 1)?
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        let mut walk = self.variant(index, variant, |form| form == Form::One)?;
        walk.next(value)?;
        walk.finish()
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Walk<'g>, Mismatch> {
        Walk::sequence(self, len)
    }

    fn serialize_tuple(self, _: usize) -> Result<Walk<'g>, Mismatch> {
        Walk::record(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Walk<'g>, Mismatch> {
        Walk::record(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Walk<'g>, Mismatch> {
        self.variant(index, variant, |form| form == Form::Tuple(len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Walk<'g>, Mismatch> {
        Walk::map(self, len)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Walk<'g>, Mismatch> {
        Walk::record(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Walk<'g>, Mismatch> {
        self.variant(index, variant, |form| matches!(form, Form::Struct(_)))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
