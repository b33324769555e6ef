//! `Cache-Control` of static files: one year for what never changes under its name, and HTML asked for each time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Dependencies;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use tower_layer::Layer;

use crate::credentials::Credentials;
use crate::telling::{Answered, Asked, Telling, Tells};

/// One year, which is as good as for ever.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

/// For how long a CDN keeps HTML.
const HTML: Duration = Duration::from_secs(300);

const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// A tower layer for a service of static files, as tower-http's `ServeDir`; cheap to clone.
///
/// | file | what it says |
/// |---|---|
/// | one with a hash in its name, as `app.3f9a1c22.js` or `index-3f9a1c22.css` | `public, max-age=31536000, immutable` (RFC 8246) |
/// | HTML | `no-cache`, and `CDN-Cache-Control: max-age=300` (RFC 9213) |
/// | any other | `no-cache`: kept, and asked for each time by its `ETag` or date |
///
/// What says `Cache-Control`, `CDN-Cache-Control`, `Expires` or `Pragma` itself is left as it is, and so is what sets a
/// cookie, another status than 200 and 206, and another method than `GET` and `HEAD`. What was asked for with
/// `Authorization` or a cookie is `private` where a shared cache would keep it otherwise: of a page that is made for one
/// user a CDN keeps nothing.
///
/// ```
/// # #[tokio::main] async fn main() {
/// use axum::Router;
/// use axum::routing::get;
/// use cache_http::assets::StaticAssets;
///
/// let app: Router = Router::new()
///     .route("/app.3f9a1c22.js", get(async || "alert(1)"))
///     .layer(StaticAssets::new());
/// # }
/// ```
#[derive(Clone)]
pub struct StaticAssets(Arc<Rules>);

#[derive(Clone)]
struct Rules {
    html: Duration,
    credentials: Credentials,
    is_immutable: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl StaticAssets {
    /// A layer that takes a file for one that never changes by the hash in its name.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Rules {
            html: HTML,
            credentials: Credentials::default(),
            is_immutable: Arc::new(has_hash),
        }))
    }

    /// Which files never change, by the path of the request: another version of one has another name, as all of
    /// `/assets/` that Vite writes. A browser does not ask for them again for a year, whatever is done. Unless set they are
    /// those with at least eight hexadecimal digits before the ending, after a dot, a dash or an underscore.
    #[must_use]
    pub fn immutable(mut self, is: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.0).is_immutable = Arc::new(is);
        self
    }

    /// Cookies that change no response, as those of statistics: what was asked with them alone is anybody's. A name with a
    /// `*` behind it stands for all that begin so: `["theme", "_ga*"]`. Unless set, every cookie says who asks.
    #[must_use]
    pub fn ignore_cookies<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        Arc::make_mut(&mut self.0).credentials.ignore(names);
        self
    }

    /// For how long a CDN keeps HTML: 5 minutes unless set; zero for not without asking.
    #[must_use]
    pub fn html(mut self, ttl: Duration) -> Self {
        Arc::make_mut(&mut self.0).html = ttl;
        self
    }
}

impl Default for StaticAssets {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for StaticAssets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticAssets")
            .field("html", &self.0.html)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for StaticAssets {
    type Service = Telling<S, StaticAssets>;

    fn layer(&self, inner: S) -> Self::Service {
        Telling::new(inner, &Arc::new(self.clone()))
    }
}

impl Tells for StaticAssets {
    const LOOKS_ON: bool = false;

    fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    fn tell(&self, asked: &Asked, answered: Answered<'_>, _: Dependencies) {
        let is_file = [StatusCode::OK, StatusCode::PARTIAL_CONTENT].contains(&answered.status)
            && [Method::GET, Method::HEAD].contains(&asked.method)
            && !answered.headers.contains_key(header::SET_COOKIE);
        if !is_file || answered.says_who_keeps_it() {
            return;
        }
        let kind = answered.headers.get(header::CONTENT_TYPE);
        let is_html = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let year = YEAR.as_secs();
        let (all, cdn) = match (is_html, (self.0.is_immutable)(&asked.path), asked.is_of_one) {
            (false, true, false) => (format!("public, max-age={year}, immutable"), None),
            (false, true, true) => (format!("private, max-age={year}, immutable"), None),
            (_, _, true) => ("private, no-cache".to_owned(), None),
            (true, _, false) => ("no-cache".to_owned(), Some(self.0.html.as_secs())),
            (false, false, false) => ("no-cache".to_owned(), None),
        };
        if let Ok(value) = HeaderValue::try_from(all) {
            answered.headers.insert(header::CACHE_CONTROL, value);
        }
        let cdn = cdn.filter(|seconds| *seconds > 0);
        let cdn = cdn.map(|seconds| HeaderValue::try_from(format!("max-age={seconds}")));
        if let Some(Ok(value)) = cdn {
            answered.headers.insert(CDN_CACHE_CONTROL, value);
        }
    }
}

/// The shortest hash that tools write into names.
const SHORTEST_HASH: usize = 8;

/// Whether a file's name has a hash before its ending, after a dot, a dash or an underscore: at least eight hexadecimal
/// digits, letters and numbers among them. Hashes in other digits can't be told from words.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, _ending)) = name.rsplit_once('.') else {
        return false;
    };
    // `app.3f9a1c22.min.js`
    let stem = stem.strip_suffix(".min").unwrap_or(stem);
    let Some((_, hash)) = stem.rsplit_once(['.', '-', '_']) else {
        return false;
    };
    hash.len() >= SHORTEST_HASH
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        // A word is none, and neither is a date.
        && hash.bytes().any(|byte| byte.is_ascii_digit())
        && hash.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_told_from_what_people_write() {
        for path in [
            "/app.3f9a1c22.js",
            "/assets/index-3F9A1C22.css",
            "/app.3f9a1c22.min.js",
            "/a_0123456789abcdef.woff2",
        ] {
            assert!(has_hash(path), "{path}");
        }
        for path in [
            "/app.js",
            "/report-20261201.pdf",
            "/pictures-iPhone15.png",
            "/chapter-section10.html",
            "/some-documentation.html",
            "/3f9a1c22.js",
            "/3f9a1c22/app.js",
            "/app-3f9a1c2.js",
            "/LICENSE",
            "/",
            "",
        ] {
            assert!(!has_hash(path), "{path}");
        }
    }
}
