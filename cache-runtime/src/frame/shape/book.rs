//! The book of a tracing: the graph as it grows, and who is to blame when a pass fails.
//!
//! A pass fails as a whole, because a visitor that refused is gone. Whoever finds the failure first
//! takes the blame and will offer something else in the next pass: a leaf its next sample, a
//! sequence its next length, a seed (for types that check their parts afterwards) a new *flavour*
//! of samples for all the leaves in it. When nothing is left to offer, the alternatives that lead
//! there are stuck, up to the nearest that has another.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::graph::{Alternative, Form, Graph, Kind, Node, NodeId, State};
use super::names;
use super::samples::{FLAVOURS, LENGTHS};
use crate::frame::read::{Halt, Met, Sown};

/// Steps after which a type counts as too large.
const MAX_STEPS: u32 = 200_000;

/// How deep a type may nest.
const MAX_DEPTH: u32 = 128;

/// The state of a tracing.
#[derive(Debug, Default)]
pub(super) struct Book {
    graph: RefCell<Graph>,
    flavours: RefCell<HashMap<TypeId, usize, foldhash::fast::FixedState>>,
    root: Cell<Option<NodeId>>,
    not_binary: Cell<Option<&'static str>>,
    /// Whose hand-written code decides about its parts, in a way that samples can't show.
    by_hand: RefCell<Option<String>>,
    /// The name of the type that is being driven.
    sown: Cell<&'static str>,
    /// Why something is stuck, once something is.
    why: RefCell<Option<String>>,
    /// Someone has taken the blame for this pass.
    blamed: Cell<bool>,
    /// What failed has nothing left to offer.
    stuck: Cell<bool>,
    /// Leaves met in this pass.
    place: Cell<usize>,
    steps: Cell<u32>,
    /// Grows with everything learnt.
    progress: Cell<u32>,
}

/// What a tracing found.
pub(super) struct Closed {
    pub(super) graph: Graph,
    /// The way in which bincode can't read the type.
    pub(super) not_binary: Option<&'static str>,
    /// Whose code decides about its parts.
    pub(super) by_hand: Option<String>,
    /// Why something is stuck.
    pub(super) why: Option<String>,
}

/// An alternative being followed.
pub(super) struct Turn {
    pub(super) node: NodeId,
    pub(super) index: usize,
    /// How many elements to offer, where that is the type's own choice.
    pub(super) len: usize,
}

impl Book {
    pub(super) fn begin_pass(&self) -> u32 {
        self.blamed.set(false);
        self.stuck.set(false);
        self.place.set(0);
        self.progress.get()
    }

    pub(super) fn progress(&self) -> u32 {
        self.progress.get()
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.get()
    }

    pub(super) fn root(&self) -> Option<NodeId> {
        self.root.get()
    }

    pub(super) fn note_root(&self, root: Option<NodeId>) {
        self.root.set(root.or(self.root.get()));
    }

    pub(super) fn any_open(&self, root: NodeId) -> bool {
        self.graph.borrow().any_open(root)
    }

    pub(super) fn why(&self) -> String {
        let why = self.why.borrow().clone();
        why.unwrap_or_else(|| "its parts depend on something no sample shows".to_owned())
    }

    /// What was found.
    pub(super) fn close(self) -> Closed {
        Closed {
            graph: self.graph.into_inner(),
            not_binary: self.not_binary.get(),
            by_hand: self.by_hand.into_inner(),
            why: self.why.into_inner(),
        }
    }

    /// Notes that a part's own code, which samples can't show whole, decides what it is.
    fn by_hand(&self, why: impl FnOnce() -> String) {
        self.by_hand.borrow_mut().get_or_insert_with(why);
    }

    /// Notes the name of a type that is driven by no seed, as what is in an `Option`.
    pub(super) fn note_sown(&self, name: &'static str) {
        self.sown.set(name);
    }

    pub(super) fn not_binary(&self, how: &'static str) {
        self.not_binary.set(self.not_binary.get().or(Some(how)));
    }

    /// A place in this pass for a leaf.
    pub(super) fn place(&self) -> usize {
        self.place.replace(self.place.get() + 1)
    }

    /// Notes that a seed is driven now, and returns the flavour of what it is offered.
    pub(super) fn sow(&self, seed: &Sown, flavour: usize) -> usize {
        self.judge_seed(seed);
        self.sown.set(sown(seed));
        match self.flavour_of(seed) {
            0 => flavour,
            own => own,
        }
    }

    /// Notes which node a seed turned out to be, and whether it refused what it was offered.
    pub(super) fn reaped(&self, seed: &Sown, node: Option<NodeId>, is_refused: bool) {
        self.judge_conversion(seed, node);
        if is_refused && !self.blamed.get() {
            let next = self.flavour_of(seed) + 1;
            self.flavours.borrow_mut().insert(seed.id, next);
            self.blame(next > FLAVOURS, || {
                format!("no sample satisfies `{}`", sown(seed))
            });
        }
    }

    fn flavour_of(&self, seed: &Sown) -> usize {
        self.flavours.borrow().get(&seed.id).copied().unwrap_or(0)
    }

    /// A seed with a state may ask for one thing or another by what was read before.
    fn judge_seed(&self, seed: &Sown) {
        if seed.has_state && !names::is_fixed(seed.name) {
            self.by_hand(|| format!("`{}` reads by what was read before", sown(seed)));
        }
    }

    /// Two functions that a field may be read `with` look the same where both read a number.
    fn judge_conversion(&self, seed: &Sown, node: Option<NodeId>) {
        if !names::is_converted(sown(seed)) {
            return;
        }
        let graph = self.graph.borrow();
        let visitor = node.map_or("", |node| graph.nodes[node].visitor_name);
        if !names::says_its_meaning(visitor) {
            self.by_hand(|| {
                let name = sown(seed);
                format!("a field is read `with` a function of its own, in `{name}`")
            });
        }
    }

