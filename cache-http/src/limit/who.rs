//! Who asks.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::{AUTHORIZATION, HeaderName, PROXY_AUTHORIZATION};
use http::request::Parts;
use sha2::{Digest as _, Sha256};
use tower_sessions_core::Session;

/// What the program says of a request.
pub(super) struct Ask<T>(pub(super) Arc<dyn Fn(&Parts) -> T + Send + Sync>);

impl<T> Clone for Ask<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Ask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}

/// One way to tell who asks.
#[derive(Clone, Debug)]
pub(super) enum Who {
    Said(Ask<Option<String>>),
    /// Whether it was told that there is no session to tell it by.
    User(Arc<AtomicBool>),
}

impl Who {
    async fn of(&self, parts: &Parts) -> Option<String> {
        match self {
            Self::Said(ask) => (ask.0)(parts),
            Self::User(was_told) => {
                let Some(session) = parts.extensions.get::<Session>() else {
                    tell_once(was_told);
                    return None;
                };
                // Of an outage the handler hears, which asks for the session too.
                crate::session::user(session).await.ok().flatten()
            }
        }
    }
}

fn tell_once(was_told: &AtomicBool) {
    if !was_told.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "a limit by user has no session to tell users by, and counts all together: add `SessionManagerLayer` around it, \
             which in axum is a `.layer` after that of the limit"
        );
    }
}

/// The name that a request is counted under: its first, behind the place of what said it, as an address may be the id of a
/// user.
pub(super) async fn name(who: &[Who], parts: &Parts) -> String {
    for (at, one) in who.iter().enumerate() {
        if let Some(name) = one.of(parts).await {
            return format!("{at}:{name}");
        }
    }
    "nobody".to_owned()
}

/// Counts by a header that is a secret, as an API key: by its SHA-256, so that no key in Redis tells it. Check the secret
/// before, in a layer outside, or callers make one up for each request.
///
/// Of two lines of that header, or none, it can't say whose the request is. Of `Authorization` the scheme may be in any
/// case, as in `bearer abc`.
///
/// ```no_run
/// # fn layer(limiter: cache_toolkit::Limiter) -> cache_http::limit::RateLimit {
/// use cache_http::limit::{RateLimit, secret_header};
///
/// RateLimit::new(limiter).by(secret_header("x-api-key"))
/// # }
/// ```
pub fn secret_header(name: &'static str) -> impl Fn(&Parts) -> Option<String> + Send + Sync {
    move |parts| {
        let mut lines = parts.headers.get_all(name).iter();
        // Of more than one nobody knows here which was checked, and the other may be new in each request.
        let (Some(secret), None) = (lines.next(), lines.next()) else {
            return None;
        };
        let mut hash = Sha256::new();
        for part in parts_of(name, secret.as_bytes()) {
            hash.update(part);
        }
        let mut text = String::with_capacity(64);
        for byte in hash.finalize() {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Some(text)
    }
}

/// A secret in the one form that all its forms have. Credentials are a scheme in any case, spaces, and what it needs
/// (RFC 9110, 11.4).
fn parts_of(name: &str, secret: &[u8]) -> [Vec<u8>; 2] {
    let secret = secret.trim_ascii();
    let is_of_scheme = [AUTHORIZATION, PROXY_AUTHORIZATION]
        .iter()
        .any(|header: &HeaderName| header.as_str().eq_ignore_ascii_case(name));
    let space = secret.iter().position(u8::is_ascii_whitespace);
    let Some(at) = space.filter(|_| is_of_scheme) else {
        return [secret.to_vec(), Vec::new()];
    };
    let (scheme, rest) = secret.split_at(at);
    let scheme = [&scheme.to_ascii_lowercase(), &b" "[..]].concat();
    [scheme, rest.trim_ascii().to_vec()]
}
