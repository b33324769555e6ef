//! The other side of a shape: whether a value writes what its type reads.
//!
//! `skip_serializing_if`, a `serialize_with` of another kind or a hand-written `Serialize` can write
//! what `Deserialize` does not expect. A positional codec would then read garbage, so each value is
//! walked before it is stored. Kinds and names are compared, never data, and nothing is allocated.

use std::fmt;

use serde::Serialize;
use serde::ser::{Error, Serializer};

use super::check_parts::Walk;
use super::graph::{Form, Graph, Kind, Leaf, Node, NodeId, State};
use super::{Shape, Verdict};
use crate::frame::guard::MAX_DEPTH;

/// Why a value must not be stored as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// It writes another structure than its type reads: a positional codec would misread it.
    Structure,
    /// It nests deeper than is ever read back.
    TooDeep,
    /// It holds a `Some(None)` or `Some(())`, which MessagePack reads back as `None`.
    NestedNone,
    /// Its own `Serialize` failed.
    Failed,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Structure => "it writes another structure than its type reads",
            Self::TooDeep => "it nests too deeply to be read back",
            Self::NestedNone => "it holds a `Some(None)`, which would read back as `None`",
            Self::Failed => "its `Serialize` failed",
        })
    }
}

impl std::error::Error for Mismatch {}

impl Error for Mismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Failed
    }
}

/// Checks that a value writes what the type of this shape reads.
///
/// # Errors
///
/// [`Mismatch::Structure`] means the value needs a codec with names; the others that it can't be
/// stored.
pub(crate) fn serializes_as<T: Serialize + ?Sized>(
    value: &T,
    shape: &Shape,
) -> Result<(), Mismatch> {
    if let Verdict::NotBinary(_) = shape.verdict {
        return Err(Mismatch::Structure);
    }
    let want = match shape.root {
        Some(root) => Want::Node(&shape.graph, root),
        None => Want::Anything,
    };
    value.serialize(Check {
        want,
        depth: 0,
        strict_none: false,
        in_some: false,
    })
}

/// Checks that MessagePack, where `Some(None)` and `None` are the same byte, keeps a value.
pub(in crate::frame) fn keeps_every_option<T: Serialize + ?Sized>(
    value: &T,
) -> Result<(), Mismatch> {
    let want = Want::Anything;
    value.serialize(Check {
        want,
        depth: 0,
        strict_none: true,
        in_some: false,
    })
}

/// What a part of a value should write.
#[derive(Clone, Copy)]
pub(super) enum Want<'g> {
    /// Not known: the tracing did not get so far.
    Anything,
    Leaf(Leaf),
    Node(&'g Graph, NodeId),
}

impl<'g> Want<'g> {
    /// The node, newtypes unwrapped: they write nothing of their own.
    pub(super) fn node(self) -> Option<(&'g Graph, &'g Node)> {
        let Self::Node(graph, mut id) = self else {
            return None;
        };
        for _ in 0..graph.nodes.len() {
            let node = &graph.nodes[id];
            match (node.kind, node.alternatives.as_slice()) {
                (Kind::Newtype(_), [only]) => id = *only.parts.first()?,
                _ => return Some((graph, node)),
            }
        }
        None
    }
}

/// Walks a value beside what it should write.
#[derive(Clone, Copy)]
pub(super) struct Check<'g> {
    pub(super) want: Want<'g>,
    pub(super) depth: u32,
    /// Whether a `None` or unit right inside a `Some` is an error.
    pub(super) strict_none: bool,
    pub(super) in_some: bool,
}

impl<'g> Check<'g> {
    /// The check of a part, some levels further in.
    pub(super) fn inside(&self, want: Want<'g>, levels: u32) -> Result<Self, Mismatch> {
        let depth = self.depth + levels;
        if depth > MAX_DEPTH {
            return Err(Mismatch::TooDeep);
        }
        Ok(Self {
            want,
            depth,
            in_some: false,
            ..*self
        })
    }

    fn leaf(&self, accepts: impl Fn(Leaf) -> bool) -> Result<(), Mismatch> {
        let fits = match (self.want, self.want.node()) {
            (Want::Leaf(leaf), _) => accepts(leaf),
            (_, Some((_, node))) => matches!(node.kind, Kind::Leaf(leaf) if accepts(leaf)),
            (_, None) => true,
        };
        if fits {
            Ok(())
        } else {
            Err(Mismatch::Structure)
        }
    }

    fn nothing(&self) -> Result<(), Mismatch> {
        if self.strict_none && self.in_some {
            return Err(Mismatch::NestedNone);
        }
        Ok(())
    }

