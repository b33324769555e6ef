//! The entries of a run, and what covers which.

use rand::{Rng, RngExt as _};

/// How many entries there are.
pub(super) const IDS: u64 = 128;

/// How many namespaces share them. One of several, so that clearing it leaves most entries alone.
pub(super) const NAMESPACES: u64 = 8;

/// How many tags share them; no multiple of the namespaces, so that a tag is in several.
pub(super) const TAGS: u64 = 37;

/// Of so many entries half of all reads and writes are, so that races on them are many.
const HOT: u64 = 12;

/// What an invalidation is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Entry(u64),
    Tag(u64),
    Namespace(u64),
}

impl Subject {
    /// One that covers this entry.
    pub(super) fn random(id: u64, random: &mut impl Rng) -> Self {
        match random.random_range(0..100) {
            0..72 => Self::Entry(id),
            72..94 => Self::Tag(tag(id)),
            _ => Self::Namespace(namespace(id)),
        }
    }

    pub(super) fn covers(self, id: u64) -> bool {
        match self {
            Self::Entry(own) => own == id,
            Self::Tag(own) => own == tag(id),
            Self::Namespace(own) => own == namespace(id),
        }
    }

    pub(super) fn ids(self) -> impl Iterator<Item = u64> {
        (0..IDS).filter(move |id| self.covers(*id))
    }

    /// As two numbers, for a record.
    pub(super) fn numbers(self) -> [u64; 2] {
        match self {
            Self::Entry(id) => [0, id],
            Self::Tag(tag) => [1, tag],
            Self::Namespace(namespace) => [2, namespace],
        }
    }

    pub(super) fn from_numbers([kind, which]: [u64; 2]) -> Option<Self> {
        match kind {
            0 => Some(Self::Entry(which)),
            1 => Some(Self::Tag(which)),
            2 => Some(Self::Namespace(which)),
            _ => None,
        }
    }
}

pub(super) fn tag(id: u64) -> u64 {
    id % TAGS
}

pub(super) fn tag_name(tag: u64) -> String {
    format!("t:{tag}")
}

pub(super) fn namespace(id: u64) -> u64 {
    id % NAMESPACES
}

/// An entry, more often a hot one.
pub(super) fn random_id(random: &mut impl Rng) -> u64 {
    let among = if random.random_bool(0.5) { HOT } else { IDS };
    random.random_range(0..among)
}
