//! The deserializer without input: it notes what a type asks for and answers with samples.

use std::cell::Cell;

use super::book::Book;
use super::branch::Branch;
use super::graph::{Kind, Leaf, NodeId};
use super::samples::{CHARACTERS, FRACTIONS, LENGTHS, NUMBERS, TEXTS, ZEROS, pick};
use crate::frame::read::{Halt, Met, Token};

/// The tracing where one part begins.
pub(crate) struct Tracer<'b> {
    book: &'b Book,
    /// Where to tell the whole which node this part is.
    at: &'b Cell<Option<NodeId>>,
    flavour: usize,
    depth: u32,
}

/// Whom to tell that a sample was refused.
pub(crate) struct Refusal<'b> {
    book: &'b Book,
    node: NodeId,
    samples: usize,
}

impl Refusal<'_> {
    pub(in crate::frame) fn tell(self) {
        if !self.book.is_blamed() {
            self.book.refuse(self.node, 2 * self.samples);
        }
    }
}

impl<'b> Tracer<'b> {
    pub(super) fn new(
        book: &'b Book,
        at: &'b Cell<Option<NodeId>>,
        flavour: usize,
        depth: u32,
    ) -> Self {
        Self {
            book,
            at,
            flavour,
            depth,
        }
    }

    fn meet(&self, met: &Met<'_>, kind: Kind) -> Result<NodeId, Halt> {
        let node = self.book.meet(met, kind, self.depth)?;
        self.at.set(Some(node));
        Ok(node)
    }

    /// A sample for a value without parts.
    pub(in crate::frame) fn offer<'de>(
        self,
        met: &Met<'_>,
        leaf: Leaf,
    ) -> Result<(Token<'de>, Refusal<'b>), Halt> {
        let node = self.meet(met, Kind::Leaf(leaf))?;
        let turn = self.book.refusals(node) + self.flavour;
        let (token, samples) = sample(leaf, turn, self.book.place());
        let refusal = Refusal {
            book: self.book,
            node,
            samples,
        };
        Ok((token, refusal))
    }

    /// A sample for what asks its input what it holds, which bincode can't tell, in the way given.
    pub(in crate::frame) fn any<'de>(
        self,
        met: &Met<'_>,
        how: &'static str,
    ) -> Result<(Token<'de>, Refusal<'b>), Halt> {
        self.book.not_binary(how);
        self.offer(met, Leaf::Any)
    }

    /// Follows one alternative of a part: `Some`, elements, the fields.
    pub(in crate::frame) fn begin(self, met: &Met<'_>, kind: Kind) -> Result<Branch<'b>, Halt> {
        let node = self.meet(met, kind)?;
        let turn = self.book.enter(node, self.flavour)?;
        let within = (self.flavour, self.depth + 1);
        Ok(Branch::new(self.book, (kind, turn), within, met.name))
    }
}

/// The sample that a leaf is offered, and how many there are.
fn sample<'de>(leaf: Leaf, turn: usize, place: usize) -> (Token<'de>, usize) {
    let number = || pick(NUMBERS, turn, place);
    let token = match leaf {
        Leaf::Bool => return (Token::Bool(pick(BOOLS, turn, place)), BOOLS.len()),
        #[expect(clippy::cast_possible_wrap, reason = "none is over 100")]
        Leaf::I8 => Token::I8(number() as i8),
        Leaf::I16 => Token::I16(number().into()),
        Leaf::I32 => Token::I32(number().into()),
        Leaf::I64 => Token::I64(number().into()),
        Leaf::I128 => Token::I128(number().into()),
        Leaf::U8 => Token::U8(number()),
        Leaf::U16 => Token::U16(number().into()),
        Leaf::U32 => Token::U32(number().into()),
        Leaf::U64 => Token::U64(number().into()),
        Leaf::U128 => Token::U128(number().into()),
        Leaf::F32 => return (Token::F32(pick(FRACTIONS, turn, place)), FRACTIONS.len()),
        Leaf::F64 => {
            let sample = pick(FRACTIONS, turn, place).into();
            return (Token::F64(sample), FRACTIONS.len());
        }
        Leaf::Char => return (Token::Char(pick(CHARACTERS, turn, place)), CHARACTERS.len()),
        Leaf::Str | Leaf::String => return (Token::Str(pick(TEXTS, turn, place)), TEXTS.len()),
        Leaf::Bytes => {
            let len = pick(LENGTHS, turn, place);
            return (Token::Bytes(&ZEROS[..len]), LENGTHS.len());
        }
        Leaf::Unit | Leaf::UnitStruct(_) => return (Token::Unit, 1),
        Leaf::Any => return (anything(turn, place), ANYTHING),
    };
    (token, NUMBERS.len())
}

const BOOLS: &[bool] = &[true, false];

/// How many samples there are of anything.
const ANYTHING: usize = TEXTS.len() + 6;

fn anything<'de>(turn: usize, place: usize) -> Token<'de> {
    match turn % ANYTHING {
        0 => Token::Unit,
        1 => Token::Bool(true),
        2 => Token::U64(1),
        3 => Token::I64(-1),
        4 => Token::F64(0.5),
        5 => Token::Seq(0),
        6 => Token::Map(0),
        _ => Token::Str(pick(TEXTS, turn, place)),
    }
}
