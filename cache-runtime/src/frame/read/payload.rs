//! A payload as it is read, under a budget.

use super::bincode::Bincode;
use super::budget::Budget;
use super::json::Json;
use super::message_pack::MessagePack;
use super::parts::Parts;
use super::token::Token;
use super::{Anything, Halt, Offer, Reader};
use crate::frame::codec_id::{BINCODE, CodecId};
use crate::frame::shape::{Kind, Leaf};

/// The bytes, by how they are encoded.
pub(crate) enum Source<'de> {
    Bincode(Bincode<'de>),
    MessagePack(MessagePack<'de>),
    Json(Json<'de>),
}

impl<'de> Source<'de> {
    pub(in crate::frame) fn new(codec: CodecId, bytes: &'de [u8]) -> Self {
        match codec {
            CodecId::Bincode => Self::Bincode(Bincode::new(bytes, BINCODE)),
            CodecId::MessagePack => Self::MessagePack(MessagePack::new(bytes)),
            CodecId::Json => Self::Json(Json::new(bytes)),
        }
    }

    /// Whether no byte is left.
    pub(in crate::frame) fn is_at_end(&mut self) -> bool {
        match self {
            Self::Bincode(bincode) => bincode.is_at_end(),
            Self::MessagePack(pack) => pack.is_at_end(),
            Self::Json(json) => json.is_at_end(),
        }
    }
}

/// The payload where one part of it begins.
pub(crate) struct Payload<'r, 'de> {
    pub(super) source: &'r mut Source<'de>,
    pub(super) budget: &'r Budget,
}

impl<'r, 'de> Payload<'r, 'de> {
    /// The reader of all of it.
    pub(in crate::frame) fn reader(
        source: &'r mut Source<'de>,
        budget: &'r Budget,
    ) -> Reader<'r, 'de> {
        Reader::Payload(Self { source, budget })
    }

    pub(super) fn again(&mut self) -> Payload<'_, 'de> {
        Payload {
            source: self.source,
            budget: self.budget,
        }
    }

    /// Whether types are to read what people read.
    pub(super) fn is_for_people(&self) -> bool {
        matches!(*self.source, Source::Json(_))
    }

    /// Whether it says that a sequence or a map is next.
    pub(super) fn holds_parts(&self) -> bool {
        match &*self.source {
            Source::Bincode(_) => false,
            Source::MessagePack(pack) => pack.holds_parts(),
            Source::Json(json) => json.holds_parts(),
        }
    }

    pub(super) fn leaf(self, leaf: Leaf) -> Result<Token<'de>, Halt> {
        match self.source {
            Source::Bincode(bincode) => bincode.leaf(leaf),
            Source::MessagePack(pack) => pack.leaf(leaf),
            Source::Json(json) => json.leaf(leaf),
        }
    }

    pub(super) fn anything(self) -> Result<Anything<'r, 'de>, Halt> {
        let token = match &mut *self.source {
            Source::Bincode(_) => return Err(Halt),
            Source::MessagePack(pack) => pack.next()?,
            Source::Json(json) if json.holds_parts() => {
                let end = json.open()?;
                return Ok(Anything::Parts(Parts::until(self, end)?.collecting(), None));
            }
            Source::Json(json) => json.next()?,
        };
        Ok(match token {
            Token::Seq(len) => Anything::Parts(Parts::of(self, len, false)?.collecting(), None),
            Token::Map(len) => Anything::Parts(Parts::of(self, len, true)?.collecting(), None),
            token => Anything::Leaf(Offer::of(token)),
        })
    }

    pub(super) fn begin(self, kind: Kind) -> Result<Parts<'r, 'de>, Halt> {
        let parts = match &mut *self.source {
            Source::Bincode(bincode) => {
                let count = bincode.count(kind)?;
                match (kind, count) {
                    (Kind::Option, 0) => return Ok(Parts::none(false)),
                    _ => Parts::of(self, count, kind == Kind::Map)?,
                }
            }
            Source::MessagePack(pack) => match kind {
                Kind::Option if pack.nil()? => return Ok(Parts::none(false)),
                Kind::Option | Kind::Newtype(_) => Parts::of(self, 1, false)?,
                Kind::Enum(..) => match pack.parts()? {
                    Some(1) => Parts::of(self, 1, false)?,
                    Some(_) => return Err(Halt),
                    None => Parts::of(self, 0, false)?,
                },
                _ => match pack.next()? {
                    Token::Seq(len) => Parts::of(self, len, false)?,
                    Token::Map(len) => Parts::of(self, len, true)?,
                    Token::Bytes(bytes) if kind != Kind::Map => Parts::bytes(self, bytes)?,
                    _ => return Err(Halt),
                },
            },
            Source::Json(json) => match kind {
                Kind::Option if json.null() => return Ok(Parts::none(false)),
                Kind::Option | Kind::Newtype(_) => Parts::of(self, 1, false)?,
                Kind::Enum(..) if !json.holds_parts() => Parts::of(self, 0, false)?,
                _ => {
                    let end = json.open()?;
                    Parts::until(self, end)?
                }
            },
        };
        Ok(match kind {
            Kind::Seq | Kind::Map => parts.collecting(),
            _ => parts,
        })
    }
}
