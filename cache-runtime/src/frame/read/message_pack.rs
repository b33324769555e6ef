//! A payload that says what it holds: <https://github.com/msgpack/msgpack/blob/master/spec.md>.

use super::Halt;
use super::token::Token;
use crate::frame::shape::Leaf;

/// What is left of the bytes.
pub(crate) struct MessagePack<'de>(&'de [u8]);

const NIL: u8 = 0xc0;

impl<'de> MessagePack<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self(bytes)
    }

    /// Whether no byte is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, len: usize) -> Result<&'de [u8], Halt> {
        let (taken, left) = self.0.split_at_checked(len).ok_or(Halt)?;
        self.0 = left;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        self.take(N)?.try_into().map_err(|_| Halt)
    }

    /// A length of one, two or four bytes.
    fn len(&mut self, bytes: usize) -> Result<usize, Halt> {
        let taken = self.take(bytes)?;
        Ok((taken.iter()).fold(0, |len, byte| len << 8 | usize::from(*byte)))
    }

    /// Takes a nil, if it is next.
    pub(super) fn nil(&mut self) -> Result<bool, Halt> {
        match self.0.first() {
            Some(&NIL) => {
                self.0 = &self.0[1..];
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err(Halt),
        }
    }

    /// How many parts are next, if there are parts; taken if so.
    pub(super) fn parts(&mut self) -> Result<Option<usize>, Halt> {
        match self.holds_parts() {
            true => match self.next()? {
                Token::Seq(len) | Token::Map(len) => Ok(Some(len)),
                _ => Err(Halt),
            },
            false => Ok(None),
        }
    }

    /// Whether a sequence or a map is next.
    pub(super) fn holds_parts(&self) -> bool {
        matches!(self.0.first(), Some(0x80..=0x9f | 0xdc..=0xdf))
    }

    /// What is next.
    pub(super) fn next(&mut self) -> Result<Token<'de>, Halt> {
        let [marker] = self.array()?;
        Ok(match marker {
            0x00..=0x7f => Token::U8(marker),
            0x80..=0x8f => Token::Map(usize::from(marker & 0x0f)),
            0x90..=0x9f => Token::Seq(usize::from(marker & 0x0f)),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f))?,
            NIL => Token::Unit,
            0xc2 | 0xc3 => Token::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let len = self.len(1 << (marker - 0xc4))?;
                Token::Bytes(self.take(len)?)
            }
            0xca => Token::F32(f32::from_be_bytes(self.array()?)),
            0xcb => Token::F64(f64::from_be_bytes(self.array()?)),
            0xcc => Token::U8(u8::from_be_bytes(self.array()?)),
            0xcd => Token::U16(u16::from_be_bytes(self.array()?)),
            0xce => Token::U32(u32::from_be_bytes(self.array()?)),
            0xcf => Token::U64(u64::from_be_bytes(self.array()?)),
            0xd0 => Token::I8(i8::from_be_bytes(self.array()?)),
            0xd1 => Token::I16(i16::from_be_bytes(self.array()?)),
            0xd2 => Token::I32(i32::from_be_bytes(self.array()?)),
            0xd3 => Token::I64(i64::from_be_bytes(self.array()?)),
            0xd9..=0xdb => {
                let len = self.len(1 << (marker - 0xd9))?;
                self.text(len)?
            }
            0xdc | 0xdd => Token::Seq(self.len(2 << (marker - 0xdc))?),
            0xde | 0xdf => Token::Map(self.len(2 << (marker - 0xde))?),
            0xe0..=0xff => Token::I8(i8::from_be_bytes([marker])),
            // Extensions, which no value is written as.
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => return Err(Halt),
        })
    }

    /// Text, or what was written as such and is none.
    fn text(&mut self, len: usize) -> Result<Token<'de>, Halt> {
        let bytes = self.take(len)?;
        Ok(str::from_utf8(bytes).map_or(Token::Bytes(bytes), Token::Str))
    }

    /// What is next where a value without parts is asked for.
    pub(super) fn leaf(&mut self, leaf: Leaf) -> Result<Token<'de>, Halt> {
        let token = self.next()?;
        Ok(match (leaf, token) {
            (Leaf::I128, token) => Token::I128(wide(token)?),
            (Leaf::U128, token) => Token::U128(wide(token)?.cast_unsigned()),
            (Leaf::UnitStruct(_), Token::Seq(0)) => Token::Unit,
            (_, token) => token,
        })
    }
}

/// A number of 128 bits, which is written as bytes.
fn wide(token: Token<'_>) -> Result<i128, Halt> {
    Ok(match token {
        Token::Bytes(bytes) => i128::from_be_bytes(bytes.try_into().map_err(|_| Halt)?),
        Token::U8(number) => number.into(),
        Token::U16(number) => number.into(),
        Token::U32(number) => number.into(),
        Token::U64(number) => number.into(),
        Token::I8(number) => number.into(),
        Token::I16(number) => number.into(),
        Token::I32(number) => number.into(),
        Token::I64(number) => number.into(),
        _ => return Err(Halt),
    })
}
