//! Shapes: what a type looks like to a codec, found by asking the type itself.
//!
//! `T::deserialize` is driven by a deserializer that has no input ([`trace`]): it notes what the
//! type asks for and hands it sample values ([`samples`]). One pass follows one path; passes are
//! repeated until every variant, `Some` and element has been seen ([`graph`]). Types are nodes,
//! told apart by the identity of their visitors, so recursion and types of the same name are plain.
//! The finished graph is written as canonical text ([`text`]), whose hash is the fingerprint, and
//! values about to be stored are compared with it ([`check`]).

mod book;
mod branch;
mod check;
mod graph;
mod names;
mod samples;
mod text;
mod trace;

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use book::Book;
pub(super) use branch::Branch;
use graph::Graph;
pub(super) use graph::{Form, Kind, Leaf, NodeId};
pub(super) use trace::{Refusal, Tracer};

use super::read::{Halt, Reader, Sown};

pub(super) use check::{Check, Walk, keeps_every_option};
pub(crate) use check::{Mismatch, is_longer, serializes_as};

/// Passes after which a type counts as too large to know in full.
const MAX_PASSES: u32 = 10_000;

/// How far a shape is known, and whether bincode can read the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every part of the type is in the fingerprint.
    Full,
    /// Some part could not be reached, for the reason given; the rest is in the fingerprint.
    Partial(String),
    /// Every part was seen, but code written by hand, in the way given, may read other values
    /// otherwise than the samples.
    ByHand(String),
    /// The type asks its input what it is, which bincode can't tell, in the way given.
    NotBinary(&'static str),
}

/// What a type looks like to a codec.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Differs whenever something that was seen differs: a field name, a variant name, their order,
    /// a type. The same in every run and on every platform.
    seen: u64,
    /// How far to trust it.
    pub(crate) verdict: Verdict,
    graph: Graph,
    root: Option<NodeId>,
}

impl Shape {
    /// What two processes must have in common to read one another's values: all that was seen and,
    /// where that is not all there is, the executable.
    pub(crate) fn fingerprint(&self, executable: impl FnOnce() -> u128) -> u64 {
        match self.verdict {
            Verdict::Full => self.seen,
            _ => self.within(executable()),
        }
    }

    /// The fingerprint among processes of one executable.
    pub(crate) fn within(&self, executable: u128) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&self.seen.to_le_bytes());
        hash.update(&executable.to_le_bytes());
        hash.digest()
    }

    /// Whether a positional codec may write the type: each value can be compared with what its
    /// type reads.
    pub(crate) fn is_positional(&self) -> bool {
        matches!(self.verdict, Verdict::Full | Verdict::ByHand(_))
    }

    /// The text that what was seen is the hash of.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        text::canonical(&self.graph, self.root)
    }
}

/// The shape of a type.
pub(crate) fn shape<T: DeserializeOwned>() -> Shape {
    shape_of(&Sown::of::<PhantomData<T>>(), |reader| {
        T::deserialize(reader).map(drop)
    })
}

/// Reads a value of some type, and drops it.
type Drive = fn(Reader<'_, 'static>) -> Result<(), Halt>;

fn shape_of(root: &Sown, drive: Drive) -> Shape {
    if cfg!(panic = "abort") {
        return untraced();
    }
    let book = Book::default();
    // A `Deserialize` that panics on a sample must not take the caller down.
    let traced = catch_unwind(AssertUnwindSafe(|| passes(&book, root, drive)));
    let (root, trouble) = traced.unwrap_or_else(|_| {
        let why = "its `Deserialize` panicked on a sample value".to_owned();
        (book.root(), Some(why))
    });
    let found = book.close();
    let verdict = match (found.not_binary, trouble.or(found.why), found.by_hand) {
        (Some(how), ..) => Verdict::NotBinary(how),
        (None, Some(why), _) => Verdict::Partial(why),
        (None, None, Some(why)) => Verdict::ByHand(why),
        (None, None, None) => Verdict::Full,
    };
    Shape {
        seen: xxh3_64(text::canonical(&found.graph, root).as_bytes()),
        verdict,
        graph: found.graph,
        root,
    }
}

/// The shape of a type that is shown no sample: where a panic ends the program, a `Deserialize`
/// that panics on one would.
pub(super) fn untraced() -> Shape {
    Shape {
        seen: 0,
        verdict: Verdict::Partial("with `panic = \"abort\"` no type is looked into".to_owned()),
        graph: Graph::default(),
        root: None,
    }
}

/// Passes over the type until nothing is left to see, or one that learns nothing.
fn passes(book: &Book, sown: &Sown, drive: Drive) -> (Option<NodeId>, Option<String>) {
    for _ in 0..MAX_PASSES {
        let before = book.begin_pass();
        let at = Cell::new(None);
        let flavour = book.sow(sown, 0);
        let result = drive(Reader::Trace(Tracer::new(book, &at, flavour, 0)));
        let root = at.get();
        book.reaped(sown, root, result.is_err());
        book.note_root(root);
        let finished = match (&result, root) {
            (Ok(_), Some(root)) => !book.any_open(root),
            (Ok(_), None) => true,
            (Err(_), _) => book.is_stuck(),
        };
        if finished && result.is_ok() {
            return (root, None);
        }
        if finished || book.progress() == before {
            return (root, Some(book.why()));
        }
    }
    (book.root(), Some("it is too large to explore".to_owned()))
}
