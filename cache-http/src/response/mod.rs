//! Responses kept and shared: a tower layer between the server and its handlers, which answers what was answered before.
//!
//! # What it promises
//!
//! It keeps to RFC 9111 as a shared cache. A response is kept if it may be, for as long as it says itself:
//! `Cache-Control` (`CDN-Cache-Control` comes before it, RFC 9213), `Expires`, or the tenth of its age by `Last-Modified`;
//! one that says nothing is kept where [`ttl`](ResponseCache::ttl) says for how long. Never kept are answers with
//! `Set-Cookie`, with `private` or `no-store`, with `Vary: *`, to a request with `Authorization` unless they allow it, and
//! streams of events. Without a word of freshness neither is what was asked with a cookie, unless
//! [`private_by`](ResponseCache::private_by) says whose it is. What was asked by nobody in particular is served to nobody in
//! particular: a request with a cookie or `Authorization` is answered by what such a request has left, if that says that it
//! is anybody's.
//!
//! An entry carries tags: those of [`tags`](ResponseCache::tags), those that the handler names in `Cache-Tag`,
//! `Surrogate-Key` or `Cache-Groups` (RFC 9875), and one for its target, by which a `POST`, `PUT`, `PATCH` or `DELETE` to
//! that target clears it in the whole fleet. What is invalidated while a handler runs is not kept of that run: the promise
//! of [`cached`](macro@cache_runtime::cached) holds for responses too.
//!
//! Of a thousand requests at once for one thing one reaches the handler. What can't be shared is given to its own caller
//! only, and for 5 s nobody waits for such a request.
//!
//! With the cache down each request reaches its handler.
//!
//! # What it does not do
//!
//! Requests with `Range` go through to the handler, and parts are not put together. `HEAD` is answered from what a `GET`
//! left, and goes through otherwise. A response of a `POST` is not kept. Of two layers of one cache around a
//! handler the outer one keeps, and the inner one lets through.

mod body;
mod conditional;
mod directives;
mod exchange;
mod load;
mod look;
mod name;
mod rules;
mod service;
mod stored;
mod told;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Cache;
use http::request::Parts;
use tower_layer::Layer;

pub use body::ResponseBody;
use name::Whose;
use rules::Settings;
pub use service::ResponseCacheService;

use crate::credentials::Credentials;

/// How much a body may have to be kept: 1 MiB.
const MAX_BODY: usize = 1 << 20;

type TagsOf = Arc<dyn Fn(&Parts) -> Vec<String> + Send + Sync>;
type WhoseOf = Arc<dyn Fn(&Parts) -> Option<String> + Send + Sync>;

/// A tower layer that keeps responses; cheap to clone.
///
/// ```
/// # #[tokio::main] async fn main() {
/// use std::time::Duration;
///
/// use axum::Router;
/// use axum::routing::get;
/// use cache_http::ResponseCache;
/// use cache_runtime::Cache;
///
/// let cache = Cache::memory();
/// let app: Router = Router::new()
///     .route("/users/{id}", get(async || "a user"))
///     .layer(
///         ResponseCache::new(&cache)
///             .ttl(Duration::from_secs(60))
///             .tags(|request| vec![format!("path:{}", request.uri.path())]),
///     );
/// # }
/// ```
#[derive(Clone)]
pub struct ResponseCache(Arc<Shared>);

#[derive(Clone)]
struct Shared {
    cache: Cache,
    settings: Settings,
    max_body: usize,
    vary: Vec<String>,
    tags: Option<TagsOf>,
    private_by: Option<WhoseOf>,
    credentials: Credentials,
    tells_tags: bool,
}

impl ResponseCache {
    /// A layer that keeps what responses say themselves may be kept.
    #[must_use]
    pub fn new(cache: &Cache) -> Self {
        Self(Arc::new(Shared {
            cache: cache.clone(),
            settings: Settings::default(),
            max_body: MAX_BODY,
            vary: Vec::new(),
            tags: None,
            private_by: None,
            credentials: Credentials::default(),
            tells_tags: false,
        }))
    }

    fn with(mut self, set: impl FnOnce(&mut Shared)) -> Self {
        set(Arc::make_mut(&mut self.0));
        self
    }

    /// For how long a response of status 200 is fresh that says nothing of it. Without this such responses are not kept.
    /// Five minutes are usual, one for an API.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with(|shared| shared.settings.ttl = Some(ttl))
    }

    /// For how much longer a response serves while its handler fails (5xx), where it does not say so itself by
    /// `stale-if-error`. Not at all unless set.
    #[must_use]
    pub fn stale_if_error(self, longest: Duration) -> Self {
        self.with(|shared| shared.settings.stale_if_error = longest)
    }

    /// The tags of the response to a request, by which it is invalidated: `cache.tag("user:7").invalidate()`.
    #[must_use]
    pub fn tags(self, tags: impl Fn(&Parts) -> Vec<String> + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.tags = Some(Arc::new(tags)))
    }

    /// Fields of a request by which responses differ that do not say so in `Vary`.
    #[must_use]
    pub fn vary<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        let mut names: Vec<String> = names
            .into_iter()
            .map(|name| name.into().to_ascii_lowercase())
            .collect();
        names.sort_unstable();
        names.dedup();
        self.with(|shared| shared.vary = names)
    }

    /// Whose the response to a request is: a user, a workspace. It is kept for those of the same name alone, so that
    /// `private` and `Authorization` do not keep it out; what has a `Set-Cookie` is never kept. `None` is anybody's, to
    /// which the rules of a shared cache apply.
    #[must_use]
    pub fn private_by(
        self,
        whose: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.with(|shared| shared.private_by = Some(Arc::new(whose)))
    }

    /// Cookies that change no response, as those of statistics: what was asked with them alone is anybody's. A name with a
    /// `*` behind it stands for all that begin so: `["theme", "_ga*"]`. Unless set, every cookie says who asks.
    #[must_use]
    pub fn ignore_cookies<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        self.with(|shared| shared.credentials.ignore(names))
    }

    /// The longest body that is kept, in bytes; 1 MiB unless set. A longer one is streamed to its caller.
    #[must_use]
    pub fn max_body(self, bytes: usize) -> Self {
        self.with(|shared| shared.max_body = bytes)
    }

    /// Whether the tags of a response are told to who asks, for a CDN in front: in `Surrogate-Key`, `Cache-Tag` and
    /// `Cache-Groups` (RFC 9875). They are not unless set.
    #[must_use]
    pub fn tell_tags(self, tells: bool) -> Self {
        self.with(|shared| shared.tells_tags = tells)
    }
}

impl<S> Layer<S> for ResponseCache {
    type Service = ResponseCacheService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ResponseCacheService::new(Arc::clone(&self.0), inner)
    }
}

impl Shared {
    fn whose(&self, parts: &Parts) -> Whose {
        let whose = self.private_by.as_ref().and_then(|whose| whose(parts));
        match whose {
            Some(name) => Whose::Of(name),
            None if self.credentials.are_in(&parts.headers) => Whose::Somebody,
            None => Whose::Anybody,
        }
    }
}

impl fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseCache")
            .field("ttl", &self.0.settings.ttl)
            .field("max_body", &self.0.max_body)
            .field("vary", &self.0.vary)
            .finish_non_exhaustive()
    }
}
