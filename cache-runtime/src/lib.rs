//! Annotate an async function and it is cached: in memory, in Redis for the whole fleet, and never
//! stale after an acknowledged invalidation.

// Of this crate alone: what tests await need not be small.
#![cfg_attr(not(test), warn(clippy::large_futures))]

// What the macros write names the crate.
#[cfg(test)]
extern crate self as cache_runtime;

// Layers: a module imports only from those above it here; a test reads the `use` lines.
mod boxed;
mod clock;
mod error;
mod events;
mod executable;
mod patience;

pub mod key;
mod likeness;
mod policy;
mod returns;
mod tag;
mod value;

mod frame;
mod site;

mod memory;
mod redis;

mod flight;
mod lease;
mod owed;
mod stamp;
mod tiers;

mod expire;
mod invalidate;
mod load;

mod cache;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;

pub use cache::{
    BreakerState, Cache, CacheBuilder, Durability, Entry, Health, Inspection, Namespace,
    NodeHealth, RedisHealth, Scan, ScannedKey, TagHandle, bypass,
};
pub use cache_macros::CacheKey;
#[doc = include_str!("../docs/cache_invalidate.md")]
pub use cache_macros::cache_invalidate;
#[doc = include_str!("../docs/cached.md")]
pub use cache_macros::cached;
pub use clock::Clock;
pub use error::{CacheError, LoadTimeout};
pub use events::{HistogramSnapshot, MissStats, NamespaceStats, Stats, Tier, UnstoredStats};
pub use key::{CacheKey, KeyWriter, Rounded, Serialized};
pub use policy::{Compression, Consistency, Lease, OnOutage, Policy, Refresh};
pub use site::SharedWith;
pub use tag::Tag;
pub use value::Cacheable;

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
