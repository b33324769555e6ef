//! What one exploration covers. Within it everything that can happen happens, any number of times.

/// What the invalidations are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Entry,
    Tag,
}

/// The dimensions of an exploration. Of two, the first is of process 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    /// Which processes invalidate, once each.
    pub(crate) invalidates: [bool; 2],
    /// Which callers there are; 0 and 2 are of process 0, 1 is of process 1.
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
    /// A process is told of its own writes as well, behind the answer (no `NOLOOP`), counts those of a
    /// command that it waits for, and is in no need of holding its heartbeats back.
    pub(crate) own_pushes: bool,
    /// Redis drops a key of its own accord: eviction, expiry, the lapse of a lease.
    pub(crate) evict: bool,
    /// Whose connection is lost, and made again.
    pub(crate) lose: [bool; 2],
    /// Which processes give up waiting for answers that are still to come.
    pub(crate) timeouts: [bool; 2],
    /// Values are written without a miss, too.
    pub(crate) refresh: bool,
    /// Callers are dropped wherever they wait.
    pub(crate) cancel: bool,
    /// The node of process 0's connection is demoted, and the connection stays open.
    pub(crate) demote: bool,
}

impl Bounds {
    /// With eviction and cancelled callers too: up to some 20 million states each.
    pub(crate) fn wide(self) -> Self {
        Self {
            evict: true,
            cancel: true,
            ..self
        }
    }
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
    own_pushes: false,
    evict: true,
    lose: [false; 2],
    timeouts: [false; 2],
    refresh: false,
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

/// The entry, invalidated by both processes.
pub(crate) const TWICE: Bounds = Bounds {
    name: "twice",
    invalidates: [true, true],
    ..BASE
};

/// Its tag, invalidated by both.
pub(crate) const TAG_TWICE: Bounds = Bounds {
    name: "tag-twice",
    invalidates: [true, true],
    calls: [true, false, false],
    ..TAG
};

/// Values are written without a miss, too.
pub(crate) const REFRESH: Bounds = Bounds {
    name: "refresh",
    refresh: true,
    ..BASE
};

/// The same where both invalidate.
pub(crate) const REFRESH_TWICE: Bounds = Bounds {
    name: "refresh-twice",
    refresh: true,
    ..TWICE
};

/// The connection of the process that reads breaks, and answers to it are given up.
pub(crate) const OUTAGE: Bounds = Bounds {
    name: "outage",
    evict: false,
    lose: [true, false],
    timeouts: [true, false],
    ..BASE
};

/// The same of the process that invalidates, which owes what failed.
pub(crate) const OWED: Bounds = Bounds {
    name: "owed",
    lose: [false, true],
    timeouts: [false, true],
    ..OUTAGE
};

/// One process owes an invalidation, and the other makes its own.
pub(crate) const OWED_TWICE: Bounds = Bounds {
    name: "owed-twice",
    invalidates: [true, true],
    calls: [true, false, false],
    ..OUTAGE
};

/// Two callers of a process, which share flights; the other process invalidates.
pub(crate) const FLIGHTS: Bounds = Bounds {
    name: "flights",
    calls: [true, false, true],
    lease_pushes: true,
    cancel: true,
    ..BASE
};

/// The same where their own process invalidates.
pub(crate) const FLIGHTS_OWN: Bounds = Bounds {
    name: "flights-own",
    evict: false,
    invalidates: [true, false],
    ..FLIGHTS
};

/// The same where the tag is invalidated.
pub(crate) const FLIGHTS_TAG: Bounds = Bounds {
    name: "flights-tag",
    target: Target::Tag,
    tagged: true,
    evict: false,
    cancel: false,
    ..FLIGHTS
};

/// The same over a connection that breaks.
pub(crate) const FLIGHTS_OUTAGE: Bounds = Bounds {
    name: "flights-outage",
    lose: [true, false],
    evict: false,
    cancel: false,
    ..FLIGHTS
};

/// Two `strong` callers of a process; the other invalidates.
pub(crate) const STRONG: Bounds = Bounds {
    name: "strong",
    strong: true,
    ..FLIGHTS
};

/// `strong` callers in both processes, one of which invalidates.
pub(crate) const STRONG_BOTH: Bounds = Bounds {
    name: "strong-both",
    calls: [true, true, true],
    invalidates: [true, false],
    evict: false,
    cancel: false,
    ..STRONG
};

/// Two `strong` callers over a connection that breaks.
pub(crate) const STRONG_OUTAGE: Bounds = Bounds {
    name: "strong-outage",
    lose: [true, false],
    timeouts: [true, false],
    evict: false,
    cancel: false,
    ..STRONG
};

/// A slot that migrates: lease and entry are deleted one after the other.
pub(crate) const MIGRATION: Bounds = Bounds {
    name: "migration",
    split: true,
    ..BASE
};

/// The tag comes of the value.
pub(crate) const BUCKETS: Bounds = Bounds {
    name: "buckets",
    tags_from: true,
    evict: false,
    ..TAG
};

/// The same, invalidated by both.
pub(crate) const BUCKETS_TWICE: Bounds = Bounds {
    name: "buckets-twice",
    invalidates: [true, true],
    calls: [true, false, false],
    ..BUCKETS
};

/// The node is demoted.
pub(crate) const DEMOTED: Bounds = Bounds {
    name: "demoted",
    calls: [true, false, false],
    tagged: true,
    evict: false,
    demote: true,
    ..BASE
};

/// Both invalidate, and are told of their own writes.
pub(crate) const TOLD: Bounds = Bounds {
    name: "told",
    evict: false,
    own_pushes: true,
    lease_pushes: true,
    ..TWICE
};

/// The same of the tag.
pub(crate) const TOLD_TAG: Bounds = Bounds {
    name: "told-tag",
    own_pushes: true,
    ..TAG_TWICE
};

/// The same where one owes its invalidation.
pub(crate) const TOLD_OWED: Bounds = Bounds {
    name: "told-owed",
    own_pushes: true,
    lease_pushes: true,
    ..OWED_TWICE
};
