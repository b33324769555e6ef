//! One alternative of a part, as it is followed: its own parts are noted as they are asked for.

use std::cell::Cell;

use super::book::{Book, Turn};
use super::graph::{Form, Kind, NodeId};
use super::names;
use super::samples::LENGTHS;
use super::trace::Tracer;
use crate::frame::read::Sown;

/// The alternative, and the parts seen in it in the order in which they were asked for.
pub(crate) struct Branch<'b> {
    book: &'b Book,
    kind: Kind,
    turn: Turn,
    /// [`Form::Refused`] of a variant until the type asks what it holds.
    form: Form,
    flavour: usize,
    depth: u32,
    seen: Vec<NodeId>,
    /// Which node a part is that is driven by no seed.
    at: Cell<Option<NodeId>>,
}

impl<'b> Branch<'b> {
    pub(super) fn new(
        book: &'b Book,
        (kind, turn): (Kind, Turn),
        (flavour, depth): (usize, u32),
        visitor: &'static str,
    ) -> Self {
        let form = match (kind, turn.index) {
            (Kind::Option, 0) | (Kind::Newtype(_), _) => Form::One,
            (Kind::Seq | Kind::Map, 0) => Form::Many,
            (Kind::Tuple(len) | Kind::TupleStruct(_, len), _) => Form::Tuple(len),
            (Kind::Struct(_, fields), _) => Form::Struct(fields),
            (Kind::Enum(..), _) => Form::Refused,
            _ => Form::Bare,
        };
        if (kind, form) == (Kind::Option, Form::One) {
            book.note_sown(names::inside_option(visitor));
        }
        Self {
            book,
            kind,
            turn,
            form,
            flavour,
            depth,
            seen: Vec::new(),
            at: Cell::new(None),
        }
    }

    /// How many parts to hand out.
    pub(in crate::frame) fn len(&self) -> usize {
        match self.form {
            Form::Bare | Form::Refused => 0,
            Form::One => 1,
            Form::Many => self.turn.len,
            Form::Tuple(len) => len,
            Form::Struct(fields) => fields.len(),
        }
    }

    pub(in crate::frame) fn is_map(&self) -> bool {
        self.kind == Kind::Map
    }

    /// Whether it holds no part.
    pub(in crate::frame) fn is_bare(&self) -> bool {
        self.form == Form::Bare
    }

    /// The one part, by a deserializer.
    pub(in crate::frame) fn one(&mut self) -> Tracer<'_> {
        Tracer::new(self.book, &self.at, self.flavour, self.depth)
    }

    /// The next part, by a seed.
    pub(in crate::frame) fn sow<'p>(
        &'p self,
        sown: &Sown,
        at: &'p Cell<Option<NodeId>>,
    ) -> Tracer<'p> {
        let flavour = self.book.sow(sown, self.flavour);
        Tracer::new(self.book, at, flavour, self.depth)
    }

    /// The end of what a seed read.
    pub(in crate::frame) fn reaped(&mut self, sown: &Sown, node: Option<NodeId>, is_refused: bool) {
        self.book.reaped(sown, node, is_refused);
        self.seen.extend(node);
    }

    /// Which variant is followed.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each variant is a node's alternative, and there are fewer"
    )]
    pub(in crate::frame) fn variant(&self) -> u32 {
        self.turn.index as u32
    }

    /// Notes what the variant holds.
    pub(in crate::frame) fn holds(&mut self, form: Form) {
        self.form = form;
    }

    /// The end of what a visitor read.
    pub(in crate::frame) fn finish(mut self, is_refused: bool) {
        self.seen.extend(self.at.take());
        if is_refused && !self.book.is_blamed() {
            self.blame();
        }
        self.book
            .leave(&self.turn, self.form, self.seen, !is_refused);
    }

    fn blame(&self) {
        let book = self.book;
        match self.kind {
            // A length it doesn't take: no elements is one alternative, a number the other.
            Kind::Seq | Kind::Map if self.turn.index == 0 => {
                book.refuse(self.turn.node, LENGTHS.len());
            }
            Kind::Option | Kind::Seq | Kind::Map => book.dead_end(),
            Kind::Tuple(_) | Kind::TupleStruct(..) | Kind::Struct(..)
                if self.len() > 0 && self.seen.is_empty() =>
            {
                book.not_binary("it reads its fields by name only");
            }
            // It does not even look at what the variant holds, so no value has that variant.
            Kind::Enum(..) if self.form == Form::Refused => book.blame(false, String::new),
            _ => {}
        }
    }
}
