//! The parts of a part: sequences, maps, fields and variants, as they are asked for.

use std::any::{TypeId, type_name};
use std::cell::Cell;

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::budget::MAX_HINT;
use super::json::Json;
use super::payload::{Payload, Source};
use super::token::Token;
use super::{Halt, Reader};
use crate::frame::shape::{Branch, Form, NodeId};

/// The parts of one part, of which some are left.
pub(in crate::frame) struct Parts<'r, 'de> {
    from: From<'r, 'de>,
    left: usize,
    /// The byte that they end by, where it is not said how many are left.
    end: Option<u8>,
    is_map: bool,
    /// Whether memory is set aside for each element.
    collects: bool,
}

enum From<'r, 'de> {
    Trace(Branch<'r>),
    Payload(Payload<'r, 'de>),
    /// Elements of one byte each.
    Bytes(Payload<'r, 'de>, &'de [u8]),
    /// There are none.
    None,
}

impl<'de> From<'_, 'de> {
    /// The reader of the next part, of what is no payload.
    fn reader<'p>(
        &'p mut self,
        sown: &Sown,
        at: &'p Cell<Option<NodeId>>,
        size: usize,
    ) -> Result<Reader<'p, 'de>, Halt> {
        match self {
            Self::Trace(branch) => Ok(Reader::Trace(branch.sow(sown, at))),
            Self::Bytes(payload, bytes) => {
                payload.budget.element(size)?;
                let (byte, rest) = bytes.split_first().ok_or(Halt)?;
                *bytes = rest;
                Ok(Reader::Given(Token::U8(*byte)))
            }
            Self::Payload(_) | Self::None => Err(Halt),
        }
    }
}

/// A seed that reads one part.
pub(crate) struct Sown {
    pub(in crate::frame) id: TypeId,
    pub(in crate::frame) name: &'static str,
    pub(in crate::frame) has_state: bool,
    /// What its value takes, in bytes.
    value: usize,
}

impl Sown {
    pub(in crate::frame) fn of<'de, S: DeserializeSeed<'de>>() -> Self {
        Self {
            id: typeid::of::<S>(),
            name: type_name::<S>(),
            has_state: size_of::<S>() > 0,
            value: size_of::<S::Value>(),
        }
    }
}

impl<'r, 'de> Parts<'r, 'de> {
    pub(super) fn traced(branch: Branch<'r>) -> Self {
        Self {
            left: branch.len(),
            is_map: branch.is_map(),
            from: From::Trace(branch),
            end: None,
            collects: false,
        }
    }

    pub(super) fn none(is_map: bool) -> Self {
        Self {
            from: From::None,
            left: 0,
            end: None,
            is_map,
            collects: false,
        }
    }

    /// A number of parts, one level further in.
    pub(super) fn of(payload: Payload<'r, 'de>, left: usize, is_map: bool) -> Result<Self, Halt> {
        payload.budget.enter()?;
        Ok(Self {
            from: From::Payload(payload),
            left,
            end: None,
            is_map,
            collects: false,
        })
    }

    /// Parts up to the byte that ends them, one level further in.
    pub(super) fn until(payload: Payload<'r, 'de>, end: u8) -> Result<Self, Halt> {
        let parts = Self::of(payload, 0, end == b'}')?;
        Ok(Self {
            end: Some(end),
            ..parts
        })
    }

    pub(super) fn bytes(payload: Payload<'r, 'de>, bytes: &'de [u8]) -> Result<Self, Halt> {
        payload.budget.enter()?;
        Ok(Self {
            from: From::Bytes(payload, bytes),
            left: bytes.len(),
            end: None,
            is_map: false,
            collects: false,
        })
    }

    pub(super) fn collecting(mut self) -> Self {
        self.collects = true;
        self
    }

    pub(super) fn is_map(&self) -> bool {
        self.is_map
    }

