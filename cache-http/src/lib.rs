//! HTTP on a cache: responses, sessions and rate limits as [tower](https://docs.rs/tower) layers, for axum and hyper.
//!
//! | to | see |
//! |---|---|
//! | keep responses, by RFC 9111, with tags | [`ResponseCache`] |
//! | keep sessions, end them all, list those of a user | [`session`] |
//! | answer 429 to who asks too often | [`limit`] |

/// The chapters of the guide, whose code must compile.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../docs/guide/src/responses.md")]
    pub struct Responses;

    #[doc = include_str!("../../docs/guide/src/sessions.md")]
    pub struct Sessions;

    #[doc = include_str!("../../docs/guide/src/limits.md")]
    pub struct Limits;
}

pub mod limit;
pub mod response;
pub mod session;

pub use response::ResponseCache;
