//! What one exploration covers. Within it everything that can happen happens, any number of times.

/// What the invalidations are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Entry,
    Tag,
}

/// The dimensions of an exploration, by name of what may happen in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    /// Which processes invalidate, once each.
    pub(crate) invalidates: [bool; 2],
    /// Which callers there are; 0 and 2 are of one process.
    pub(crate) calls: [bool; 3],
    pub(crate) strong: bool,
    /// The entry carries a tag, so its frame a stamp.
    pub(crate) tagged: bool,
    /// Its tag is known only after the load.
    pub(crate) tags_from: bool,
    /// The two deletions of an entry's invalidation are not one.
    pub(crate) split: bool,
    /// A change of the lease is pushed as one of the entry. Where it is not, less is dropped.
    pub(crate) lease_pushes: bool,
    /// Redis drops a key of its own accord: eviction, expiry, the lapse of a lease.
    pub(crate) evict: bool,
    /// Which connections are lost, and made again.
    pub(crate) lose: [bool; 2],
    /// Which processes give up waiting for answers that are still to come.
    pub(crate) timeouts: [bool; 2],
    /// Callers are dropped wherever they wait.
    pub(crate) cancel: bool,
    /// The node of process 0's connection is demoted, and the connection stays open.
    pub(crate) demote: bool,
}

const BASE: Bounds = Bounds {
    name: "",
    target: Target::Entry,
    invalidates: [false, true],
    calls: [true, true, false],
    strong: false,
    tagged: false,
    tags_from: false,
    split: false,
    lease_pushes: false,
    evict: true,
    lose: [false; 2],
    timeouts: [false; 2],
    cancel: false,
    demote: false,
};

/// One entry, invalidated by the second process.
pub(crate) const ENTRY: Bounds = Bounds {
    name: "entry",
    cancel: true,
    ..BASE
};

/// Its tag, invalidated by the second process.
pub(crate) const TAG: Bounds = Bounds {
    name: "tag",
    target: Target::Tag,
    tagged: true,
    ..BASE
};

/// Invalidated by both processes.
pub(crate) const TWICE: Bounds = Bounds {
    name: "twice",
    invalidates: [true, true],
    ..BASE
};

/// The tag, by both.
pub(crate) const TAG_TWICE: Bounds = Bounds {
    name: "tag-twice",
    target: Target::Tag,
    tagged: true,
    invalidates: [true, true],
    calls: [true, false, false],
    ..BASE
};

/// The connection of the process that reads breaks, and answers to it are given up.
pub(crate) const OUTAGE: Bounds = Bounds {
    name: "outage",
    evict: false,
    lose: [true, false],
    timeouts: [true, false],
    ..BASE
};

/// The same of the process that invalidates.
pub(crate) const OWED: Bounds = Bounds {
    name: "owed",
    evict: false,
    lose: [false, true],
    timeouts: [false, true],
    ..BASE
};

pub(crate) const OWED_TWICE: Bounds = Bounds {
    name: "owed-twice",
    evict: false,
    invalidates: [true, true],
    lose: [true, false],
    timeouts: [true, false],
    calls: [true, false, false],
    ..BASE
};

/// Two callers of a process, which share flights.
pub(crate) const FLIGHTS: Bounds = Bounds {
    name: "flights",
    calls: [true, false, true],
    cancel: true,
    lease_pushes: true,
    ..BASE
};

/// The same over a connection that breaks.
pub(crate) const FLIGHTS_OUTAGE: Bounds = Bounds {
    name: "flights-outage",
    calls: [true, false, true],
    evict: false,
    lose: [true, false],
    lease_pushes: true,
    ..BASE
};

/// `strong` callers, two of a process.
pub(crate) const STRONG: Bounds = Bounds {
    name: "strong",
    strong: true,
    calls: [true, true, true],
    lease_pushes: true,
    ..BASE
};

/// The same over a connection that breaks.
pub(crate) const STRONG_OUTAGE: Bounds = Bounds {
    name: "strong-outage",
    strong: true,
    calls: [true, false, true],
    lose: [true, false],
    timeouts: [true, false],
    evict: false,
    lease_pushes: true,
    ..BASE
};

/// A slot that migrates: lease and entry are deleted one after the other.
pub(crate) const MIGRATION: Bounds = Bounds {
    name: "migration",
    split: true,
    lease_pushes: true,
    evict: false,
    ..BASE
};

/// The tag comes of the value.
pub(crate) const BUCKETS: Bounds = Bounds {
    name: "buckets",
    target: Target::Tag,
    tagged: true,
    tags_from: true,
    calls: [true, false, false],
    ..BASE
};

/// The node is demoted.
pub(crate) const DEMOTED: Bounds = Bounds {
    name: "demoted",
    tagged: true,
    demote: true,
    evict: false,
    calls: [true, false, false],
    ..BASE
};

pub(crate) const ALL: &[Bounds] = &[
    ENTRY, TAG, TWICE, TAG_TWICE, OUTAGE, OWED, OWED_TWICE, FLIGHTS, FLIGHTS_OUTAGE, STRONG, STRONG_OUTAGE, MIGRATION, BUCKETS,
    DEMOTED,
];
