//! How a type reads its values: one deserializer, behind which is a payload or the tracing of a shape.
//!
//! A type's `Deserialize` is compiled with each deserializer that it is given, in the crate of the cached
//! function. So there is this one, and what it asks of the payload or the tracing is compiled once, here.

mod bincode;
mod budget;
mod json;
mod message_pack;
mod parts;
mod payload;
mod token;

use std::any::{TypeId, type_name};
use std::fmt;

use serde::de::{Deserializer, Error, Expected, Visitor};

pub(super) use budget::{Budget, MAX_DEPTH};
use parts::Parts;
pub(super) use parts::Sown;
pub(super) use payload::{Payload, Source};
pub(super) use token::Token;

use super::shape::{Kind, Leaf, Refusal, Tracer};

/// A value could not be read: the sample was refused, or the payload does not hold one.
#[derive(Debug)]
pub(crate) struct Halt;

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was given is not such a value")
    }
}

impl std::error::Error for Halt {}

impl Error for Halt {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// The deserializer of one part.
pub(crate) enum Reader<'r, 'de> {
    Trace(Tracer<'r>),
    Payload(Payload<'r, 'de>),
    /// A part that was read already.
    Given(Token<'de>),
}

/// Who asks for a part.
pub(super) struct Met<'v> {
    pub(super) id: TypeId,
    pub(super) name: &'static str,
    pub(super) expects: &'v dyn Expected,
}

impl<'v> Met<'v> {
    fn of<'de, V: Visitor<'de>>(visitor: &'v V) -> Self {
        Self {
            id: typeid::of::<V>(),
            name: type_name::<V>(),
            expects: visitor,
        }
    }
}

/// A value without parts, and who is to be told if it is refused.
struct Offer<'r, 'de> {
    token: Token<'de>,
    refusal: Option<Refusal<'r>>,
}

impl Offer<'_, '_> {
    fn settle(refusal: Option<Refusal<'_>>, is_refused: bool) {
        if let (Some(refusal), true) = (refusal, is_refused) {
            refusal.tell();
        }
    }
}

/// Whatever the input holds.
enum Anything<'r, 'de> {
    Leaf(Offer<'r, 'de>),
    Parts(Parts<'r, 'de>, Option<Refusal<'r>>),
}

impl<'r, 'de> Reader<'r, 'de> {
    fn begin(self, met: &Met<'_>, kind: Kind) -> Result<Parts<'r, 'de>, Halt> {
        match self {
            Self::Trace(tracer) => tracer.begin(met, kind).map(Parts::traced),
            Self::Payload(payload) => payload.begin(kind),
            Self::Given(_) => Err(Halt),
        }
    }

    fn anything(self, met: &Met<'_>, how: &'static str) -> Result<Anything<'r, 'de>, Halt> {
        match self {
            Self::Trace(tracer) => {
                let (token, refusal) = tracer.any(met, how)?;
                let refusal = Some(refusal);
                Ok(match token {
                    Token::Seq(_) => Anything::Parts(Parts::none(false), refusal),
                    Token::Map(_) => Anything::Parts(Parts::none(true), refusal),
                    token => Anything::Leaf(Offer { token, refusal }),
                })
            }
            Self::Payload(payload) => payload.anything(),
            Self::Given(token) => Ok(Anything::Leaf(Offer::of(token))),
        }
    }

    fn offer(self, met: &Met<'_>, leaf: Leaf) -> Result<Offer<'r, 'de>, Halt> {
        match self {
            Self::Trace(tracer) => {
                let (token, refusal) = tracer.offer(met, leaf)?;
                let refusal = Some(refusal);
                Ok(Offer { token, refusal })
            }
            Self::Payload(payload) => payload.leaf(leaf).map(Offer::of),
            Self::Given(token) => Ok(Offer::of(token)),
        }
    }

    fn leaf<V: Visitor<'de>>(self, leaf: Leaf, visitor: V) -> Result<V::Value, Halt> {
        let Offer { token, refusal } = self.offer(&Met::of(&visitor), leaf)?;
        let result = token.give(visitor);
        Offer::settle(refusal, result.is_err());
        result
    }

    /// A number as its bits, and in registers, where it is read by position: a list may have many.
    #[inline]
    fn number<V: Visitor<'de>>(
        self,
        leaf: Leaf,
        visitor: V,
        give: impl FnOnce(V, u64) -> Result<V::Value, Halt>,
    ) -> Result<V::Value, Halt> {
        match self {
            Self::Payload(Payload {
                source: Source::Bincode(bincode),
                ..
            }) => give(visitor, bincode.number(leaf)?),
            other => other.leaf(leaf, visitor),
        }
    }

    #[inline]
    fn text<V: Visitor<'de>>(self, leaf: Leaf, visitor: V) -> Result<V::Value, Halt> {
        match self {
            Self::Payload(Payload {
                source: Source::Bincode(bincode),
                ..
            }) => visitor.visit_borrowed_str(bincode.text()?),
            other => other.leaf(leaf, visitor),
        }
    }

