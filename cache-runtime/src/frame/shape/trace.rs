//! The deserializer without input: it notes what a type asks for and answers with samples.

use std::any::type_name;
use std::cell::Cell;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, Visitor};

use super::access::{Parts, Variants};
use super::book::{Book, Turn};
use super::graph::{Form, Kind, Leaf, NodeId};
use super::names;
use super::samples::{CHARACTERS, FRACTIONS, LENGTHS, NUMBERS, TEXTS, ZEROS, pick};

/// A pass has come to its end before the type was made; the book knows why.
#[derive(Debug)]
pub(super) struct Halt;

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sample was refused")
    }
}

impl std::error::Error for Halt {}

impl Error for Halt {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// The deserializer of one part.
pub(super) struct Tracer<'b> {
    book: &'b Book,
    /// Where to tell the whole which node this part is.
    at: &'b Cell<Option<NodeId>>,
    flavour: usize,
    depth: u32,
}

impl<'b> Tracer<'b> {
    pub(super) fn new(
        book: &'b Book,
        at: &'b Cell<Option<NodeId>>,
        flavour: usize,
        depth: u32,
    ) -> Self {
        Self {
            book,
            at,
            flavour,
            depth,
        }
    }

    fn meet<V: Visitor<'static>>(&self, visitor: &V, kind: Kind) -> Result<NodeId, Halt> {
        let node = self.book.meet(visitor, kind, self.depth)?;
        self.at.set(Some(node));
        Ok(node)
    }

    /// Offers a visitor a sample of so many.
    fn leaf<V: Visitor<'static>>(
        self,
        leaf: Leaf,
        samples: usize,
        visitor: V,
        offer: impl FnOnce(V, usize, usize) -> Result<V::Value, Halt>,
    ) -> Result<V::Value, Halt> {
        let node = self.meet(&visitor, Kind::Leaf(leaf))?;
        let turn = self.book.refusals(node) + self.flavour;
        let result = offer(visitor, turn, self.book.place());
        if result.is_err() && !self.book.is_blamed() {
            self.book.refuse(node, 2 * samples);
        }
        result
    }

    /// Follows one alternative of a part: `Some`, elements, the fields.
    fn parts<V: Visitor<'static>>(
        self,
        kind: Kind,
        visitor: V,
        offer: impl FnOnce(V, &Turn, &mut Parts<'b>) -> (Form, Result<V::Value, Halt>),
    ) -> Result<V::Value, Halt> {
        let node = self.meet(&visitor, kind)?;
        let turn = self.book.enter(node, self.flavour)?;
        let mut parts = Parts::new(self.book, self.flavour, self.depth + 1);
        let (form, result) = offer(visitor, &turn, &mut parts);
        if result.is_err() && !self.book.is_blamed() {
            match kind {
                // A length it doesn't take: no elements is one alternative, a number the other.
                Kind::Seq | Kind::Map if turn.index == 0 => self.book.refuse(node, LENGTHS.len()),
                Kind::Option | Kind::Seq | Kind::Map => self.book.dead_end(),
                _ => {}
            }
        }
        self.book.leave(&turn, form, parts.seen, result.is_ok());
        result
    }

    fn fixed<V: Visitor<'static>>(
        self,
        kind: Kind,
        form: Form,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        let book = self.book;
        self.parts(kind, visitor, |visitor, _, parts| {
            let result = visitor.visit_seq(parts.take(len));
            if result.is_err() && len > 0 && parts.seen.is_empty() && !book.is_blamed() {
                book.not_binary("it reads its fields by name only");
            }
            (form, result)
        })
    }

    fn any<V: Visitor<'static>>(self, how: &'static str, visitor: V) -> Result<V::Value, Halt> {
        self.book.not_binary(how);
        let samples = TEXTS.len() + 6;
        self.leaf(Leaf::Any, samples, visitor, |visitor, turn, place| {
            match turn % samples {
                0 => visitor.visit_unit(),
                1 => visitor.visit_bool(true),
                2 => visitor.visit_u64(1),
                3 => visitor.visit_i64(-1),
                4 => visitor.visit_f64(0.5),
                5 => visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<u8>())),
                6 => visitor.visit_map(MapDeserializer::new(std::iter::empty::<(u8, u8)>())),
                _ => visitor.visit_borrowed_str(pick(TEXTS, turn, place)),
            }
        })
    }
}

