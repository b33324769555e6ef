//! The graph of a type: what each part asks for, and which alternatives of it were seen.

use std::any::TypeId;

use serde::de::Expected;

/// A node of the graph.
pub(in crate::frame) type NodeId = usize;

/// Nodes after which a type counts as too large.
const MAX_NODES: usize = 2048;

/// What a part of a type asks its deserializer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::frame) enum Kind {
    /// A value without parts, by the name of what was asked for.
    Leaf(Leaf),
    Option,
    Seq,
    Map,
    Newtype(&'static str),
    Tuple(usize),
    TupleStruct(&'static str, usize),
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
}

impl Kind {
    /// What the type says it is called.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Leaf(Leaf::UnitStruct(name))
            | Self::Newtype(name)
            | Self::TupleStruct(name, _)
            | Self::Struct(name, _)
            | Self::Enum(name, _) => Some(name),
            _ => None,
        }
    }
}

/// A value without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::frame) enum Leaf {
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    String,
    Bytes,
    Unit,
    UnitStruct(&'static str),
    /// Whatever the input holds: no positional codec can answer that.
    Any,
}

/// What an alternative holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::frame) enum Form {
    /// Not looked at yet, or nothing to hold.
    Bare,
    /// One part: `Some`, a newtype.
    One,
    /// Elements, or keys and values.
    Many,
    /// A number of parts by position.
    Tuple(usize),
    /// Named parts.
    Struct(&'static [&'static str]),
    /// A variant that the type never accepts: an alias of another, or another platform's.
    Refused,
}

/// How far an alternative was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Untried,
    /// To its end; the number orders alternatives by when that was, see [`Graph::choose`].
    Done(u32),
    /// No sample got past some part of it.
    Stuck,
}

/// One way a part can be: a variant, `Some`, `None`, elements, no elements.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    pub(super) form: Form,
    pub(super) parts: Vec<NodeId>,
    pub(super) state: State,
    /// How many activations are on the stack.
    pub(super) active: u32,
}

impl Alternative {
    fn new(state: State) -> Self {
        Self {
            form: Form::Bare,
            parts: Vec::new(),
            state,
            active: 0,
        }
    }

    fn is_open(&self) -> bool {
        self.state == State::Untried && self.active == 0
    }
}

/// A part of a type.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The identity of its visitor: the name alone would mix types of the same name.
    visitor: TypeId,
    pub(super) visitor_name: &'static str,
    pub(super) kind: Kind,
    /// What its type is called, where that tells it from others that ask for the same.
    pub(super) called: String,
    /// What the visitor of a leaf says it expects, which tells seconds from milliseconds where
    /// both are an `i64`. Empty for other kinds.
    pub(super) expects: String,
    pub(super) alternatives: Vec<Alternative>,
    /// How many samples, or lengths, it has refused.
    pub(super) refusals: usize,
}

/// What is known of a type.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
}

impl Graph {
    /// The node of a visitor that asked for something, made if it is new.
    pub(super) fn intern(
        &mut self,
        (visitor, visitor_name): (TypeId, &'static str),
        kind: Kind,
        called: String,
        expects: &dyn Expected,
    ) -> Option<NodeId> {
        let known = self
            .nodes
            .iter()
            .position(|node| node.visitor == visitor && node.kind == kind && node.called == called);
        if known.is_some() {
            return known;
        }
        if self.nodes.len() == MAX_NODES {
            return None;
        }
        let alternatives = match kind {
            Kind::Leaf(_) => Vec::new(),
            // The second is `None`, or no elements: it holds nothing, so it ends any recursion.
            Kind::Option | Kind::Seq | Kind::Map => [State::Untried, State::Done(0)]
                .map(Alternative::new)
                .into(),
            Kind::Enum(_, variants) => variants
                .iter()
                .map(|_| Alternative::new(State::Untried))
                .collect(),
            _ => vec![Alternative::new(State::Untried)],
        };
        let expects = match kind {
            Kind::Leaf(_) => expects.to_string(),
            _ => String::new(),
        };
        self.nodes.push(Node {
            visitor,
            visitor_name,
            kind,
            called,
            expects,
            alternatives,
            refusals: 0,
        });
        Some(self.nodes.len() - 1)
    }

    /// The alternative to follow next: one not tried, else the nearest way to one, else the way
    /// out. `None` if every one of them is stuck.
    ///
    /// The way out is the alternative that was done first. When it was done, each part of it had
    /// been done earlier, so following such alternatives only ever goes back in time, and ends.
    pub(super) fn choose(&self, node: NodeId, flavour: usize) -> Option<usize> {
        let alternatives = &self.nodes[node].alternatives;
        if let [only] = alternatives.as_slice() {
            return (only.state != State::Stuck).then_some(0);
        }
        (alternatives.iter().position(Alternative::is_open))
            .or_else(|| self.toward_open(node))
            .or_else(|| self.flavoured(node, flavour))
            .or_else(|| self.way_out(node))
    }

    /// Another way than the way out, for a type that checks itself afterwards and did not take it:
    /// by flavour another variant, or elements rather than none. Never inside the part itself, so
    /// no recursion comes of it.
    fn flavoured(&self, node: NodeId, flavour: usize) -> Option<usize> {
        let Node {
            kind, alternatives, ..
        } = &self.nodes[node];
        if flavour == 0 || alternatives.iter().any(|other| other.active > 0) {
            return None;
        }
        let mut fit = (alternatives.iter().enumerate())
            .filter(|(_, other)| matches!(other.state, State::Done(_)))
            .filter(|(_, other)| other.form != Form::Refused)
            .map(|(index, _)| index);
        match kind {
            Kind::Enum(..) => {
                let count = fit.clone().count();
                fit.nth(flavour.checked_rem(count)?)
            }
            _ if flavour % 2 == 1 => fit.next(),
            _ => None,
        }
    }

    fn way_out(&self, node: NodeId) -> Option<usize> {
        let rank = |alternative: &Alternative| match alternative.state {
            State::Done(_) if alternative.form == Form::Refused => None,
            State::Done(when) => Some((0, when)),
            // On the stack already: the one least often there.
            State::Untried => Some((1, alternative.active)),
            State::Stuck => None,
        };
        (self.nodes[node].alternatives.iter().enumerate())
            .filter_map(|(index, alternative)| rank(alternative).map(|rank| (rank, index)))
            .min()
            .map(|(_, index)| index)
    }

    /// The alternative through which the nearest open one is reached.
    fn toward_open(&self, from: NodeId) -> Option<usize> {
        let mut seen = vec![false; self.nodes.len()];
        let mut queue = Vec::new();
        for (index, alternative) in self.nodes[from].alternatives.iter().enumerate() {
            if alternative.state != State::Stuck {
                queue.extend(alternative.parts.iter().map(|part| (*part, index)));
            }
        }
        let mut next = 0;
        while let Some(&(node, first)) = queue.get(next) {
            next += 1;
            if std::mem::replace(&mut seen[node], true) {
                continue;
            }
            for alternative in &self.nodes[node].alternatives {
                if alternative.is_open() {
                    return Some(first);
                }
                if alternative.state != State::Stuck {
                    queue.extend(alternative.parts.iter().map(|part| (*part, first)));
                }
            }
        }
        None
    }

    /// Whether anything that can be reached from a node has not been tried.
    pub(super) fn any_open(&self, node: NodeId) -> bool {
        self.nodes[node]
            .alternatives
            .iter()
            .any(Alternative::is_open)
            || self.toward_open(node).is_some()
    }
}
