//! A value without parts, or how many parts there are.

use serde::de::Visitor;

use super::Halt;

/// What was read.
#[derive(Clone, Debug)]
pub(crate) enum Token<'de> {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(&'de str),
    /// Text that is written otherwise than it is.
    String(String),
    Bytes(&'de [u8]),
    Unit,
    /// This many elements follow.
    Seq(usize),
    /// This many keys and values follow.
    Map(usize),
}

impl<'de> Token<'de> {
    /// Gives a visitor what was read, if that has no parts.
    pub(super) fn give<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        match self {
            Self::Bool(value) => visitor.visit_bool(value),
            Self::I8(value) => visitor.visit_i8(value),
            Self::I16(value) => visitor.visit_i16(value),
            Self::I32(value) => visitor.visit_i32(value),
            Self::I64(value) => visitor.visit_i64(value),
            Self::I128(value) => visitor.visit_i128(value),
            Self::U8(value) => visitor.visit_u8(value),
            Self::U16(value) => visitor.visit_u16(value),
            Self::U32(value) => visitor.visit_u32(value),
            Self::U64(value) => visitor.visit_u64(value),
            Self::U128(value) => visitor.visit_u128(value),
            Self::F32(value) => visitor.visit_f32(value),
            Self::F64(value) => visitor.visit_f64(value),
            Self::Char(value) => visitor.visit_char(value),
            Self::Str(value) => visitor.visit_borrowed_str(value),
            Self::String(value) => visitor.visit_string(value),
            Self::Bytes(value) => visitor.visit_borrowed_bytes(value),
            Self::Unit => visitor.visit_unit(),
            Self::Seq(_) | Self::Map(_) => Err(Halt),
        }
    }

    /// The same where a name or a number stands for a field or a variant. Each derived type has a visitor for
    /// that, so it is asked no more than it may answer.
    pub(super) fn name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        match self {
            Self::Str(value) => visitor.visit_borrowed_str(value),
            Self::String(value) => visitor.visit_str(&value),
            Self::Bytes(value) => visitor.visit_borrowed_bytes(value),
            Self::U32(value) => visitor.visit_u32(value),
            Self::U8(_) | Self::U16(_) | Self::U64(_) => visitor.visit_u64(self.unsigned()),
            // A type with `flatten` keeps whatever stands there.
            Self::Bool(value) => visitor.visit_bool(value),
            Self::I8(_) | Self::I16(_) | Self::I32(_) | Self::I64(_) => {
                visitor.visit_i64(self.signed())
            }
            Self::F32(value) => visitor.visit_f64(value.into()),
            Self::F64(value) => visitor.visit_f64(value),
            Self::Unit => visitor.visit_unit(),
            Self::I128(_) | Self::U128(_) | Self::Char(_) | Self::Seq(_) | Self::Map(_) => {
                Err(Halt)
            }
        }
    }

    fn unsigned(self) -> u64 {
        match self {
            Self::U8(value) => value.into(),
            Self::U16(value) => value.into(),
            Self::U64(value) => value,
            _ => 0,
        }
    }

    fn signed(self) -> i64 {
        match self {
            Self::I8(value) => value.into(),
            Self::I16(value) => value.into(),
            Self::I32(value) => value.into(),
            Self::I64(value) => value,
            _ => 0,
        }
    }
}
