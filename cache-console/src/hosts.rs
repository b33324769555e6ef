//! The names that the page answers to.

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::console::Console;

/// Whether a request names this server as its user does. A page elsewhere whose name was made to lead here afterwards (DNS
/// rebinding) names itself.
fn is_named(uri: &Uri, headers: &HeaderMap, hosts: &[String]) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    // HTTP/2 has it in the address.
    let host = host.or_else(|| uri.authority().cloned());
    host.is_some_and(|host| hosts.contains(&plain(host.host())))
}

/// A name or an address as names are compared.
pub(crate) fn plain(host: &str) -> String {
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

/// Lets a request through that names this server as it is called.
pub(crate) async fn guard(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let is_let_in = match console.hosts.as_deref() {
        Some(hosts) => is_named(request.uri(), request.headers(), hosts),
        None => true,
    };
    if is_let_in {
        return next.run(request).await;
    }
    let why = "this page does not answer to the name that it was asked by\n";
    (StatusCode::FORBIDDEN, why).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_here_is_not_one_of_these() {
        let is_named = |name: &str, host: &str| {
            let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            is_named(
                &Uri::from_static("/overview"),
                &headers,
                &["localhost".to_owned(), plain(name)],
            )
        };
        for host in ["127.0.0.1:8090", "localhost:1", "LocalHost"] {
            assert!(is_named("127.0.0.1", host), "{host}");
        }
        assert!(is_named("[::1]", "[::1]:8090") && is_named("::1", "[::1]"));
        assert!(is_named("Cache.Example", "cache.example:443"));
        for host in ["evil.example:8090", "127.0.0.1.evil.example", "", "[::1]"] {
            assert!(!is_named("127.0.0.1", host), "{host}");
        }
    }
}
