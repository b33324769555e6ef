//! What helps against each cause of a miss, of a value that is not stored, and of a call without the cache. Causes are
//! what the runtime counts; all of them are here, which the test at the end checks by their names.

use cache_runtime::{MissStats, UncachedStats, UnstoredStats};
use serde::Serialize;

use crate::shown::{Count, Share};

/// A cause, how often it was one, and what helps.
#[derive(Debug, Serialize)]
pub(crate) struct Cause {
    pub(crate) name: &'static str,
    pub(crate) times: Count,
    pub(crate) share: Share,
    pub(crate) remedy: &'static str,
}

/// Those of one kind that came up, the most frequent first.
fn causes<const N: usize>(total: u64, all: [(&'static str, u64, &'static str); N]) -> Vec<Cause> {
    let of = |(name, times, remedy)| Cause {
        name,
        times: Count(times),
        share: Share::of(times, total),
        remedy,
    };
    let mut causes: Vec<_> = all.into_iter().map(of).collect();
    causes.retain(|cause| cause.times > Count(0));
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.times));
    causes
}

/// Why reads found nothing to serve.
pub(crate) fn of_misses(misses: &MissStats) -> Vec<Cause> {
    let all = [
        (
            "absent",
            misses.absent,
            "The first read of a key is a miss. If most are, keys hardly repeat: leave arguments out of the key by skip(..) \
             that do not change the result, or Redis or memory lacks room and evicts.",
        ),
        (
            "expired",
            misses.expired,
            "Its ttl was over: raise ttl, or add stale, which serves the old value while one call loads.",
        ),
        (
            "invalidated",
            misses.invalidated,
            "Something invalidates it: narrow the tags, or invalidate by entry in place of by namespace. expire serves \
             old values meanwhile.",
        ),
        (
            "unreadable",
            misses.unreadable,
            "Bytes in Redis are foreign, cut or of another shape: look for another program under the same prefix; after \
             a deploy this passes.",
        ),
        (
            "outage",
            misses.outage,
            "Redis did not answer: look at the nodes. on_outage = \"serve\" serves what memory has meanwhile.",
        ),
        (
            "refresh",
            misses.refresh,
            "A fresh load was asked for, by fresh or refresh: that is how it is meant.",
        ),
        (
            "early",
            misses.early,
            "It was loaded before its end, so that its end is no herd: that is how early is meant.",
        ),
        (
            "refused",
            misses.refused,
            "valid_if refused the value for the arguments of the call: if that is frequent, they belong into the key.",
        ),
    ];
    causes(misses.total(), all)
}

/// Why loaded values were not stored.
pub(crate) fn of_unstored(unstored: &UnstoredStats) -> Vec<Cause> {
    let all = [
        (
            "overtaken",
            unstored.overtaken,
            "It was invalidated while it was loaded: that keeps older values out. If it is frequent, its tags are too wide.",
        ),
        (
            "too_large",
            unstored.too_large,
            "It is over max_value: raise that, store less, or compress.",
        ),
        (
            "encode",
            unstored.encode,
            "Its Serialize failed, or its codec has no form for it: the log says which.",
        ),
        (
            "outage",
            unstored.outage,
            "Redis was out of reach: look at the nodes.",
        ),
        (
            "no_lease",
            unstored.no_lease,
            "Another process loads the same for longer than wait: raise wait, or make the load faster.",
        ),
        (
            "no_key",
            unstored.no_key,
            "The function says encrypt and the cache has no key: set CACHE_ENCRYPTION_KEYS.",
        ),
        (
            "memory",
            unstored.memory,
            "It is larger than a shard of memory: raise memory_bytes.",
        ),
        (
            "tag",
            unstored.tag,
            "A tag of tags_from is empty or its Display fails: mend what makes it.",
        ),
        (
            "too_many_tags",
            unstored.too_many_tags,
            "It has over 1,024 tags: give it tags of groups.",
        ),
        (
            "unwanted",
            unstored.unwanted,
            "cache_if, ttl_from or none_ttl says that it is not to be kept.",
        ),
        (
            "superseded",
            unstored.superseded,
            "A later put took its place: that is how puts are meant.",
        ),
    ];
    causes(unstored.total(), all)
}

/// Why calls ran without the cache.
pub(crate) fn of_uncached(uncached: &UncachedStats) -> Vec<Cause> {
    let all = [
        (
            "bypassed",
            uncached.bypassed,
            "They were inside a bypass: that is how it is meant.",
        ),
        (
            "off",
            uncached.off,
            "The cache is off by its settings, or closed.",
        ),
        (
            "turned_off",
            uncached.turned_off,
            "The settings file turns the function off: see its settings in force.",
        ),
        (
            "indistinct",
            uncached.indistinct,
            "The function can't be told from another: give it a namespace or a version of its own.",
        ),
        (
            "unwritable_key",
            uncached.unwritable_key,
            "An argument could not be written into the key: the log says which.",
        ),
        (
            "bad_name",
            uncached.bad_name,
            "A namespace or a tag is empty, too long, or has a control character or a brace.",
        ),
        (
            "too_many_tags",
            uncached.too_many_tags,
            "It has over 1,024 tags: give it tags of groups.",
        ),
    ];
    causes(uncached.total(), all)
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Map, Value, json, to_value};

    use super::*;

    /// Figures in which each cause that the runtime knows came up once, and these.
    fn each<T: Default + Serialize + DeserializeOwned>() -> (T, Vec<String>) {
        let Value::Object(known) = to_value(T::default()).unwrap() else {
            panic!("figures are a map");
        };
        let names: Vec<String> = known.keys().cloned().collect();
        let once: Map<_, _> = names.iter().map(|name| (name.clone(), json!(1))).collect();
        (serde_json::from_value(once.into()).unwrap(), names)
    }

    fn names(causes: &[Cause]) -> Vec<String> {
        let mut names: Vec<_> = causes.iter().map(|cause| cause.name.to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_cause_has_a_remedy() {
        let (misses, known) = each();
        assert_eq!(names(&of_misses(&misses)), known);
        let (unstored, known) = each();
        assert_eq!(names(&of_unstored(&unstored)), known);
        let (uncached, known) = each();
        assert_eq!(names(&of_uncached(&uncached)), known);
    }

    #[test]
    fn what_did_not_come_up_is_left_out() {
        assert!(of_misses(&MissStats::default()).is_empty());
    }
}
