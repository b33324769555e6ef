//! What other caches call things: whoever comes from one is told the name here.

use crate::settings::Peers;

const TTL: &str = "is `ttl` here: write `ttl = \"5m\"`";
const BOUNDED: &str = "is `max_entries` here, in memory: write `max_entries = 1_000`, or remove it, as `memory_bytes` bounds all";
const KEY: &str = "is `key` here: write `key = (a, b.c)`, its type is inferred";
const STORE: &str =
    "is chosen once for the program, by `Cache::builder()` or `CACHE_URL`; remove it";
const NAMESPACE: &str = "is `ns` here: write `ns = \"user\"`";
const SHARED: &str = "is always so: one caller loads and the others wait for it; remove it";
const RESULT: &str = "needs no saying: of a `Result` only `Ok` is kept; remove it";

/// From `cached`, `moka`, `memoize`, Spring's `@Cacheable`, `cachetools`, `cashews` and their kin.
pub(super) const PEERS: Peers = &[
    ("time", TTL),
    ("time_secs", TTL),
    ("time_millis", TTL),
    ("time_to_live", TTL),
    ("ttl_secs", TTL),
    ("ttl_ms", TTL),
    ("expire", TTL),
    (
        "expires",
        "is `ttl_from` here, where a value tells its own end: write `ttl_from = |value| value.expires_in` beside `ttl`",
    ),
    ("expiry", TTL),
    ("expiration", TTL),
    ("max_age", TTL),
    ("lifespan", TTL),
    (
        "unless",
        "is `cache_if` here, and says what is kept: write `cache_if = |value| !..`",
    ),
    (
        "condition",
        "is `cache_if` here for what the value tells; a call that is not to be cached is put into `cache_runtime::bypass(..)`",
    ),
    (
        "time_to_idle",
        "is `ttl` and `sliding` here, which is the longest life: write `ttl = \"30m\"`, `sliding = \"24h\"`",
    ),
    (
        "time_refresh",
        "is `sliding` here: write `sliding = \"24h\"`, for which a use lengthens a life at most",
    ),
    (
        "timeout",
        "could be two things: how long an entry lives is `ttl = \"5m\"`, how long a load may take is `load_timeout = \"2s\"`",
    ),
    ("size", BOUNDED),
    ("max_size", BOUNDED),
    ("maxsize", BOUNDED),
    ("capacity", BOUNDED),
    ("max_capacity", BOUNDED),
    (
        "unbound",
        "needs no saying: `memory_bytes` on the `Cache` bounds all fns together, in bytes; remove it",
    ),
    ("convert", KEY),
    ("args", KEY),
    ("cache_key", KEY),
    ("key_fn", KEY),
    ("ignore", "is `skip` here: write `skip(db)`"),
    ("skip_args", "is `skip` here: write `skip(db)`"),
    ("name", NAMESPACE),
    ("namespace", NAMESPACE),
    ("group", NAMESPACE),
    ("region", NAMESPACE),
    (
        "prefix",
        "is the `Cache`'s, by `prefix` or `CACHE_PREFIX`; of one fn it is `ns = \"user\"`",
    ),
    (
        "cache_prefix_block",
        "is the `Cache`'s, by `prefix` or `CACHE_PREFIX`; of one fn it is `ns = \"user\"`",
    ),
    ("tag", "is `tags` here: write `tags = [\"user:{id}\"]`"),
    (
        "ty",
        "is not offered: values are in memory and in Redis, and no store of one's own can be put there; remove it",
    ),
    ("create", STORE),
    ("redis", STORE),
    (
        "disk",
        "is not offered: what outlives the program is in Redis, at the `CACHE_URL`; remove it",
    ),
    (
        "cache_none",
        "needs no saying: a `None` is kept, for `ttl` or for `none_ttl = \"30s\"`; remove it",
    ),
    (
        "cache_err",
        "is `error_ttl` here: write `error_ttl = \"2s\"`, for which an error is remembered",
    ),
    (
        "in_impl",
        "needs no saying: a method says `skip(self)`, or names `self` in `key`; remove it",
    ),
    (
        "companions_vis",
        "is `entry_vis` here: write `entry_vis = \"pub(crate)\"`, or `entry = false` for no companion",
    ),
    (
        "unsync_reads",
        "is no choice: a hit that this thread had before takes no lock; remove it",
    ),
    ("result", RESULT),
    (
        "map_error",
        "is not needed: trouble of the cache is never the caller's; remove it",
    ),
    (
        "option",
        "is written `none_ttl = 0`: a `None` is not kept then; with a time it is kept that long",
    ),
    (
        "result_fallback",
        "is `stale` here: write `stale = \"10m\"`, and a failed load is answered by the older value",
    ),
    (
        "negative_ttl",
        "could be two things: how long a `None` is kept is `none_ttl`, how long an error is remembered is `error_ttl = \"2s\"`",
    ),
    ("sync_writes", SHARED),
    ("sync", SHARED),
    ("lock", SHARED),
    ("force_refresh", "is `fresh` here: write `fresh = reload`"),
    ("refresh_if", "is `fresh` here: write `fresh = reload`"),
    (
        "validate",
        "is `valid_if` here: write `valid_if = |value| ..`",
    ),
    (
        "with_cached_flag",
        "is not needed: `outcome(call).await` tells whether a call was a hit; remove it",
    ),
];

#[cfg(test)]
mod tests {
    use super::PEERS;
    use crate::cached::arguments::KNOWN;

    #[test]
    fn no_argument_is_told_to_be_called_otherwise() {
        for (index, (word, what)) in PEERS.iter().enumerate() {
            assert!(KNOWN.iter().all(|(known, _)| known != word), "{word}");
            let mut others = PEERS[..index].iter();
            assert!(others.all(|(other, _)| other != word), "{word} twice");
            let quoted = what.split('`').skip(1).step_by(2);
            let mut written = quoted.filter(|text| text.contains(" = "));
            let is_known = |text: &str| KNOWN.iter().any(|(known, _)| text.starts_with(known));
            assert!(written.all(is_known), "{what}");
        }
    }
}
