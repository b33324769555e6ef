//! Rate limits as a tower layer: who asks too often is answered 429 before the handler runs.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use axum::{Router, routing::get};
//! use cache_http::limit::RateLimit;
//! use cache_runtime::Cache;
//! use cache_toolkit::Limiter;
//!
//! let cache = Cache::from_env()?;
//! let limiter = Limiter::gcra(&cache, "api", 100, Duration::from_secs(60))?;
//! let app: Router = Router::new()
//!     .route("/", get(|| async { "hello" }))
//!     .layer(RateLimit::new(limiter).by_user());
//! # Ok(()) }
//! ```
//!
//! Each answer says where its caller stands, by the fields `RateLimit-Policy: "api";q=100;w=60` and
//! `RateLimit: "api";r=99;t=1` (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/11/>): how many may
//! pass in how many seconds, how many still may, and in how many seconds all may again. A refusal has `Retry-After` too
//! (RFC 9110, 10.2.3) and a body of `application/problem+json` (RFC 9457).
//!
//! Layers may be stacked, as one by user within one by address: each adds its item to the two fields.
//!
//! While Redis is away the [limiter](cache_toolkit::Limiter::on_outage) decides: all pass, none (429), or an error (503).

mod address;
mod answer;
mod fields;
mod service;
mod who;

use std::fmt;
use std::sync::Arc;

use cache_toolkit::Limiter;
use http::request::Parts;
use tower_layer::Layer;

pub use address::{AddressError, TrustedProxies, network, wider_network};
pub use service::RateLimited;
pub use who::secret_header;
use who::{Ask, Who};

/// A layer that lets no more requests through than a [`Limiter`] does.
///
/// It is told who asks by [`by_user`](Self::by_user) and [`by`](Self::by), which are tried in their order. Requests of
/// whom none says who asks are counted together, under one name: who leaves out what names him is not let off the limit.
#[derive(Clone)]
pub struct RateLimit {
    limiter: Limiter,
    policy: String,
    who: Vec<Who>,
    weight: Option<Ask<u32>>,
    exempt: Option<Ask<bool>>,
}

impl RateLimit {
    /// Counts by this limiter, all requests under one name until it is told who asks.
    ///
    /// The policy has the limiter's name in the fields; see [`policy`](Self::policy).
    #[must_use]
    pub fn new(limiter: Limiter) -> Self {
        Self {
            policy: fields::text(limiter.name()),
            limiter,
            who: Vec::new(),
            weight: None,
            exempt: None,
        }
    }

    /// Counts by what this says of a request, `None` where it can't say: a user's id that was checked before, a tenant.
    ///
    /// The name is read by whoever may list the keys of Redis: of an API key or a token use [`secret_header`].
    /// What callers can make up anew for each request limits nobody: check it first, in a layer outside of this one.
    #[must_use]
    pub fn by<F>(mut self, name: F) -> Self
    where
        F: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    {
        self.who.push(Who::Said(Ask(Arc::new(name))));
        self
    }

    /// Counts by the user that was [logged in](crate::session::login), which needs the layer of the sessions around this
    /// one: without it all are counted together, which the log says once. The session is loaded for it, and not once more
    /// by the handler.
    #[must_use]
    pub fn by_user(mut self) -> Self {
        self.who.push(Who::User(Arc::default()));
        self
    }

    /// Counts a request as so many, 1 unless set. One of 0 passes and is not counted; one over the limit never passes.
    #[must_use]
    pub fn weight<F>(mut self, weight: F) -> Self
    where
        F: Fn(&Parts) -> u32 + Send + Sync + 'static,
    {
        self.weight = Some(Ask(Arc::new(weight)));
        self
    }

    /// Lets requests pass uncounted, as those of a health check.
    #[must_use]
    pub fn exempt<F>(mut self, is_exempt: F) -> Self
    where
        F: Fn(&Parts) -> bool + Send + Sync + 'static,
    {
        self.exempt = Some(Ask(Arc::new(is_exempt)));
        self
    }

    /// The name of the policy in the fields, instead of the limiter's. Of the layers around one handler each has another.
    /// What a field can't hold is told as `_`, and no more than 64 characters.
    #[must_use]
    pub fn policy(mut self, name: &str) -> Self {
        self.policy = fields::text(name);
        self
    }
}

impl<S> Layer<S> for RateLimit {
    type Service = RateLimited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimited::new(inner, self.clone())
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("limiter", &self.limiter)
            .field("policy", &self.policy)
            .field("who", &self.who)
            .finish_non_exhaustive()
    }
}
