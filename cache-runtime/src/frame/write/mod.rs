//! How a value writes itself: one serializer, behind which is a codec or the walk beside a shape.
//!
//! A type's `Serialize` is compiled with each serializer that it is given, in the crate of the cached function.
//! So there is this one, and what it writes to is compiled once, here.

mod json;
mod out;
mod strokes;

use std::fmt;

use serde::Serialize;
use serde::ser::Serializer;

use json::Close;
pub(super) use json::Json;
pub(super) use out::{Bincode, MessagePack, Out};
use strokes::Strokes;

use super::shape::{Check, Form, Leaf, Mismatch, Walk};

/// A value of a type that is not known.
pub(crate) trait Written {
    fn write(&self, pen: Pen<'_>) -> Result<(), Mismatch>;
}

impl<T: Serialize> Written for T {
    fn write(&self, pen: Pen<'_>) -> Result<(), Mismatch> {
        self.serialize(pen)
    }
}

/// The serializer of one part.
pub(crate) enum Pen<'p> {
    Check(Check<'p>),
    Bincode(&'p mut Bincode),
    MessagePack(&'p mut MessagePack),
    Json(&'p mut Json),
}

macro_rules! leaves {
    ($($method:ident: $value:ty => $leaf:ident, $to:ident),* $(,)?) => {$(
        fn $method(self, value: $value) -> Result<(), Mismatch> {
            match self {
                Self::Check(check) => check.leaf(|leaf| leaf == Leaf::$leaf),
                Self::Bincode(bincode) => bincode.put(value),
                Self::MessagePack(pack) => pack.put(|pack| pack.$method(value)),
                Self::Json(json) => json.$to(value),
            }
        }
    )*};
}

impl<'p> Pen<'p> {
    fn some(self) -> Result<Self, Mismatch> {
        Ok(match self {
            Self::Check(check) => Self::Check(check.some()?),
            Self::Bincode(bincode) => {
                bincode.put(1_u8)?;
                Self::Bincode(bincode)
            }
            // It is written as what is in it.
            pen @ (Self::MessagePack(_) | Self::Json(_)) => pen,
        })
    }

    fn newtype(self) -> Result<Self, Mismatch> {
        Ok(match self {
            Self::Check(check) => Self::Check(check.newtype()?),
            pen => pen,
        })
    }

    fn record(self, fields: Fields) -> Result<Strokes<'p>, Mismatch> {
        Ok(match self {
            Self::Check(check) => Strokes::Check(Walk::record(check)?),
            Self::Bincode(bincode) => Strokes::Bincode(bincode),
            Self::MessagePack(pack) => {
                pack.fields(fields)?;
                Strokes::MessagePack(pack)
            }
            Self::Json(json) => Strokes::opened(json, fields.close())?,
        })
    }

    /// A variant that holds such fields.
    fn variant(
        self,
        (index, name): (u32, &'static str),
        form: Form,
        fields: Option<Fields>,
    ) -> Result<Strokes<'p>, Mismatch> {
        Ok(match self {
            Self::Check(check) => Strokes::Check(check.variant_of(index, name, form)?),
            Self::Bincode(bincode) => {
                bincode.put(index)?;
                Strokes::Bincode(bincode)
            }
            Self::MessagePack(pack) => {
                pack.fields(Fields::Named(1))?;
                pack.put(|pack| pack.serialize_str(name))?;
                if let Some(fields) = fields {
                    pack.fields(fields)?;
                }
                Strokes::MessagePack(pack)
            }
            Self::Json(json) => {
                let close = match fields {
                    None => Close::Variant,
                    Some(Fields::Placed(_)) => Close::VariantList,
                    Some(Fields::Named(_)) => Close::VariantObject,
                };
                json.variant(name)?;
                Strokes::opened(json, close)?
            }
        })
    }

    /// A sequence or a map, whose length may not be known before its end.
    fn collection(
        self,
        len: Option<usize>,
        walk: fn(Check<'p>, Option<usize>) -> Result<Walk<'p>, Mismatch>,
        fields: fn(usize) -> Fields,
    ) -> Result<Strokes<'p>, Mismatch> {
        Ok(match (self, len) {
            (Self::Check(check), len) => Strokes::Check(walk(check, len)?),
            (Self::Bincode(bincode), len) => {
                // Without its length it can't be written.
                bincode.put(len.ok_or(Mismatch::Failed)?)?;
                Strokes::Bincode(bincode)
            }
            (Self::MessagePack(pack), Some(len)) => {
                pack.fields(fields(len))?;
                Strokes::MessagePack(pack)
            }
            (Self::MessagePack(pack), None) => Strokes::unknown(pack, fields),
            (Self::Json(json), _) => Strokes::opened(json, fields(0).close())?,
        })
    }
}

/// How many fields follow, with names or without.
#[derive(Clone, Copy)]
pub(super) enum Fields {
    Named(usize),
    Placed(usize),
}

impl Fields {
    /// What ends them in text.
    fn close(self) -> Close {
        match self {
            Self::Named(_) => Close::Object,
            Self::Placed(_) => Close::List,
        }
    }
}

impl<'p> Serializer for Pen<'p> {
    type Ok = ();
    type Error = Mismatch;
    type SerializeSeq = Strokes<'p>;
    type SerializeTuple = Strokes<'p>;
    type SerializeTupleStruct = Strokes<'p>;
    type SerializeTupleVariant = Strokes<'p>;
    type SerializeMap = Strokes<'p>;
    type SerializeStruct = Strokes<'p>;
    type SerializeStructVariant = Strokes<'p>;

    leaves! {
        serialize_bool: bool => Bool, plain,
        serialize_i8: i8 => I8, plain,
        serialize_i16: i16 => I16, plain,
        serialize_i32: i32 => I32, plain,
        serialize_i64: i64 => I64, plain,
        serialize_i128: i128 => I128, signed,
        serialize_u8: u8 => U8, plain,
        serialize_u16: u16 => U16, plain,
        serialize_u32: u32 => U32, plain,
        serialize_u64: u64 => U64, plain,
        serialize_u128: u128 => U128, unsigned,
        serialize_f32: f32 => F32, single,
        serialize_f64: f64 => F64, double,
        serialize_char: char => Char, letter,
    }

    fn serialize_str(self, text: &str) -> Result<(), Mismatch> {
        match self {
            Self::Check(check) => check.text(text.len()),
            Self::Bincode(bincode) => bincode.put(text),
            Self::MessagePack(pack) => pack.put(|pack| pack.serialize_str(text)),
            Self::Json(json) => json.text(text),
        }
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Mismatch> {
        match self {
            Self::Check(check) => check.bytes(bytes.len()),
            Self::Bincode(bincode) => bincode.put(bytes),
            Self::MessagePack(pack) => pack.put(|pack| pack.serialize_bytes(bytes)),
            Self::Json(json) => json.bytes(bytes),
        }
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Mismatch> {
        match self {
            // Nobody looks at the text.
            Self::Check(check) => check.text(0),
            pen => pen.serialize_str(&value.to_string()),
        }
    }

    fn serialize_none(self) -> Result<(), Mismatch> {
        match self {
            Self::Check(check) => check.none(),
            Self::Bincode(bincode) => bincode.put(0_u8),
            Self::MessagePack(pack) => pack.put(|pack| pack.serialize_unit()),
            Self::Json(json) => json.null(),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Mismatch> {
        value.serialize(self.some()?)
    }

    fn serialize_unit(self) -> Result<(), Mismatch> {
        match self {
            Self::Check(check) => check.unit(),
            Self::Bincode(_) => Ok(()),
            Self::MessagePack(pack) => pack.put(|pack| pack.serialize_unit()),
            Self::Json(json) => json.null(),
        }
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Mismatch> {
        match self {
            Self::Check(check) => check.unit_struct(),
            Self::Bincode(_) => Ok(()),
            Self::MessagePack(pack) => pack.put(|pack| pack.serialize_unit_struct(name)),
            Self::Json(json) => json.null(),
        }
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Mismatch> {
        match self {
            Self::Check(check) => check.variant_of(index, variant, Form::Bare).map(drop),
            Self::Bincode(bincode) => bincode.put(index),
            Self::MessagePack(pack) => pack.put(|pack| pack.serialize_str(variant)),
            Self::Json(json) => json.text(variant),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        value.serialize(self.newtype()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        let mut strokes = self.variant((index, variant), Form::One, None)?;
        value.serialize(strokes.part()?)?;
        strokes.finish()
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Strokes<'p>, Mismatch> {
        self.collection(len, Walk::sequence, Fields::Placed)
    }

    fn serialize_tuple(self, len: usize) -> Result<Strokes<'p>, Mismatch> {
        self.record(Fields::Placed(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Strokes<'p>, Mismatch> {
        self.record(Fields::Placed(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Strokes<'p>, Mismatch> {
        let fields = Some(Fields::Placed(len));
        self.variant((index, variant), Form::Tuple(len), fields)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Strokes<'p>, Mismatch> {
        self.collection(len, Walk::map, Fields::Named)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Strokes<'p>, Mismatch> {
        self.record(Fields::Named(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Strokes<'p>, Mismatch> {
        let fields = Some(Fields::Named(len));
        self.variant((index, variant), Form::Struct(&[]), fields)
    }

    fn is_human_readable(&self) -> bool {
        match self {
            Self::Check(check) => check.is_for_people(),
            Self::Bincode(_) | Self::MessagePack(_) => false,
            Self::Json(_) => true,
        }
    }
}