    /// A variant: its index and name must be those that the type reads, and so must its form.
    fn variant(
        self,
        index: u32,
        name: &str,
        fits: impl Fn(Form) -> bool,
    ) -> Result<Walk<'g>, Mismatch> {
        let Some((graph, node)) = self.want.node() else {
            return match self.want {
                Want::Leaf(_) => Err(Mismatch::Structure),
                _ => Walk::unknown(self, 2),
            };
        };
        let Kind::Enum(_, names) = node.kind else {
            return Err(Mismatch::Structure);
        };
        let index = index as usize;
        let alternative = node.alternatives.get(index).ok_or(Mismatch::Structure)?;
        // The names of aliases stand in the list as well, so a variant may stand later in it than
        // its index says; the list is exact when every name in it is a variant.
        let aliased = node
            .alternatives
            .iter()
            .any(|other| other.form == Form::Refused);
        let named = match names.iter().position(|known| *known == name) {
            Some(at) => at == index || (aliased && at > index),
            None => false,
        };
        let seen = matches!(alternative.state, State::Done(_));
        if !named || (seen && !fits(alternative.form)) {
            return Err(Mismatch::Structure);
        }
        Walk::parts(self, graph, alternative, 2)
    }
}

macro_rules! leaves {
    ($($method:ident: $value:ty => $($leaf:ident)|*),* $(,)?) => {$(
        fn $method(self, _: $value) -> Result<(), Mismatch> {
            self.leaf(|leaf| matches!(leaf, $(Leaf::$leaf)|*))
        }
    )*};
}

impl<'g> Serializer for Check<'g> {
    type Ok = ();
    type Error = Mismatch;
    type SerializeSeq = Walk<'g>;
    type SerializeTuple = Walk<'g>;
    type SerializeTupleStruct = Walk<'g>;
    type SerializeTupleVariant = Walk<'g>;
    type SerializeMap = Walk<'g>;
    type SerializeStruct = Walk<'g>;
    type SerializeStructVariant = Walk<'g>;

    leaves! {
        serialize_bool: bool => Bool,
        serialize_i8: i8 => I8,
        serialize_i16: i16 => I16,
        serialize_i32: i32 => I32,
        serialize_i64: i64 => I64,
        serialize_i128: i128 => I128,
        serialize_u8: u8 => U8,
        serialize_u16: u16 => U16,
        serialize_u32: u32 => U32,
        serialize_u64: u64 => U64,
        serialize_u128: u128 => U128,
        serialize_f32: f32 => F32,
        serialize_f64: f64 => F64,
        serialize_char: char => Char,
        // The codecs write text as bytes with a length, so a type may read it as bytes.
        serialize_str: &str => Str | String | Bytes,
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Mismatch> {
        match self.want.node() {
            // bincode writes a sequence of bytes just so.
            Some((graph, node)) if node.kind == Kind::Seq => {
                Walk::elements(self, graph, node)?.next(&0_u8)
            }
            _ => self.leaf(|leaf| leaf == Leaf::Bytes),
        }
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Mismatch> {
        self.serialize_str("")
    }

    fn serialize_none(self) -> Result<(), Mismatch> {
        self.nothing()?;
        match (self.want, self.want.node()) {
            (Want::Leaf(_), _) => Err(Mismatch::Structure),
            (_, Some((_, node))) if node.kind != Kind::Option => Err(Mismatch::Structure),
            _ => Ok(()),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Mismatch> {
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
        value.serialize(Self {
            in_some: true,
            ..self.inside(want, 1)?
        })
    }

    fn serialize_unit(self) -> Result<(), Mismatch> {
        self.nothing()?;
        self.leaf(|leaf| matches!(leaf, Leaf::Unit | Leaf::UnitStruct(_)))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Mismatch> {
        self.leaf(|leaf| matches!(leaf, Leaf::Unit | Leaf::UnitStruct(_)))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Mismatch> {
        self.variant(index, variant, |form| form == Form::Bare)
            .map(drop)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        let in_some = self.in_some;
        value.serialize(Self {
            in_some,
            ..self.inside(self.want, 1)?
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        let mut walk = self.variant(index, variant, |form| form == Form::One)?;
        walk.next(value)?;
        walk.finish()
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Walk<'g>, Mismatch> {
        Walk::sequence(self, len)
    }

    fn serialize_tuple(self, _: usize) -> Result<Walk<'g>, Mismatch> {
        Walk::record(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Walk<'g>, Mismatch> {
        Walk::record(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Walk<'g>, Mismatch> {
        self.variant(index, variant, |form| form == Form::Tuple(len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Walk<'g>, Mismatch> {
        Walk::map(self, len)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Walk<'g>, Mismatch> {
        Walk::record(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Walk<'g>, Mismatch> {
        self.variant(index, variant, |form| matches!(form, Form::Struct(_)))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