macro_rules! leaves {
    ($($method:ident: $leaf:ident, $samples:ident => $visit:ident $(($convert:expr))?;)*) => {$(
        fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
            self.leaf(Leaf::$leaf, $samples.len(), visitor, |visitor, turn, place| {
                let sample = pick($samples, turn, place);
                $(let sample = $convert(sample);)?
                visitor.$visit(sample)
            })
        }
    )*};
}

const BOOLS: &[bool] = &[true, false];

impl Deserializer<'static> for Tracer<'_> {
    type Error = Halt;

    leaves! {
        deserialize_bool: Bool, BOOLS => visit_bool;
        deserialize_i8: I8, NUMBERS => visit_i8(|sample| sample as i8);
        deserialize_i16: I16, NUMBERS => visit_i16(i16::from);
        deserialize_i32: I32, NUMBERS => visit_i32(i32::from);
        deserialize_i64: I64, NUMBERS => visit_i64(i64::from);
        deserialize_i128: I128, NUMBERS => visit_i128(i128::from);
        deserialize_u8: U8, NUMBERS => visit_u8;
        deserialize_u16: U16, NUMBERS => visit_u16(u16::from);
        deserialize_u32: U32, NUMBERS => visit_u32(u32::from);
        deserialize_u64: U64, NUMBERS => visit_u64(u64::from);
        deserialize_u128: U128, NUMBERS => visit_u128(u128::from);
        deserialize_f32: F32, FRACTIONS => visit_f32;
        deserialize_f64: F64, FRACTIONS => visit_f64(f64::from);
        deserialize_char: Char, CHARACTERS => visit_char;
        deserialize_str: Str, TEXTS => visit_borrowed_str;
        deserialize_string: String, TEXTS => visit_borrowed_str;
        deserialize_bytes: Bytes, LENGTHS => visit_borrowed_bytes(|len: usize| &ZEROS[..len]);
        deserialize_byte_buf: Bytes, LENGTHS => visit_borrowed_bytes(|len: usize| &ZEROS[..len]);
    }

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.any(
            "it asks its input what it holds (untagged, internally tagged, a dynamic value)",
            visitor,
        )
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.any("it asks its input for names (flatten)", visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.any("it skips over parts of its input", visitor)
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.leaf(Leaf::Unit, 1, visitor, |visitor, _, _| visitor.visit_unit())
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.leaf(Leaf::UnitStruct(name), 1, visitor, |visitor, _, _| {
            visitor.visit_unit()
        })
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.parts(Kind::Option, visitor, |visitor, turn, parts| {
            match turn.index {
                0 => {
                    parts.name(names::inside_option(type_name::<V>()));
                    (Form::One, parts.one(|tracer| visitor.visit_some(tracer)))
                }
                _ => (Form::Bare, visitor.visit_none()),
            }
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.parts(Kind::Newtype(name), visitor, |visitor, _, parts| {
            (
                Form::One,
                parts.one(|tracer| visitor.visit_newtype_struct(tracer)),
            )
        })
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.parts(Kind::Seq, visitor, |visitor, turn, parts| {
            match turn.index {
                0 => (Form::Many, visitor.visit_seq(parts.take(turn.len))),
                _ => (Form::Bare, visitor.visit_seq(parts.take(0))),
            }
        })
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.parts(Kind::Map, visitor, |visitor, turn, parts| {
            match turn.index {
                0 => (Form::Many, visitor.visit_map(parts.take(turn.len))),
                _ => (Form::Bare, visitor.visit_map(parts.take(0))),
            }
        })
    }

    fn deserialize_tuple<V: Visitor<'static>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.fixed(Kind::Tuple(len), Form::Tuple(len), len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.fixed(Kind::TupleStruct(name, len), Form::Tuple(len), len, visitor)
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.fixed(
            Kind::Struct(name, fields),
            Form::Struct(fields),
            fields.len(),
            visitor,
        )
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        let book = self.book;
        self.parts(
            Kind::Enum(name, variants),
            visitor,
            |visitor, turn, parts| {
                let form = Cell::new(Form::Refused);
                let result = visitor.visit_enum(Variants::new(turn.index, parts, &form));
                if result.is_err() && form.get() == Form::Refused && !book.is_blamed() {
                    // It does not even look at what the variant holds, so no value has that variant.
                    book.blame(false, String::new);
                }
                (form.get(), result)
            },
        )
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
