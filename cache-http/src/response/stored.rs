//! A response as it is kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::rules::Terms;

/// What is kept for a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Kept {
    /// A response.
    Response(Arc<Stored>),
    /// That responses to such a request can't be shared, for a while: nobody waits for another's then.
    NotShared,
    /// Nothing: the handler failed, and what it said is for its own caller.
    Failed,
}

/// For how long it is known of a request that its responses can't be shared.
const NOT_SHARED: Duration = Duration::from_secs(5);

impl Kept {
    pub(super) fn kept_for(&self) -> Duration {
        match self {
            Self::Response(stored) => stored.terms.kept_for(),
            Self::NotShared => NOT_SHARED,
            Self::Failed => Duration::ZERO,
        }
    }

    pub(super) fn tags(&self) -> Vec<String> {
        match self {
            Self::Response(stored) => stored.tags.clone(),
            _ => Vec::new(),
        }
    }
}

/// A response, with what it was asked with as far as it depends on that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Bytes,
    pub(super) terms: Terms,
    /// The request's fields that its `Vary` names, each as it was.
    pub(super) varies: Vec<(String, Vec<Vec<u8>>)>,
    pub(super) tags: Vec<String>,
    /// Whether the `ETag` is of the handler, who can be asked by it.
    pub(super) has_own_etag: bool,
}

impl Stored {
    pub(super) fn new(
        (status, headers): (StatusCode, &HeaderMap),
        body: Bytes,
        terms: Terms,
        asked: &HeaderMap,
        tags: Vec<String>,
    ) -> Self {
        let mut headers = without_hops(headers);
        let has_own_etag = headers.contains_key(header::ETAG);
        if !has_own_etag && status == StatusCode::OK {
            headers.insert(header::ETAG, etag(&body));
        }
        let headers_kept = headers.iter();
        let headers_kept =
            headers_kept.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        Self {
            status: status.as_u16(),
            headers: headers_kept.collect(),
            body,
            terms,
            varies: varies(&headers, asked),
            tags,
            has_own_etag,
        }
    }

    /// Its header fields, all lines of each.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 4);
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::from_bytes(value))
            {
                headers.append(name, value);
            }
        }
        headers
    }

    /// Whether it was selected by the same fields of a request (RFC 9111, 4.1).
    pub(super) fn is_selected_by(&self, asked: &HeaderMap) -> bool {
        (self.varies.iter()).all(|(name, values)| same_lines(values, asked, name))
    }

    /// What the fields say now by which it was selected, to name another variant.
    pub(super) fn variant(&self, asked: &HeaderMap) -> Vec<(String, Vec<Vec<u8>>)> {
        let names = self.varies.iter().map(|(name, _)| name);
        names
            .map(|name| (name.clone(), lines(asked, name)))
            .collect()
    }

    pub(super) fn age(&self, now: SystemTime) -> Duration {
        self.terms.age(now)
    }

    /// Asks in a request whether it has changed (RFC 9111, 4.3.1).
    pub(super) fn validate(&self, asking: &mut HeaderMap) {
        let headers = self.headers();
        if let (true, Some(etag)) = (self.has_own_etag, headers.get(header::ETAG)) {
            asking.insert(header::IF_NONE_MATCH, etag.clone());
        }
        if let Some(modified) = headers.get(header::LAST_MODIFIED) {
            asking.insert(header::IF_MODIFIED_SINCE, modified.clone());
        }
    }

    /// It, as it is served now, with its age; the body apart.
    pub(super) fn served<B>(&self, body: B, now: SystemTime) -> Response<B> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        *response.headers_mut() = self.headers();
        let age = HeaderValue::from(self.age(now).as_secs());
        response.headers_mut().insert(header::AGE, age);
        response
    }
}

/// A strong validator of these bytes.
fn etag(body: &[u8]) -> HeaderValue {
    let text = format!("\"{:032x}\"", xxhash_rust::xxh3::xxh3_128(body));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The names that a `Vary` has; `None` for `*`.
pub(super) fn vary(headers: &HeaderMap) -> Option<Vec<String>> {
    let lines = headers.get_all(header::VARY).iter();
    let lines = lines.map(|line| line.to_str().unwrap_or("*"));
    let mut names: Vec<String> = lines
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    (!names.iter().any(|name| name == "*")).then_some(names)
}

fn varies(headers: &HeaderMap, asked: &HeaderMap) -> Vec<(String, Vec<Vec<u8>>)> {
    let names = vary(headers).unwrap_or_default().into_iter();
    names
        .map(|name| (lines(asked, &name), name))
        .map(|(lines, name)| (name, lines))
        .collect()
}

/// The members of a field's list, however they are spread over lines and spaced.
pub(super) fn lines(asked: &HeaderMap, name: &str) -> Vec<Vec<u8>> {
    let lines = asked.get_all(name).iter();
    let members = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    members.map(|member| member.trim_ascii().to_vec()).collect()
}

fn same_lines(values: &[Vec<u8>], asked: &HeaderMap, name: &str) -> bool {
    lines(asked, name) == values
}

/// What is said to the next server alone is not kept (RFC 9110, 7.6.1).
pub(super) fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    let named = headers.get_all(header::CONNECTION).iter();
    let named: Vec<String> = named
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in &named {
        kept.remove(name);
    }
    for name in [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
    ] {
        kept.remove(name);
    }
    for name in [
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::AGE,
    ] {
        kept.remove(name);
    }
    kept
}

/// Unix milliseconds.
pub(super) fn unix_ms(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis().try_into().unwrap_or(u64::MAX)
}
