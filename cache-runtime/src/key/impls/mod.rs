//! `CacheKey` for the types of std, and behind features for those of other crates.

mod collections;
mod foreign;
mod net;
mod numbers;
mod pointers;
mod text;
mod time;
mod tuples;
mod wrappers;
