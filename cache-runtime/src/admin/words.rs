//! Why an entry is a hit or a miss, and what to do next, in words.

use super::explanation::{EntryHeader, Explanation, StampKind, StampState, Verdict};

impl Explanation {
    /// Why the next read finds what it finds, in words for a person. Names in it are as they are in Redis: escape them.
    #[must_use]
    pub fn reason(&self) -> String {
        reason(&self.verdict)
    }

    /// The process that made it, in words for a person: by its id alone once it publishes no more. `None` without an entry.
    #[must_use]
    pub fn loaded_on(&self) -> Option<String> {
        let id = &self.header.as_ref()?.loader;
        Some(match &self.loader {
            Some(loader) => {
                let build = match loader.build.as_str() {
                    "" => String::new(),
                    build => format!(", build {build}"),
                };
                format!("{}, process {}{build}", loader.host, loader.pid)
            }
            None => format!("{id}, a process that publishes nothing now"),
        })
    }

    /// What to do next, in words for a person. `has_siblings` says whether the same key has entries of other functions,
    /// builds or types, of which a reader finds its own alone.
    #[must_use]
    pub fn next_step(&self, has_siblings: bool) -> String {
        next_step(self, has_siblings)
    }
}

impl EntryHeader {
    /// What made it, in words for a person.
    #[must_use]
    pub fn made_by(&self) -> &'static str {
        match (self.is_restored, self.is_put) {
            (true, _) => "a restore of a backup (a miss to a `strong` function), by the load",
            (false, true) => "a write, which put it",
            (false, false) => "a load",
        }
    }
}

fn reason(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Fresh { for_ms } => format!("it is fresh for another {}", span(*for_ms)),
        Verdict::Stale { for_ms, by_hand } => format!(
            "it is stale{}, and may be served for another {} while it is loaded anew",
            hand(*by_hand),
            span(*for_ms)
        ),
        Verdict::Expired { by_hand } => format!("its time is over{}", hand(*by_hand)),
        Verdict::TagInvalidated { tag } => {
            format!("the tag {tag} was invalidated after it was loaded")
        }
        Verdict::NamespaceCleared { namespace } => {
            format!("the namespace {namespace} was invalidated after it was loaded")
        }
        Verdict::StampEvicted { kind, name } => {
            format!("the stamp of the {} {name} was evicted", kind_text(*kind))
        }
        Verdict::OtherRun => "it was stored before its node was restarted or replaced".to_owned(),
        Verdict::OtherShape { shape } => format!("it is of another type: its shape is {shape}"),
        Verdict::Foreign { cause } => {
            format!("what stands there can't be read as this entry: {cause}")
        }
        Verdict::Loading => "nothing is stored yet, and a process loads it now".to_owned(),
        Verdict::NeverStored => "nothing is stored".to_owned(),
        Verdict::NodeAway { cause } => format!("its node can't be reached: {cause}"),
    }
}

fn next_step(told: &Explanation, has_siblings: bool) -> String {
    let step = match &told.verdict {
        Verdict::Fresh { .. } | Verdict::Stale { .. } if has_siblings => {
            "Several entries have this key: of functions, builds or types that don't share what they store. A program \
             that misses reads another of them; `cachectl explain --shape` says which is its own."
        }
        Verdict::Fresh { .. } => {
            "Nothing to do. A program that misses it all the same looks for another name: its key, function, version or \
             type differs."
        }
        Verdict::Stale { by_hand: true, .. } | Verdict::Expired { by_hand: true } => {
            "The next call loads it anew. `cachectl log` tells who expired it, if that was done with cachectl."
        }
        Verdict::Stale { .. } => {
            "The next call of a function with `stale` is served it and refreshes it; of one without, it loads. If it \
             stays stale, its refreshes fail: look at the program's log."
        }
        Verdict::Expired { .. } => {
            "The next call loads it. If that is too often, raise the function's `ttl`."
        }
        Verdict::TagInvalidated { .. } | Verdict::NamespaceCleared { .. }
            if told.evicted_keys.is_some_and(|count| count > 0) =>
        {
            "The next call loads it. `cachectl log` tells who did it, if that was done with cachectl. The node evicts \
             keys: the stamp may have been evicted and made anew."
        }
        Verdict::TagInvalidated { .. } | Verdict::NamespaceCleared { .. } => {
            "The next call loads it. `cachectl log` tells who did it, if that was done with cachectl; `cachectl watch \
             --only tag,namespace` shows the next one."
        }
        Verdict::StampEvicted { .. } => {
            "The next call loads it. The node is full and evicts keys (or somebody invalidated it: both leave nothing \
             behind): raise `maxmemory`, and see `cachectl doctor`."
        }
        Verdict::OtherRun => {
            "The next call loads it: what a restart, a failover or a reshard brings along is never trusted. Nothing to do, \
             unless the node restarts often."
        }
        Verdict::OtherShape { .. } => {
            "A build with another type of value stored it, and each build reads its own. It ends by its ttl; nothing is \
             to be flushed."
        }
        Verdict::Foreign { .. } => {
            "The next call loads it and overwrites it. Something else writes under the prefix, or a bit was flipped: give \
             the cache a prefix, a user and, where a key is missing, the keys of its own."
        }
        Verdict::Loading => {
            "Wait for it. If it stays so, the load hangs: look at the function, and give it a `load_timeout`."
        }
        Verdict::NeverStored if told.lease.is_some() => {
            "The next call loads it. What was loaded last is not stored: it is too large, `cache_if` or its ttl said so, \
             or it failed."
        }
        Verdict::NeverStored => {
            "The next call loads and stores it. If it never is: the value may be too large or unwanted, or its time was \
             over, or Redis is full; see `cachectl doctor` and the program's `unstored` counters."
        }
        Verdict::NodeAway { .. } => {
            "Calls run their functions meanwhile. See that the server runs, then `cachectl doctor`."
        }
    };
    match misses_many(told) {
        true => format!("{step} More than one of its stamps does not hold."),
        false => step.to_owned(),
    }
}

fn misses_many(told: &Explanation) -> bool {
    let fallen = |state| !matches!(state, StampState::Holds | StampState::Expired);
    told.stamps.iter().filter(|seen| fallen(seen.state)).count() > 1
}

fn hand(by_hand: bool) -> &'static str {
    if by_hand {
        ", as somebody expired it"
    } else {
        ""
    }
}

fn kind_text(kind: StampKind) -> &'static str {
    match kind {
        StampKind::Tag => "tag",
        StampKind::Namespace => "namespace",
        StampKind::Node => "node",
    }
}

/// A span of milliseconds: `870 ms`, `4 m 59 s`, `2 h 5 m`, `3 d 4 h`.
fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..=9 => format!("{seconds}.{} s", ms % 1_000 / 100),
        10..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} m {} s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{} h {} m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}