    /// Whether it holds no part: a `None`.
    pub(super) fn is_bare(&self) -> bool {
        match &self.from {
            From::Trace(branch) => branch.is_bare(),
            From::None => true,
            From::Payload(_) | From::Bytes(..) => false,
        }
    }

    pub(super) fn each(&mut self) -> Each<'_, 'r, 'de> {
        Each(self)
    }

    /// The one part, which is read without a seed.
    pub(super) fn one(&mut self) -> Reader<'_, 'de> {
        self.left = 0;
        match &mut self.from {
            From::Trace(branch) => Reader::Trace(branch.one()),
            From::Payload(payload) => Reader::Payload(payload.again()),
            From::Bytes(..) | From::None => Reader::Given(Token::Unit),
        }
    }

    /// Takes one part off, unless none is left.
    fn take(&mut self) -> Result<bool, Halt> {
        match (self.left.checked_sub(1), self.text()) {
            (Some(left), _) => {
                self.left = left;
                Ok(true)
            }
            (None, Some((json, end))) => json.more(end),
            (None, None) => Ok(false),
        }
    }

    /// The text that the parts stand in, and by which byte they end.
    fn text(&mut self) -> Option<(&mut Json<'de>, u8)> {
        let end = self.end?;
        match &mut self.from {
            From::Payload(Payload {
                source: Source::Json(json),
                ..
            }) => Some((json, end)),
            _ => None,
        }
    }

    /// Takes what stands between a key and its value.
    fn value(&mut self) -> Result<(), Halt> {
        match self.text() {
            Some((json, _)) => json.value(),
            None => Ok(()),
        }
    }

    /// The next part, by a seed, if one is left.
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Halt> {
        match self.take()? {
            true => self.sow(seed).map(Some),
            false => Ok(None),
        }
    }

    fn sow<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Halt> {
        let (sown, at) = (Sown::of::<S>(), Cell::new(None));
        let result = seed.deserialize(self.reader(&sown, &at)?);
        self.reaped(&sown, at.get(), result.is_err());
        result
    }

    /// Most parts are a payload's, and are read without a call.
    #[inline]
    fn reader<'p>(
        &'p mut self,
        sown: &Sown,
        at: &'p Cell<Option<NodeId>>,
    ) -> Result<Reader<'p, 'de>, Halt> {
        let size = if self.collects { sown.value } else { 0 };
        match &mut self.from {
            From::Payload(payload) => {
                payload.budget.element(size)?;
                Ok(Reader::Payload(payload.again()))
            }
            other => other.reader(sown, at, size),
        }
    }

    #[inline]
    fn reaped(&mut self, sown: &Sown, node: Option<NodeId>, is_refused: bool) {
        if let From::Trace(branch) = &mut self.from {
            branch.reaped(sown, node, is_refused);
        }
    }

    /// The end of what a visitor read. Where the payload says how many parts there are, none may be left.
    pub(super) fn finish(mut self, is_refused: bool) -> Result<(), Halt> {
        if let (Some((json, end)), false) = (self.text(), is_refused) {
            json.close(end)?;
        }
        match self.from {
            From::Trace(branch) => branch.finish(is_refused),
            From::Payload(payload) => {
                payload.budget.leave();
                let is_told = matches!(payload.source, Source::MessagePack(_));
                if is_told && self.left > 0 && !is_refused {
                    return Err(Halt);
                }
            }
            From::Bytes(payload, _) => payload.budget.leave(),
            From::None => {}
        }
        Ok(())
    }

    /// The reader of which variant it is.
    fn variant(&mut self) -> Result<Reader<'_, 'de>, Halt> {
        match &mut self.from {
            From::Trace(branch) => Ok(Reader::Given(Token::U32(branch.variant()))),
            From::Payload(payload) => {
                payload.budget.element(0)?;
                match &mut *payload.source {
                    Source::Bincode(bincode) => Ok(Reader::Given(Token::U32(bincode.variant()?))),
                    Source::MessagePack(_) | Source::Json(_) => {
                        Ok(Reader::Payload(payload.again()))
                    }
                }
            }
            From::Bytes(..) | From::None => Err(Halt),
        }
    }

    /// Notes what the variant holds, and makes ready to read so many parts of it. A variant that is a name
    /// alone holds nothing.
    fn holds(&mut self, form: Form, len: usize) -> Result<(), Halt> {
        let is_name = self.left == 0 && self.end.is_none();
        let has_parts = !matches!(form, Form::Bare | Form::One);
        self.left = if has_parts { len } else { 0 };
        let payload = match &mut self.from {
            From::Trace(branch) => {
                branch.holds(form);
                return Ok(());
            }
            From::Payload(payload) => payload,
            From::Bytes(..) | From::None => return Err(Halt),
        };
        match (&mut *payload.source, form) {
            (Source::Bincode(_), _) => {}
            (_, Form::Bare) if is_name => {}
            (_, _) if is_name => return Err(Halt),
            (Source::MessagePack(pack), Form::Bare) => match pack.nil()? {
                true => {}
                false => return Err(Halt),
            },
            (Source::MessagePack(_), Form::One) => {}
            (Source::MessagePack(pack), _) => match pack.next()? {
                Token::Seq(len) => (self.left, self.is_map) = (len, false),
                Token::Map(len) => (self.left, self.is_map) = (len, true),
                _ => return Err(Halt),
            },
            (Source::Json(json), form) => {
                json.value()?;
                self.left = 0;
                match form {
                    Form::Bare if !json.null() => return Err(Halt),
                    Form::Bare | Form::One => {}
                    _ => {
                        let end = json.open()?;
                        (self.end, self.is_map) = (Some(end), end == b'}');
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads the parts of a variant, a level further in.
    fn held<V: Visitor<'de>>(
        &mut self,
        form: Form,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.holds(form, len)?;
        self.enter()?;
        let result = match self.is_map {
            false => visitor.visit_seq(self.each()),
            true => visitor.visit_map(self.each()),
        };
        self.leave();
        if let (Ok(_), Some((json, end))) = (&result, self.text()) {
            json.close(end)?;
            self.end = Some(b'}');
        }
        result
    }

    fn enter(&self) -> Result<(), Halt> {
        match &self.from {
            From::Payload(payload) => payload.budget.enter(),
            _ => Ok(()),
        }
    }

    fn leave(&self) {
        if let From::Payload(payload) = &self.from {
            payload.budget.leave();
        }
    }

    fn hint(&self) -> Option<usize> {
        match &self.from {
            _ if self.end.is_some() => None,
            From::Trace(_) | From::None => Some(self.left),
            From::Payload(_) | From::Bytes(..) => Some(self.left.min(MAX_HINT)),
        }
    }
}

/// Hands the parts to a visitor, one after the other.
pub(in crate::frame) struct Each<'p, 'r, 'de>(&'p mut Parts<'r, 'de>);

impl<'de> SeqAccess<'de> for Each<'_, '_, 'de> {
    type Error = Halt;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Halt> {
        self.0.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.hint()
    }
}

impl<'de> MapAccess<'de> for Each<'_, '_, 'de> {
    type Error = Halt;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Halt> {
        self.0.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Halt> {
        self.0.value()?;
        self.0.sow(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.hint()
    }
}

impl<'de> EnumAccess<'de> for Each<'_, '_, 'de> {
    type Error = Halt;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Halt> {
        let value = seed.deserialize(self.0.variant()?)?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Each<'_, '_, 'de> {
    type Error = Halt;

    fn unit_variant(self) -> Result<(), Halt> {
        self.0.holds(Form::Bare, 0)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Halt> {
        self.0.holds(Form::One, 1)?;
        self.0.sow(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Halt> {
        self.0.held(Form::Tuple(len), len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.0.held(Form::Struct(fields), fields.len(), visitor)
    }
}
