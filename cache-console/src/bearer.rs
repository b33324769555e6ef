//! Knowing a program by a token.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};

/// Knows whoever sends `Authorization: Bearer` with this token (RFC 6750, 2.1) under a name that the log has: for
/// [`Console::allow_warm`](crate::Console::allow_warm). An empty token is nobody's. Take it from where secrets are, not
/// from the sources, and let requests come by TLS where others could listen.
///
/// ```
/// use cache_console::{Console, bearer};
///
/// let token = std::env::var("CACHE_CONSOLE_TOKEN").unwrap_or_default();
/// let console = Console::new(&cache_runtime::Cache::memory()).allow_warm(bearer(token, "cachectl"));
/// ```
pub fn bearer(
    token: impl Into<String>,
    name: impl Into<String>,
) -> impl Fn(&HeaderMap) -> Option<String> + Send + Sync + 'static {
    let (token, name) = (token.into(), name.into());
    let (is_none, own) = (token.is_empty(), Sha256::digest(token));
    move |headers| {
        let sent = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, sent) = sent.split_once(' ')?;
        // Hashes of both, so that the time that it takes says nothing of either.
        let is_it = Sha256::digest(sent.trim()) == own;
        let is_known = scheme.eq_ignore_ascii_case("bearer") && is_it && !is_none;
        is_known.then(|| name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_the_token_is_known() {
        let who = bearer("s3cret", "ops");
        let known = |value: &str| {
            let value = value.parse().unwrap();
            who(&HeaderMap::from_iter([(AUTHORIZATION, value)]))
        };
        assert_eq!(known("Bearer s3cret").as_deref(), Some("ops"));
        assert_eq!(known("bearer  s3cret").as_deref(), Some("ops"));
        for wrong in ["Bearer s3cre", "Bearer ", "s3cret", "Basic s3cret", ""] {
            assert_eq!(known(wrong), None, "{wrong:?}");
        }
        assert_eq!(who(&HeaderMap::new()), None);
        let nobody = bearer("", "ops");
        let empty = HeaderMap::from_iter([(AUTHORIZATION, "Bearer ".parse().unwrap())]);
        assert_eq!(nobody(&empty), None);
    }
}
