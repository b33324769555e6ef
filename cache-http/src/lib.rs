//! HTTP on a cache: responses, sessions and rate limits as [tower](https://docs.rs/tower) layers, for axum and hyper.

/// The chapter of the guide, whose code must compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/src/responses.md")]
pub struct Guide;

pub mod assets;
pub mod hints;
pub mod limit;
pub mod purge;
pub mod response;
pub mod session;

mod credentials;
mod list;
mod tags;
mod telling;

pub use response::ResponseCache;
pub use telling::Telling;
