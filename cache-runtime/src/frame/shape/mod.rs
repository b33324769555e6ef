//! Shapes: what a type looks like to a codec, found by asking the type itself.
//!
//! `T::deserialize` is driven by a deserializer that has no input ([`trace`]): it notes what the
//! type asks for and hands it sample values ([`samples`]). One pass follows one path; passes are
//! repeated until every variant, `Some` and element has been seen ([`graph`]). Types are nodes,
//! told apart by the identity of their visitors, so recursion and types of the same name are plain.
//! The finished graph is written as canonical text ([`text`]), whose hash is the fingerprint, and
//! values about to be stored are compared with it ([`check`]).

mod access;
mod book;
mod check;
mod graph;
mod samples;
mod text;
mod trace;

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use book::Book;
use graph::{Graph, NodeId};

pub(super) use check::keeps_every_option;
pub(crate) use check::{Mismatch, serializes_as};

/// Passes after which a type counts as too large to know in full.
const MAX_PASSES: u32 = 10_000;

/// How far a shape is known, and whether bincode can read the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every part of the type is in the fingerprint.
    Full,
    /// Some part could not be reached, for the reason given; the rest is in the fingerprint.
    Partial(String),
    /// The type asks its input what it is, which bincode can't tell, in the way given.
    NotBinary(&'static str),
}

/// What a type looks like to a codec.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Differs whenever a field name, a variant name, their order or a type differs; the same in
    /// every run and on every platform.
    pub(crate) fingerprint: u64,
    /// How far to trust it.
    pub(crate) verdict: Verdict,
    graph: Graph,
    root: Option<NodeId>,
}

impl Shape {
    /// The text that the fingerprint is the hash of.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        text::canonical(&self.graph, self.root)
    }
}

/// The shape of a type.
pub(crate) fn shape<T: DeserializeOwned>() -> Shape {
    let book = Book::default();
    // A `Deserialize` that panics on a sample must not take the caller down.
    let traced = catch_unwind(AssertUnwindSafe(|| passes::<T>(&book)));
    let (root, trouble) = traced.unwrap_or_else(|_| {
        let why = "its `Deserialize` panicked on a sample value".to_owned();
        (book.root(), Some(why))
    });
    let (graph, not_binary, stuck) = book.close();
    let verdict = match (not_binary, trouble.or(stuck)) {
        (Some(how), _) => Verdict::NotBinary(how),
        (None, Some(why)) => Verdict::Partial(why),
        (None, None) => Verdict::Full,
    };
    Shape {
        fingerprint: xxh3_64(text::canonical(&graph, root).as_bytes()),
        verdict,
        graph,
        root,
    }
}

/// Passes over the type until nothing is left to see, or one that learns nothing.
fn passes<T: DeserializeOwned>(book: &Book) -> (Option<NodeId>, Option<String>) {
    for _ in 0..MAX_PASSES {
        let before = book.begin_pass();
        let (root, result) = book.sow(PhantomData::<T>, 0, 0);
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
