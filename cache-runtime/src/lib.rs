//! Annotate an async function and it is cached: in this process's memory, and in Redis for the whole
//! fleet. A read that begins after an acknowledged invalidation returns no older load: in the process
//! that invalidated at once, in others after at most [`lag`](CacheBuilder::lag) (2 s unless set), or at
//! once where the function says `consistency = "strong"`.
//!
//! ```
//! use cache_runtime::{Cache, cache_invalidate, cached};
//!
//! #[cached(ns = "price", ttl = "5m", tags = ["item:{id}"])]
//! async fn price(id: u64) -> Result<u64, std::io::Error> {
//!     Ok(id * 100)
//! }
//!
//! #[cache_invalidate(tags = ["item:{id}"])]
//! async fn set_price(id: u64, to: u64) -> Result<(), std::io::Error> {
//!     // .. writes to the database ..
//! #   let _ = to;
//!     Ok(())
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cache = Cache::memory();                // or from_env(), or builder().url("redis://..")
//! cache.install()?;
//! cache.connect().await?;                     // optional: begins with a connection
//! assert_eq!(price(7).await?, 700);           // loads
//! assert_eq!(price(7).await?, 700);           // a hit
//! set_price(7, 650).await?;                   // invalidates
//! # Ok(())
//! # }
//! ```
//!
//! | to know | see |
//! |---|---|
//! | what is kept, of which return types; what is shared by which processes; what a type may lose on its way | [`cached`](macro@cached) |
//! | whether a call was a hit, and where | [`outcome`] |
//! | what a piece of work rests on: the tags of what it called, and for how long | [`dependencies`] |
//! | many ids at once, by one query | [`cached`](macro@cached#many-at-once) |
//! | how a write stores what it wrote | [`cache_put`](macro@cache_put), [`Entry::put`] |
//! | how to invalidate, and what it promises | [`cache_invalidate`](macro@cache_invalidate), [`TagHandle::invalidate`], [`Entry::invalidate`] |
//! | how to invalidate after the commit of a transaction | [`deferred`] |
//! | how arguments make a key | [`CacheKey`](trait@CacheKey), its [derive](derive@CacheKey) |
//! | how to set it up: each setting with its default | [`CacheBuilder`] |
//! | what a settings file replaces | [`CacheBuilder::config`], [`Entry::settings`] |
//! | which functions are cached, and how | [`Cache::sites`] |
//! | what is stored, from outside of the program | `admin`, and the program `cachectl` on top of it |
//! | commands of one's own on the cache's connections | `commands` |
//! | how the cache is doing | [`Cache::health`], [`Cache::stats`], and `tracing` events of target `cache` |
//! | how to test | [`Cache::testing`], [`Cache::scope`], [`bypass`] |
//!
//! Trouble of the cache is never a caller's: it is an event, and a run of the function's body.
//!
//! # Features
//!
//! `redis` and `lz4` are on by default. With `default-features = false` the cache is in this process's memory
//! alone, and builds two fifths fewer crates; a URL of a Redis is refused then by [`CacheBuilder::build`] and by
//! [`Cache::from_env`], and everything else is as ever.
//!
//! | feature | what it adds |
//! |---|---|
//! | `redis` | the Redis tier: `redis` URLs of one server, sentinels or a cluster |
//! | `tls` | `rediss` URLs, by rustls with ring; turns `redis` on |
//! | `lz4`, `zstd`, `gzip` | what `compress` may be |
//! | `encrypt` | what `encrypt` needs: keys of the cache, and XChaCha20-Poly1305 |
//! | `config` | a [settings file](CacheBuilder::config) |
//! | `bytes`, `chrono`, `jiff`, `rust_decimal`, `serde_json`, `time`, `url`, `uuid` | [`CacheKey`](trait@CacheKey) for the types of that crate |
//!
//! The crate needs Rust 1.88 or later.

// Of this crate alone: what tests await need not be small.
#![cfg_attr(not(test), warn(clippy::large_futures))]

// What the macros write names the crate.
#[cfg(test)]
extern crate self as cache_runtime;

// Layers: a module imports only from those above it here; a test reads the `use` lines.
mod boxed;
mod clock;
mod curve;
mod error;
mod events;
mod executable;
mod extensions;
mod listeners;
mod own_thread;
mod patience;
mod sketch;

pub mod key;
mod likeness;
mod policy;
mod returns;
mod tag;
mod value;

mod frame;
mod overrides;
mod site;

mod memory;
mod redis;

mod flight;
mod kind;
mod lease;
mod owed;
mod stamp;
mod tiers;

mod expire;
mod invalidate;
mod load;

mod cache;

#[cfg(feature = "redis")]
pub mod admin;
#[cfg(feature = "redis")]
pub mod commands;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;

pub use cache::{
    Cache, CacheBuilder, Durability, Entry, FleetStats, Health, Inspection, Invalidations,
    Namespace, NodeHealth, ProcessStats, Scan, ScannedKey, SiteInfo, TagHandle, Testing, bypass,
    deferred, dependencies, inherit, outcome,
};
pub use cache_macros::CacheKey;
pub use cache_macros::CacheTag;
#[doc = include_str!("../docs/cache_invalidate.md")]
pub use cache_macros::cache_invalidate;
#[doc = include_str!("../docs/cache_put.md")]
pub use cache_macros::cache_put;
#[doc = include_str!("../docs/cached.md")]
pub use cache_macros::cached;
pub use clock::Clock;
pub use curve::MemoryCurve;
pub use error::{CacheError, LoadTimeout};
pub use events::{
    AuditStats, BreakerState, CallStats, Counts, Dependencies, FunctionStats, HistogramSnapshot,
    MemorySizes, MemoryStats, MissStats, NamespaceStats, NodeStats, Outcome, RedisHealth, Served,
    SizeSnapshot, Stats, Tier, UncachedStats, UnstoredStats,
};
#[cfg(feature = "encrypt")]
pub use frame::EncryptionKeys;
pub use key::{CacheKey, KeyWriter, Rounded, Serialized};
pub use listeners::{Invalidated, Listener};
pub use overrides::{SettingFrom, SettingInForce};
pub use policy::{Codec, Compression, Consistency, Lease, OnOutage, Policy, Priority, Refresh};
pub use site::SharedWith;
pub use sketch::{
    BeforeTtl, Burst, CompressionSeen, HeavyKey, HeavyKeys, HourCounts, Hours, InForce, Insight,
    NeverRead, Sequence,
};
pub use tag::Tag;
pub use value::Cacheable;

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The chapters of the guide, whose code must compile.
#[cfg(doctest)]
mod guide {
    macro_rules! chapters {
        ($($chapter:literal $name:ident)*) => {$(
            #[doc = include_str!(concat!("../../docs/guide/src/", $chapter))]
            pub struct $name;
        )*};
    }

    chapters! {
        "first.md" First
        "keys.md" Keys
        "invalidation.md" Invalidation
        "herds.md" Herds
        "staleness.md" Staleness
        "batch.md" Batch
        "statistics.md" Statistics
        "watching.md" Watching
        "testing.md" Testing
        "deploying.md" Deploying
        "cachectl.md" Cachectl
        "recipes.md" Recipes
        "migrating.md" Migrating
    }
}
