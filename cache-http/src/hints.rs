//! `Cache-Control` and tags of a response by the annotated functions that its handler called: browsers, CDNs and
//! [`ResponseCache`](crate::ResponseCache) keep it no longer than these, and let go of it by the same tags.
//!
//! A handler that calls `#[cached(ttl = "1m", tags = ["user:{id}"])] fn user` and says nothing itself answers with
//! `Cache-Control: max-age=0, s-maxage=60` (less what of the minute is over), and, where the tags are told, with
//! `Surrogate-Key`, `Cache-Tag` and `Cache-Groups`. Of several functions the shortest time counts, and all tags.
//!
//! | what the handler did | what the layer says |
//! |---|---|
//! | said `Cache-Control`, `CDN-Cache-Control`, `Expires` or `Pragma` itself | nothing of how long; the tags all the same |
//! | called no annotated function | nothing |
//! | answered a request with `Cookie` or `Authorization`, or sets a cookie | `private`: for who asked alone |
//! | called one that ran without the cache, failed, or was served stale | `no-cache`: to be asked for again each time |
//! | answered with another status than 200, 304 and 404, or to another method than `GET` and `HEAD` | nothing |
//!
//! What is invalidated by a tag is let go of in the response cache at once, in a CDN by a [`purge`](crate::purge), and in a
//! browser by nobody: so a browser is told to come back each time with its `ETag`, unless
//! [`browser`](Hints::browser) says for how long it need not. An invalidation of a single `Entry` or of a namespace names no
//! tag: responses learn nothing of it, and end with their time. Give functions whose responses are kept a tag, and
//! invalidate by that.
//!
//! It knows of what a handler calls before it answers, on its own task; of what it spawns, or of what a streamed body calls
//! later, it does not.

use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Dependencies;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use tower_layer::Layer;

use crate::credentials::Credentials;
use crate::tags;
use crate::telling::{Answered, Asked, Telling, Tells};

/// A tower layer that says of a response what the annotated functions say that its handler called; cheap to clone.
///
/// Between the handler and [`ResponseCache`](crate::ResponseCache), if there is one:
///
/// ```
/// # #[tokio::main] async fn main() {
/// use axum::Router;
/// use axum::routing::get;
/// use cache_http::ResponseCache;
/// use cache_http::hints::Hints;
/// use cache_runtime::{Cache, cached};
///
/// #[cached(ttl = "1m", tags = ["news"])]
/// async fn headline() -> String {
///     "rain".to_owned()
/// }
///
/// let cache = Cache::memory();
/// let app: Router = Router::new()
///     .route("/news", get(async || headline().await))
///     .layer(Hints::new())
///     .layer(ResponseCache::new(&cache));
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Hints(Arc<Said>);

#[derive(Clone, Debug, Default)]
struct Said {
    browser: Duration,
    tells_tags: bool,
    credentials: Credentials,
}

/// What a response rests on, for the response cache around it.
#[derive(Clone, Debug)]
pub(crate) struct Lent {
    pub(crate) tags: Vec<String>,
    /// For how long it is fresh, where its handler said nothing of that.
    pub(crate) fresh_for: Option<Duration>,
}

/// Of which something can be said. What has not changed is kept for as long as its handler says now.
const STATUSES: [StatusCode; 3] = [
    StatusCode::OK,
    StatusCode::NOT_FOUND,
    StatusCode::NOT_MODIFIED,
];

impl Hints {
    /// A layer that tells browsers to ask each time, and shared caches for how long they need not.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For how long a browser need not ask again, where the functions allow as much: it then shows for so long what was
    /// invalidated. Not at all unless set.
    #[must_use]
    pub fn browser(mut self, longest: Duration) -> Self {
        Arc::make_mut(&mut self.0).browser = longest;
        self
    }

    /// Cookies that change no response, as those of statistics: what was asked with them alone is anybody's. A name with a
    /// `*` behind it stands for all that begin so: `["theme", "_ga*"]`. Unless set, every cookie says who asks.
    #[must_use]
    pub fn ignore_cookies<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        Arc::make_mut(&mut self.0).credentials.ignore(names);
        self
    }

    /// Whether the tags are told to who asks, for a CDN in front: in `Surrogate-Key`, `Cache-Tag` and `Cache-Groups`
    /// (RFC 9875). They are not unless set.
    #[must_use]
    pub fn tell_tags(mut self, tells: bool) -> Self {
        Arc::make_mut(&mut self.0).tells_tags = tells;
        self
    }
}

impl<S> Layer<S> for Hints {
    type Service = Telling<S, Hints>;

    fn layer(&self, inner: S) -> Self::Service {
        Telling::new(inner, &Arc::new(self.clone()))
    }
}

impl Tells for Hints {
    const LOOKS_ON: bool = true;

    fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    fn tell(&self, asked: &Asked, answered: Answered<'_>, rests_on: Dependencies) {
        let is_kept = STATUSES.contains(&answered.status);
        let Some(fresh_for) = rests_on.fresh_for.filter(|_| is_kept) else {
            return;
        };
        if ![Method::GET, Method::HEAD].contains(&asked.method) {
            return;
        }
        let is_silent = !answered.says_who_keeps_it();
        if is_silent {
            let is_of_one = asked.is_of_one || answered.headers.contains_key(header::SET_COOKIE);
            say(
                answered.headers,
                &self.0.cache_control(fresh_for, is_of_one),
            );
        }
        if self.0.tells_tags {
            tags::tell(answered.headers, &rests_on.tags);
        }
        answered.extensions.insert(Lent {
            tags: rests_on.tags,
            fresh_for: is_silent.then_some(fresh_for),
        });
    }
}

impl Said {
    fn cache_control(&self, fresh_for: Duration, is_of_one: bool) -> String {
        let (shared, browser) = (fresh_for.as_secs(), fresh_for.min(self.browser).as_secs());
        match (is_of_one, shared, browser) {
            (true, _, 0) => "private, no-cache".to_owned(),
            (true, ..) => format!("private, max-age={browser}"),
            (false, 0, _) => "no-cache".to_owned(),
            (false, ..) => format!("max-age={browser}, s-maxage={shared}"),
        }
    }
}

fn say(headers: &mut HeaderMap, cache_control: &str) {
    if let Ok(value) = HeaderValue::try_from(cache_control) {
        headers.insert(header::CACHE_CONTROL, value);
    }
}