    /// What is read as bytes: with names it may be there as a sequence.
    fn bytes<V: Visitor<'de>>(self, leaf: Leaf, visitor: V) -> Result<V::Value, Halt> {
        match self {
            Self::Payload(payload) if payload.holds_parts() => {
                Self::Payload(payload).parts(Kind::Seq, visitor)
            }
            reader => reader.leaf(leaf, visitor),
        }
    }

    fn parts<V: Visitor<'de>>(self, kind: Kind, visitor: V) -> Result<V::Value, Halt> {
        let mut parts = self.begin(&Met::of(&visitor), kind)?;
        let result = match parts.is_map() {
            false => visitor.visit_seq(parts.each()),
            true => visitor.visit_map(parts.each()),
        };
        parts.finish(result.is_err())?;
        result
    }

    /// Whatever is there, for who can read anything.
    fn any<V: Visitor<'de>>(self, how: &'static str, visitor: V) -> Result<V::Value, Halt> {
        match self.anything(&Met::of(&visitor), how)? {
            Anything::Leaf(Offer { token, refusal }) => {
                let result = token.give(visitor);
                Offer::settle(refusal, result.is_err());
                result
            }
            Anything::Parts(mut parts, refusal) => {
                let result = match parts.is_map() {
                    false => visitor.visit_seq(parts.each()),
                    true => visitor.visit_map(parts.each()),
                };
                Offer::settle(refusal, result.is_err());
                parts.finish(result.is_err())?;
                result
            }
        }
    }
}

impl<'de> Offer<'_, 'de> {
    fn of(token: Token<'de>) -> Self {
        Self {
            token,
            refusal: None,
        }
    }
}

macro_rules! leaves {
    ($($method:ident: $leaf:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
            self.leaf(Leaf::$leaf, visitor)
        }
    )*};
}

macro_rules! numbers {
    ($($method:ident: $leaf:ident, $visit:ident($bits:ident: $number:expr)),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
            self.number(Leaf::$leaf, visitor, |visitor, $bits| visitor.$visit($number))
        }
    )*};
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the bits are those of a number of that type"
)]
impl<'de> Deserializer<'de> for Reader<'_, 'de> {
    type Error = Halt;

    numbers! {
        deserialize_bool: Bool, visit_bool(bits: bits != 0),
        deserialize_i8: I8, visit_i8(bits: bits as i8),
        deserialize_i16: I16, visit_i16(bits: bits as i16),
        deserialize_i32: I32, visit_i32(bits: bits as i32),
        deserialize_i64: I64, visit_i64(bits: bits.cast_signed()),
        deserialize_u8: U8, visit_u8(bits: bits as u8),
        deserialize_u16: U16, visit_u16(bits: bits as u16),
        deserialize_u32: U32, visit_u32(bits: bits as u32),
        deserialize_u64: U64, visit_u64(bits: bits),
        deserialize_f32: F32, visit_f32(bits: f32::from_bits(bits as u32)),
        deserialize_f64: F64, visit_f64(bits: f64::from_bits(bits)),
    }

    leaves! {
        deserialize_i128: I128,
        deserialize_u128: U128,
        deserialize_char: Char,
        deserialize_unit: Unit,
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.text(Leaf::Str, visitor)
    }

    /// Owned text is read as borrowed: the same bytes, but a length that lies can't make the codec allocate,
    /// since the slice is cut before it is copied.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.text(Leaf::String, visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.bytes(Leaf::Bytes, visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.bytes(Leaf::Bytes, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.leaf(Leaf::UnitStruct(name), visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        let mut parts = self.begin(&Met::of(&visitor), Kind::Option)?;
        let result = match parts.is_bare() {
            false => visitor.visit_some(parts.one()),
            true => visitor.visit_none(),
        };
        parts.finish(result.is_err())?;
        result
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        let mut parts = self.begin(&Met::of(&visitor), Kind::Newtype(name))?;
        let result = visitor.visit_newtype_struct(parts.one());
        parts.finish(result.is_err())?;
        result
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.parts(Kind::Seq, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.parts(Kind::Map, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Halt> {
        self.parts(Kind::Tuple(len), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.parts(Kind::TupleStruct(name, len), visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.parts(Kind::Struct(name, fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        let mut parts = self.begin(&Met::of(&visitor), Kind::Enum(name, variants))?;
        let result = visitor.visit_enum(parts.each());
        parts.finish(result.is_err())?;
        result
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.any(
            "it asks its input what it holds (untagged, internally tagged, a dynamic value)",
            visitor,
        )
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        let how = "it asks its input for names (flatten)";
        match self.anything(&Met::of(&visitor), how)? {
            Anything::Leaf(Offer { token, refusal }) => {
                let result = token.name(visitor);
                Offer::settle(refusal, result.is_err());
                result
            }
            Anything::Parts(parts, refusal) => {
                Offer::settle(refusal, true);
                parts.finish(true)?;
                Err(Halt)
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.any("it skips over parts of its input", visitor)
    }

    fn is_human_readable(&self) -> bool {
        match self {
            Self::Payload(payload) => payload.is_for_people(),
            Self::Trace(_) | Self::Given(_) => false,
        }
    }
}
