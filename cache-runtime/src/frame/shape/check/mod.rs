//! The other side of a shape: whether a value writes what its type reads.
//!
//! `skip_serializing_if`, a `serialize_with` of another kind or a hand-written `Serialize` can write
//! what `Deserialize` does not expect. A positional codec would then read garbage, so each value is
//! walked before it is stored. Kinds and names are compared, never data, and nothing is allocated.

mod parts;
mod value;

use std::cell::Cell;
use std::fmt;

use serde::ser::Error;

use super::Shape;
use super::graph::{Form, Graph, Kind, Leaf, Node, NodeId, State};
use crate::frame::codec_id::CodecId;
use crate::frame::read::MAX_DEPTH;
use crate::frame::write::{Pen, Written};
pub(in crate::frame) use parts::Walk;

/// Why a value must not be stored as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// It writes another structure than its type reads: a positional codec would misread it.
    Structure,
    /// It nests deeper than is ever read back.
    TooDeep,
    /// It holds a `Some(None)` or `Some(())`, which a codec with names reads back as `None`.
    NestedNone,
    /// It holds a NaN or an infinity, which JSON has no number for.
    NotFinite,
    /// It holds a map whose keys are no text in JSON.
    Key,
    /// It holds what JSON writes as it writes something else, and its type asks what there is.
    Untold,
    /// It is longer than was asked for.
    Long,
    /// Its own `Serialize` failed.
    Failed,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Structure => "it writes another structure than its type reads",
            Self::TooDeep => "it nests too deeply to be read back",
            Self::NestedNone => "it holds a `Some(None)`, which would read back as `None`",
            Self::NotFinite => "it holds a NaN or an infinity, which JSON has no number for",
            Self::Key => "it holds a map whose keys are neither text nor numbers, and JSON has no other keys",
            Self::Untold => {
                "its type asks what was written (untagged, internally tagged, `flatten`), or can't be looked into, and \
                 JSON can't tell it keys that are numbers from text, bytes from a list, or a number over 64 bits"
            }
            Self::Long => "it is longer than was asked for",
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
pub(crate) fn serializes_as(value: &dyn Written, shape: &Shape) -> Result<(), Mismatch> {
    if !shape.is_positional() {
        return Err(Mismatch::Structure);
    }
    let want = match shape.root {
        Some(root) => Want::Node(&shape.graph, root),
        None => Want::Anything,
    };
    value.write(Pen::Check(Check {
        want,
        depth: 0,
        codec: CodecId::Bincode,
        in_some: false,
        left: None,
    }))
}

/// What a part counts for at least that has no length of its own: some bytes, and the work of writing it.
const PART: usize = 4;

/// Whether a value writes more than about `bytes` bytes. It is looked at no further than that.
pub(crate) fn is_longer(value: &dyn Written, bytes: usize) -> bool {
    let left = Cell::new(bytes);
    let walked = value.write(Pen::Check(Check {
        want: Want::Anything,
        depth: 0,
        codec: CodecId::Bincode,
        in_some: false,
        left: Some(&left),
    }));
    walked == Err(Mismatch::Long)
}

/// Checks that a codec with names, which writes `Some(None)` as it does `None`, keeps a value.
pub(in crate::frame) fn keeps_every_option(
    value: &dyn Written,
    codec: CodecId,
) -> Result<(), Mismatch> {
    let want = Want::Anything;
    value.write(Pen::Check(Check {
        want,
        depth: 0,
        codec,
        in_some: false,
        left: None,
    }))
}

/// What a part of a value should write.
#[derive(Clone, Copy)]
enum Want<'g> {
    /// Not known: the tracing did not get so far.
    Anything,
    Leaf(Leaf),
    Node(&'g Graph, NodeId),
}

impl<'g> Want<'g> {
    /// The node, newtypes unwrapped: they write nothing of their own.
    fn node(self) -> Option<(&'g Graph, &'g Node)> {
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
pub(crate) struct Check<'g> {
    want: Want<'g>,
    depth: u32,
    /// What it will be written by.
    codec: CodecId,
    in_some: bool,
    /// How much may still be walked over, where that is limited.
    left: Option<&'g Cell<usize>>,
}

impl<'g> Check<'g> {
    /// Whether types are to write what people read.
    pub(in crate::frame) fn is_for_people(&self) -> bool {
        self.codec.is_for_people()
    }

    /// Walks over something of so many bytes.
    fn pass(&self, bytes: usize) -> Result<(), Mismatch> {
        if let Some(left) = self.left {
            left.set(left.get().checked_sub(bytes).ok_or(Mismatch::Long)?);
        }
        Ok(())
    }

    /// The check of a part, some levels further in.
    fn inside(&self, want: Want<'g>, levels: u32) -> Result<Self, Mismatch> {
        self.pass(PART)?;
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

    pub(in crate::frame) fn leaf(&self, accepts: impl Fn(Leaf) -> bool) -> Result<(), Mismatch> {
        self.pass(PART)?;
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
        self.pass(PART)?;
        if self.codec != CodecId::Bincode && self.in_some {
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
