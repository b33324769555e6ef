//! Annotate an async function and it is cached: in memory, in Redis for the whole fleet, and never
//! stale after an acknowledged invalidation.

mod clock;
mod error;
mod events;

pub mod key;
mod tag;

mod frame;

mod redis;

pub use cache_macros::CacheKey;
pub use key::{CacheKey, KeyWriter, Rounded, Serialized};
