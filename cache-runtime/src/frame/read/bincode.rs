//! A payload that is read by position.

use bincode::config::Configuration;
use bincode::de::read::SliceReader;
use bincode::de::{BorrowDecode, Decode, DecoderImpl};

use super::Halt;
use super::token::Token;
use crate::frame::shape::{Kind, Leaf};

/// What is left of the bytes.
pub(crate) struct Bincode<'de>(DecoderImpl<SliceReader<'de>, Configuration, ()>);

impl<'de> Bincode<'de> {
    pub(super) fn new(bytes: &'de [u8], config: Configuration) -> Self {
        Self(DecoderImpl::new(SliceReader::new(bytes), config, ()))
    }

    fn next<T: Decode<()>>(&mut self) -> Result<T, Halt> {
        T::decode(&mut self.0).map_err(|_| Halt)
    }

    fn borrowed<T: BorrowDecode<'de, ()>>(&mut self) -> Result<T, Halt> {
        T::borrow_decode(&mut self.0).map_err(|_| Halt)
    }

    /// Whether no byte is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.next::<u8>().is_err()
    }

    /// A leaf that is neither a [`number`](Self::number) nor [`text`](Self::text).
    pub(super) fn leaf(&mut self, leaf: Leaf) -> Result<Token<'de>, Halt> {
        Ok(match leaf {
            Leaf::I128 => Token::I128(self.next()?),
            Leaf::U128 => Token::U128(self.next()?),
            Leaf::Char => Token::Char(self.next()?),
            Leaf::Bytes => Token::Bytes(self.borrowed()?),
            Leaf::Unit | Leaf::UnitStruct(_) => Token::Unit,
            _ => return Err(Halt),
        })
    }

    /// The bits of a number or a truth value; of a signed one those of the `i64` of its value.
    pub(super) fn number(&mut self, leaf: Leaf) -> Result<u64, Halt> {
        Ok(match leaf {
            Leaf::Bool => self.next::<bool>()?.into(),
            Leaf::I8 => i64::from(self.next::<i8>()?).cast_unsigned(),
            Leaf::I16 => i64::from(self.next::<i16>()?).cast_unsigned(),
            Leaf::I32 => i64::from(self.next::<i32>()?).cast_unsigned(),
            Leaf::I64 => self.next::<i64>()?.cast_unsigned(),
            Leaf::U8 => self.next::<u8>()?.into(),
            Leaf::U16 => self.next::<u16>()?.into(),
            Leaf::U32 => self.next::<u32>()?.into(),
            Leaf::U64 => self.next()?,
            Leaf::F32 => self.next::<f32>()?.to_bits().into(),
            Leaf::F64 => self.next::<f64>()?.to_bits(),
            _ => return Err(Halt),
        })
    }

    pub(super) fn text(&mut self) -> Result<&'de str, Halt> {
        self.borrowed()
    }

    /// How many parts follow; of an option, whether it has one.
    pub(super) fn count(&mut self, kind: Kind) -> Result<usize, Halt> {
        Ok(match kind {
            Kind::Option => match self.next::<u8>()? {
                some @ (0 | 1) => some.into(),
                _ => return Err(Halt),
            },
            Kind::Seq | Kind::Map => self.next()?,
            Kind::Tuple(len) | Kind::TupleStruct(_, len) => len,
            Kind::Struct(_, fields) => fields.len(),
            Kind::Newtype(_) | Kind::Enum(..) | Kind::Leaf(_) => 1,
        })
    }

    pub(super) fn variant(&mut self) -> Result<u32, Halt> {
        self.next()
    }
}
