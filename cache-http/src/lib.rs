//! HTTP on a cache: responses, sessions and rate limits as [tower](https://docs.rs/tower) layers, for axum and hyper.

pub mod limit;
pub mod session;
