//! Who asks.

use std::fmt::{self, Write as _};
use std::sync::Arc;

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
    User,
}

impl Who {
    async fn of(&self, parts: &Parts) -> Option<String> {
        match self {
            Self::Said(ask) => (ask.0)(parts),
            Self::User => {
                let session = parts.extensions.get::<Session>()?;
                // Of an outage the handler hears, which asks for the session too.
                crate::session::user(session).await.ok().flatten()
            }
        }
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
/// ```no_run
/// # fn layer(limiter: cache_toolkit::Limiter) -> cache_http::limit::RateLimit {
/// use cache_http::limit::{RateLimit, secret_header};
///
/// RateLimit::new(limiter).by(secret_header("x-api-key"))
/// # }
/// ```
pub fn secret_header(name: &'static str) -> impl Fn(&Parts) -> Option<String> + Send + Sync {
    move |parts| {
        let secret = parts.headers.get(name)?;
        let mut text = String::with_capacity(64);
        for byte in Sha256::digest(secret.as_bytes()) {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Some(text)
    }
}
