//! The parts of a value beside the parts of its shape.

use super::super::graph::{Alternative, Form, Graph, Kind, Leaf, Node, NodeId, State};
use super::{Check, Mismatch, Want};

/// Walks the parts of one value.
pub(crate) struct Walk<'g> {
    check: Check<'g>,
    plan: Plan<'g>,
    /// Parts written so far.
    count: usize,
    /// Where the next field name may stand at the earliest.
    name_at: usize,
}

/// What the parts should write.
#[derive(Clone, Copy)]
enum Plan<'g> {
    Anything,
    /// Every part the same leaf.
    Leaves(Leaf),
    /// Parts by position, the last for all that follow.
    Many(&'g Graph, &'g [NodeId]),
    /// Keys and values.
    Pairs(&'g Graph, &'g [NodeId]),
    /// Just these, under these names if they have names.
    Exactly(&'g Graph, &'g [NodeId], Option<&'static [&'static str]>),
}

impl<'g> Walk<'g> {
    fn new(check: Check<'g>, plan: Plan<'g>, levels: u32) -> Result<Self, Mismatch> {
        let check = check.inside(Want::Anything, levels)?;
        Ok(Self {
            check,
            plan,
            count: 0,
            name_at: 0,
        })
    }

    pub(super) fn unknown(check: Check<'g>, levels: u32) -> Result<Self, Mismatch> {
        Self::new(check, Plan::Anything, levels)
    }

    /// The parts of a variant, or of a struct or tuple.
    pub(super) fn parts(
        check: Check<'g>,
        graph: &'g Graph,
        alternative: &'g Alternative,
        levels: u32,
    ) -> Result<Self, Mismatch> {
        let names = match alternative.form {
            Form::Struct(names) => Some(names),
            _ => None,
        };
        let plan = match alternative.state {
            State::Done(_) => Plan::Exactly(graph, &alternative.parts, names),
            _ => Plan::Anything,
        };
        Self::new(check, plan, levels)
    }

    pub(super) fn elements(
        check: Check<'g>,
        graph: &'g Graph,
        node: &'g Node,
    ) -> Result<Self, Mismatch> {
        let elements = node
            .alternatives
            .first()
            .map_or(&[][..], |some| &some.parts);
        let plan = match node.kind {
            Kind::Seq => Plan::Many(graph, elements),
            Kind::Map => Plan::Pairs(graph, elements),
            _ => return Err(Mismatch::Structure),
        };
        Self::new(check, plan, 1)
    }

    pub(in crate::frame) fn sequence(
        check: Check<'g>,
        len: Option<usize>,
    ) -> Result<Self, Mismatch> {
        match (check.want, check.want.node()) {
            (Want::Leaf(_), _) => Err(Mismatch::Structure),
            (_, None) => Self::unknown(check, 1),
            // Without its length a positional codec can't write it.
            _ if len.is_none() => Err(Mismatch::Structure),
            (_, Some((_, node))) if node.kind == Kind::Leaf(Leaf::Bytes) => {
                Self::new(check, Plan::Leaves(Leaf::U8), 1)
            }
            (_, Some((graph, node))) if node.kind == Kind::Seq => {
                Self::elements(check, graph, node)
            }
            _ => Err(Mismatch::Structure),
        }
    }

    pub(in crate::frame) fn map(check: Check<'g>, len: Option<usize>) -> Result<Self, Mismatch> {
        match (check.want, check.want.node()) {
            (Want::Leaf(_), _) => Err(Mismatch::Structure),
            (_, None) => Self::unknown(check, 1),
            (_, Some((graph, node))) if node.kind == Kind::Map && len.is_some() => {
                Self::elements(check, graph, node)
            }
            _ => Err(Mismatch::Structure),
        }
    }

    /// A struct or tuple: positional codecs write its parts and nothing else.
    pub(in crate::frame) fn record(check: Check<'g>) -> Result<Self, Mismatch> {
        match (check.want, check.want.node()) {
            (Want::Leaf(_), _) => Err(Mismatch::Structure),
            (_, None) => Self::unknown(check, 1),
            (_, Some((graph, node))) => match (node.kind, node.alternatives.as_slice()) {
                (Kind::Tuple(_) | Kind::TupleStruct(..) | Kind::Struct(..), [only]) => {
                    Self::parts(check, graph, only, 1)
                }
                _ => Err(Mismatch::Structure),
            },
        }
    }

    /// The next part.
    pub(in crate::frame) fn part(&mut self) -> Result<Check<'g>, Mismatch> {
        let want = match self.plan {
            Plan::Anything => Want::Anything,
            Plan::Leaves(leaf) => Want::Leaf(leaf),
            Plan::Many(graph, parts) => {
                let part = parts.get(self.count).or(parts.last());
                part.map_or(Want::Anything, |part| Want::Node(graph, *part))
            }
            Plan::Pairs(graph, parts) => {
                let part = parts.get(self.count % 2);
                part.map_or(Want::Anything, |part| Want::Node(graph, *part))
            }
            Plan::Exactly(graph, parts, _) => {
                let part = parts.get(self.count).ok_or(Mismatch::Structure)?;
                Want::Node(graph, *part)
            }
        };
        self.count += 1;
        Ok(Check { want, ..self.check })
    }

    /// The next field, whose name must be the one that is read there.
    pub(in crate::frame) fn field(&mut self, name: &str) -> Result<Check<'g>, Mismatch> {
        if let Plan::Exactly(_, parts, Some(names)) = self.plan {
            let later = names.get(self.name_at..).unwrap_or_default();
            let skipped = later.iter().position(|known| *known == name);
            // More names than parts: some are aliases of others, so a name may be passed over.
            let aliased = names.len() > parts.len();
            match skipped {
                Some(0) => self.name_at += 1,
                Some(skipped) if aliased => self.name_at += skipped + 1,
                _ => return Err(Mismatch::Structure),
            }
        }
        self.part()
    }

    /// The end: nothing that is read may be missing.
    pub(in crate::frame) fn finish(self) -> Result<(), Mismatch> {
        match self.plan {
            Plan::Exactly(_, parts, _) if parts.len() != self.count => Err(Mismatch::Structure),
            _ => Ok(()),
        }
    }
}
