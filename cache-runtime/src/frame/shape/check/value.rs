//! The walk over one value: what it writes beside what its type reads.

use super::super::graph::{Form, Kind, Leaf};
use super::parts::Walk;
use super::{Check, Mismatch, Want};
use crate::frame::codec_id::CodecId;

impl<'g> Check<'g> {
    pub(in crate::frame) fn text(self, len: usize) -> Result<(), Mismatch> {
        self.pass(len)?;
        // The codecs write text as bytes with a length, so a type may read it as bytes.
        self.leaf(|leaf| matches!(leaf, Leaf::Str | Leaf::String | Leaf::Bytes))
    }

    pub(in crate::frame) fn bytes(self, len: usize) -> Result<(), Mismatch> {
        self.pass(len)?;
        match self.want.node() {
            // bincode writes a sequence of bytes just so.
            Some((graph, node)) if node.kind == Kind::Seq => {
                let byte = Walk::elements(self, graph, node)?.part()?;
                byte.leaf(|leaf| leaf == Leaf::U8)
            }
            _ => self.leaf(|leaf| leaf == Leaf::Bytes),
        }
    }

    pub(in crate::frame) fn none(self) -> Result<(), Mismatch> {
        self.nothing()?;
        match (self.want, self.want.node()) {
            (Want::Leaf(_), _) => Err(Mismatch::Structure),
            (_, Some((_, node))) if node.kind != Kind::Option => Err(Mismatch::Structure),
            _ => Ok(()),
        }
    }

    /// What is inside a `Some`.
    pub(in crate::frame) fn some(self) -> Result<Self, Mismatch> {
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
        Ok(Self {
            in_some: true,
            ..self.inside(want, 1)?
        })
    }

    pub(in crate::frame) fn unit(self) -> Result<(), Mismatch> {
        self.nothing()?;
        self.leaf(|leaf| matches!(leaf, Leaf::Unit | Leaf::UnitStruct(_)))
    }

    pub(in crate::frame) fn unit_struct(self) -> Result<(), Mismatch> {
        // In MessagePack it is an empty list, and so not like a `None`.
        if self.codec == CodecId::Json {
            self.nothing()?;
        }
        self.leaf(|leaf| matches!(leaf, Leaf::Unit | Leaf::UnitStruct(_)))
    }

    /// What is inside a newtype.
    pub(in crate::frame) fn newtype(self) -> Result<Self, Mismatch> {
        Ok(Self {
            in_some: self.in_some,
            ..self.inside(self.want, 1)?
        })
    }

    pub(in crate::frame) fn variant_of(
        self,
        index: u32,
        name: &str,
        form: Form,
    ) -> Result<Walk<'g>, Mismatch> {
        self.variant(index, name, |read| match form {
            // The names of the fields are compared one by one.
            Form::Struct(_) => matches!(read, Form::Struct(_)),
            form => read == form,
        })
    }
}
