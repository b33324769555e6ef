//! What a policy chooses of: each an argument of an annotation, with its names.

/// How a payload is compressed, if it is over 1 KiB and compression saves at least a tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// No compression; the default.
    #[default]
    None,
    /// LZ4: the fastest, saves about half of text-like payloads. Needs the feature `lz4`, which is on by default.
    #[cfg(feature = "lz4")]
    Lz4,
    /// Zstandard at level 3: smaller, several times slower than LZ4. Needs the feature `zstd`.
    #[cfg(feature = "zstd")]
    Zstd,
    /// Gzip at level 6: for readers in other languages. Needs the feature `gzip`.
    #[cfg(feature = "gzip")]
    Gzip,
}

/// How a value is encoded for Redis. An entry says how it is, and is read that way, whatever its function says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// By position: the smallest and the fastest. A type that it can't read back is stored with
    /// [`MessagePack`](Self::MessagePack) all the same, and an event says why.
    Bincode,
    /// With names: reads every type, and readers in other languages know it. As a value may leave fields out that
    /// its type then makes up, entries are shared only among processes of one executable, or among builds that state
    /// one `shape`.
    MessagePack,
    /// As text with names, which people and programs in any language read. What JSON has no form for is returned to
    /// the caller and not stored, and an event says why: a NaN or an infinity, a `Some(None)`, a map whose keys are
    /// neither text nor numbers. Entries are shared as those of [`MessagePack`](Self::MessagePack) are.
    Json,
}

/// Who shares one load of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// Every process: one loads, the others wait for its value; the default.
    Fleet,
    /// The callers in one process; other processes load for themselves at the same time.
    Process,
}

/// How soon an invalidation reaches a reader.
///
/// Let an invalidation of an entry, tag or namespace return `Ok`. A read that begins after it returns
/// only a value whose load began after the invalidation began. The level says in which processes, and
/// from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// In the process that invalidated, always; in every other after at most `lag` (2 s unless set;
    /// typically it takes under a millisecond), partitions, pauses and outages included. Memory serves.
    /// The default.
    Bounded,
    /// In every process, always: each call asks Redis, and memory serves none. With Redis out of reach
    /// the function runs.
    Strong,
}

/// What memory may serve while this process can't reach Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOutage {
    /// What it holds, for at most `lag` (2 s unless set); the default.
    Lag,
    /// What it holds, until the entry's own ttl and stale window end. While Redis is out of reach this
    /// waives the bound that [`Consistency::Bounded`] sets on how late an invalidation by another
    /// process may arrive. It has no effect on [`Consistency::Strong`].
    Serve,
}

/// Who refreshes an entry that is served stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refresh {
    /// The first caller that finds it stale, before it returns; the default.
    Caller,
    /// A task: the caller that finds the entry stale is served the stale value at once. Only
    /// [`cached`](crate::cached) can have one, as a task owns all that its load uses; for
    /// [`Cache::get_or_load`](crate::Cache::get_or_load), whose load may borrow, the caller refreshes.
    Background,
}

/// How long memory keeps an entry when it needs room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// As long as it is used more than others; the default.
    #[default]
    Normal,
    /// As if it had been used already when it is stored, so that it outlives what is read once. What is used more stays
    /// ahead of it in the end.
    High,
}

impl Priority {
    /// How often an entry counts as used when it is stored.
    pub(crate) fn uses(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::High => 3,
        }
    }
}
