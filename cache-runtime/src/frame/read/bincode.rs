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

    pub(super) fn leaf(&mut self, leaf: Leaf) -> Result<Token<'de>, Halt> {
        Ok(match leaf {
            Leaf::Bool => Token::Bool(self.next()?),
            Leaf::I8 => Token::I8(self.next()?),
            Leaf::I16 => Token::I16(self.next()?),
            Leaf::I32 => Token::I32(self.next()?),
            Leaf::I64 => Token::I64(self.next()?),
            Leaf::I128 => Token::I128(self.next()?),
            Leaf::U8 => Token::U8(self.next()?),
            Leaf::U16 => Token::U16(self.next()?),
            Leaf::U32 => Token::U32(self.next()?),
            Leaf::U64 => Token::U64(self.next()?),
            Leaf::U128 => Token::U128(self.next()?),
            Leaf::F32 => Token::F32(self.next()?),
            Leaf::F64 => Token::F64(self.next()?),
            Leaf::Char => Token::Char(self.next()?),
            Leaf::Str | Leaf::String => Token::Str(self.borrowed()?),
            Leaf::Bytes => Token::Bytes(self.borrowed()?),
            Leaf::Unit | Leaf::UnitStruct(_) => Token::Unit,
            Leaf::Any => return Err(Halt),
        })
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
