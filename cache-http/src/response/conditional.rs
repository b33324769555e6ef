//! Requests that say what their client has (RFC 9110, 13), answered from a response that is kept.

use http::header::{self, HeaderMap};
use http::{Response, StatusCode};

use super::rules::date;
use crate::list::outside_quotes;

/// What a client makes its request depend on. A handler is asked without, so that what it answers can be kept.
const CONDITIONS: [header::HeaderName; 5] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::IF_RANGE,
];

pub(super) fn without_conditions(headers: &mut HeaderMap) {
    for name in CONDITIONS {
        headers.remove(name);
    }
}

/// What is to be answered in the place of a response of 200.
pub(super) fn judged(asked: &HeaderMap, kept: &HeaderMap) -> StatusCode {
    let etag = kept.get(header::ETAG).and_then(|etag| etag.to_str().ok());
    let modified = date(kept, &header::LAST_MODIFIED);
    if asked.contains_key(header::IF_MATCH) {
        if !has_tag(asked, &header::IF_MATCH, |tag| {
            is_strong(tag) && etag == Some(tag)
        }) {
            return StatusCode::PRECONDITION_FAILED;
        }
    } else if let (Some(since), Some(modified)) =
        (date(asked, &header::IF_UNMODIFIED_SINCE), modified)
        && modified > since
    {
        return StatusCode::PRECONDITION_FAILED;
    }
    let is_unchanged = match asked.contains_key(header::IF_NONE_MATCH) {
        true => has_tag(asked, &header::IF_NONE_MATCH, |tag| {
            etag.is_some_and(|etag| weak(etag) == weak(tag))
        }),
        false => {
            let since = date(asked, &header::IF_MODIFIED_SINCE);
            let at = modified.or_else(|| date(kept, &header::DATE));
            matches!((since, at), (Some(since), Some(at)) if at <= since)
        }
    };
    match is_unchanged {
        true => StatusCode::NOT_MODIFIED,
        false => StatusCode::OK,
    }
}

fn has_tag(asked: &HeaderMap, name: &header::HeaderName, is_it: impl Fn(&str) -> bool) -> bool {
    let lines = asked
        .get_all(name)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(outside_quotes)
        .any(|tag| tag == "*" || is_it(tag))
}

fn is_strong(tag: &str) -> bool {
    !tag.starts_with("W/")
}

/// A tag as it is compared where a weak one will do (RFC 9110, 8.8.3.2).
fn weak(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Takes off what goes with a body only (RFC 9110, 15.4.5).
pub(super) fn without_body<B>(response: &mut Response<B>, status: StatusCode) {
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::CONTENT_ENCODING,
        header::CONTENT_RANGE,
    ] {
        headers.remove(name);
    }
    if status == StatusCode::PRECONDITION_FAILED {
        headers.remove(header::LAST_MODIFIED);
    }
}