    /// Takes the blame for a failure, with or without something left to offer.
    pub(super) fn blame(&self, exhausted: bool, why: impl FnOnce() -> String) {
        self.blamed.set(true);
        self.progress.set(self.progress.get() + 1);
        if exhausted {
            self.stuck.set(true);
            self.why.borrow_mut().get_or_insert_with(why);
        }
    }

    /// Takes the blame for an alternative that leads nowhere and hides nothing.
    pub(super) fn dead_end(&self) {
        self.blamed.set(true);
        self.stuck.set(true);
    }

    pub(super) fn is_blamed(&self) -> bool {
        self.blamed.get()
    }

    /// The node of what a visitor asked for, and its refusals so far.
    pub(super) fn meet(&self, met: &Met<'_>, kind: Kind, depth: u32) -> Result<NodeId, Halt> {
        self.steps.set(self.steps.get() + 1);
        let visitor_name = met.name;
        if !matches!(kind, Kind::Leaf(_)) && !names::is_fixed(visitor_name) {
            self.by_hand(|| format!("`{visitor_name}` reads its parts in its own way"));
        }
        let called = names::of_part(self.sown.take(), kind.name());
        let mut graph = self.graph.borrow_mut();
        let node = graph.intern((met.id, visitor_name), kind, called, met.expects);
        drop(graph);
        match node {
            Some(node) if self.steps.get() <= MAX_STEPS && depth <= MAX_DEPTH => Ok(node),
            _ => {
                self.blame(true, || {
                    "it nests too deeply, or has too many parts".to_owned()
                });
                Err(Halt)
            }
        }
    }

    pub(super) fn refusals(&self, node: NodeId) -> usize {
        self.graph.borrow().nodes[node].refusals
    }

    /// Notes that a node refused a sample out of so many.
    pub(super) fn refuse(&self, node: NodeId, samples: usize) {
        let mut graph = self.graph.borrow_mut();
        let refusals = &mut graph.nodes[node].refusals;
        *refusals += 1;
        let (exhausted, kind) = (*refusals >= samples, graph.nodes[node].kind);
        drop(graph);
        self.blame(exhausted, || {
            format!("no sample satisfies a part that asks for {kind:?}")
        });
    }

    /// Enters the alternative that is to be followed next.
    pub(super) fn enter(&self, node: NodeId, flavour: usize) -> Result<Turn, Halt> {
        let mut graph = self.graph.borrow_mut();
        let Some(index) = graph.choose(node, flavour) else {
            drop(graph);
            self.blame(true, || {
                "every way through a part of it is stuck".to_owned()
            });
            return Err(Halt);
        };
        let Node {
            alternatives,
            refusals,
            ..
        } = &mut graph.nodes[node];
        let len = LENGTHS[*refusals % LENGTHS.len()].max(1) + spare_elements(flavour);
        alternatives[index].active += 1;
        Ok(Turn { node, index, len })
    }

    /// Leaves an alternative with what was seen in it.
    pub(super) fn leave(&self, turn: &Turn, form: Form, mut parts: Vec<NodeId>, done: bool) {
        let mut graph = self.graph.borrow_mut();
        let Node {
            kind, alternatives, ..
        } = &mut graph.nodes[turn.node];
        match kind {
            Kind::Seq => fold_repeats(&mut parts, 1),
            Kind::Map => fold_repeats(&mut parts, 2),
            _ => {}
        }
        let others = (alternatives.iter().enumerate())
            .any(|(index, other)| index != turn.index && other.state != State::Stuck);
        let alternative = &mut alternatives[turn.index];
        alternative.active -= 1;
        if form == Form::Refused && done {
            alternative.form = Form::Bare;
        } else if form != Form::Bare {
            alternative.form = form;
        }
        let dependent = (alternative.parts.iter().zip(&parts)).any(|(was, is)| was != is);
        if dependent {
            self.not_binary("a part's type depends on another part's value");
        }
        if parts.len() > alternative.parts.len() {
            alternative.parts = parts;
            self.progress.set(self.progress.get() + 1);
        }
        self.settle(alternative, done, others);
    }

    fn settle(&self, alternative: &mut Alternative, done: bool, others: bool) {
        // A variant that is refused as such has been seen to its end.
        let done = done || alternative.form == Form::Refused;
        if done && alternative.state == State::Untried {
            self.progress.set(self.progress.get() + 1);
            alternative.state = State::Done(self.progress.get());
        }
        if !done && self.stuck.get() && !matches!(alternative.state, State::Done(1..)) {
            alternative.state = State::Stuck;
            self.progress.set(self.progress.get() + 1);
            // Another alternative is left, so the next pass goes another way.
            self.stuck.set(!others);
        }
    }
}

/// The name of what a seed makes; most seeds are a `PhantomData` of it.
fn sown(seed: &Sown) -> &'static str {
    let name = seed.name;
    (name.strip_prefix("core::marker::PhantomData<"))
        .and_then(|name| name.strip_suffix('>'))
        .unwrap_or(name)
}

/// How many elements more a flavour offers: a type that checks itself afterwards may want several.
fn spare_elements(flavour: usize) -> usize {
    if flavour % 2 == 1 { flavour / 2 % 4 } else { 0 }
}

/// Elements that are all alike are kept once, however many were offered.
fn fold_repeats(parts: &mut Vec<NodeId>, every: usize) {
    if (every..parts.len()).all(|at| parts[at] == parts[at - every]) {
        parts.truncate(every);
    }
}
