//! The suites, with what each measures.

use crate::arguments::Arguments;
use crate::{
    batch, beside, codec, compile, curve, herd, hits, invalidation, memory, outage, pools,
    redis_hits, staleness, tags, toolkit, trace, wake,
};

/// A suite of figures.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    /// What it measures, as its heading says.
    pub(crate) title: &'static str,
    pub(crate) run: fn(&Arguments),
}

/// In the order in which they run.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "hits",
        title: "A hit in memory of an annotated function",
        run: |_| hits::run(),
    },
    Suite {
        name: "memory",
        title: "A hit in memory, with and without Redis behind it",
        run: |_| memory::run(),
    },
    Suite {
        name: "beside",
        title: "A hit in Redis, and one in memory before Redis",
        run: |_| beside::run(),
    },
    Suite {
        name: "redis",
        title: "A hit in Redis beside a bare GET of the same bytes",
        run: |_| redis_hits::run(),
    },
    Suite {
        name: "pools",
        title: "Hits in Redis over one, two and four connections",
        run: |_| pools::run(),
    },
    Suite {
        name: "tags",
        title: "To invalidate a tag that few and many entries carry",
        run: |_| tags::run(),
    },
    Suite {
        name: "wake",
        title: "How soon a follower in another process has the leader's value",
        run: |_| wake::run(),
    },
    Suite {
        name: "staleness",
        title: "From an acknowledged invalidation until another process serves the older value no more",
        run: |_| staleness::run(),
    },
    Suite {
        name: "invalidation",
        title: "From the call of an invalidation until it is acknowledged, and seen by another process",
        run: |_| invalidation::run(),
    },
    Suite {
        name: "batch",
        title: "A hundred hits at once from one task",
        run: |_| batch::run(),
    },
    Suite {
        name: "herd",
        title: "Ten thousand callers of one cold key",
        run: |_| herd::run(),
    },
    Suite {
        name: "outage",
        title: "Calls before Redis is killed, while it is away, and once it is back",
        run: |_| outage::run(),
    },
    Suite {
        name: "toolkit",
        title: "Limits, locks, counters, sets, leaderboards and places beside the same by hand",
        run: |_| toolkit::run(),
    },
    Suite {
        name: "codec",
        title: "Values as bytes, and back",
        run: |_| codec::run(),
    },
    Suite {
        name: "trace",
        title: "A trace of requests, replayed",
        run: |arguments| trace::run(arguments.file.as_deref()),
    },
    Suite {
        name: "curve",
        title: "What a cache tells of memory of other sizes, beside the truth",
        run: |arguments| curve::run(arguments.file.as_deref()),
    },
    Suite {
        name: "compile",
        title: "Fifty annotated functions, compiled",
        run: |_| compile::run(),
    },
];

/// The title of a suite, or its name where it is not known.
pub(crate) fn title(name: &str) -> &str {
    let suite = SUITES.iter().find(|suite| suite.name == name);
    suite.map_or(name, |suite| suite.title)
}
