//! Where an annotated function is written, and by what else than its path it is known.

use std::any::TypeId;
use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::Digest;

/// Where a function is written and what it says; the same for it and its companion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// `src/users.rs:14:1`
    pub(super) place: &'static str,
    /// A hash of the function's text without its name.
    pub(super) text: u64,
}

/// Which of the two items of an annotation asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    Function,
    Companion,
}

/// The line and the column of a place: the file follows from the path.
pub(super) fn line(place: &str) -> &str {
    let mut colons = place.rmatch_indices(':').map(|(at, _)| at);
    colons.nth(1).map_or(place, |at| &place[at + 1..])
}

/// The type that tells an item, or a list of types, from all others: the same in each process of
/// one build, and in builds of the same sources and dependencies by the same compiler.
pub(super) fn told_by(id: TypeId) -> u64 {
    let mut hash = Xxh3::new();
    id.hash(&mut hash);
    hash.finish()
}

/// Who wrote an entry whose key has a pinned `id` in place of a path: a function may be renamed or
/// changed from one build to the next, and stays who it is; one that differs in both is another,
/// with a copied `id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Author {
    name: u64,
    text: u64,
}

/// What is left of a digest that has an author's hashes at its end: 128 bits.
const KEY: usize = 16;

impl Author {
    pub(super) fn new(enclosing: &str, function: &str, text: u64) -> Self {
        Self {
            name: xxh3_64(format!("{enclosing}::{function}").as_bytes()),
            text,
        }
    }

    /// Signs the end of a digest.
    pub(super) fn sign(self, digest: &mut Digest) {
        digest[KEY..KEY + 8].copy_from_slice(&self.name.to_le_bytes());
        digest[KEY + 8..].copy_from_slice(&self.text.to_le_bytes());
    }
}

/// Whether two signed digests are of one key and one author.
pub(super) fn is_by_one_author(one: &Digest, other: &Digest) -> bool {
    let parts = |digest: &Digest| {
        let (key, author) = digest.split_at(KEY);
        let (name, text) = author.split_at(8);
        (key.to_vec(), name.to_vec(), text.to_vec())
    };
    let (one, other) = (parts(one), parts(other));
    one.0 == other.0 && (one.1 == other.1 || one.2 == other.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_line() {
        assert_eq!(line("C:\\src\\a.rs:14:1"), "14:1");
        assert_eq!(line("nowhere"), "nowhere");
    }

    fn signed(key: u8, author: Author) -> Digest {
        let mut digest = [key; 32];
        author.sign(&mut digest);
        digest
    }

    #[test]
    fn a_function_that_is_renamed_or_changed_stays_who_it_is() {
        let written = Author::new("app", "user", 1);
        let found = signed(7, written);
        for (same, key, reader) in [
            (true, 7, written),
            (true, 7, Author::new("app::users", "get", 1)),
            (true, 7, Author::new("app", "user", 2)),
            (false, 7, Author::new("app", "account", 2)),
            (false, 8, written),
        ] {
            assert_eq!(is_by_one_author(&found, &signed(key, reader)), same);
        }
    }

    #[test]
    fn types_that_print_alike_are_told_apart() {
        let one = {
            struct Local;
            TypeId::of::<Local>()
        };
        let other = {
            struct Local;
            TypeId::of::<Local>()
        };
        assert_ne!(told_by(one), told_by(other));
        assert_eq!(told_by(one), told_by(one));
    }
}
