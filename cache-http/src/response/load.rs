//! What a handler answered, as it is kept.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::request::Parts;
use http::{Response, StatusCode};
use http_body::Body;

use super::body::{Collected, collect};
use super::directives::outside_quotes;
use super::rules::Terms;
use super::stored::{Kept, Stored, without_hops};
use super::{ResponseBody, Shared};

/// Where services name what a response is made of.
const TAG_FIELDS: [(&str, char); 3] = [
    ("cache-tag", ','),
    ("surrogate-key", ' '),
    ("cache-groups", ','),
];

/// The tags that a response names itself.
pub(super) fn named_tags(response: &HeaderMap) -> Vec<String> {
    let mut tags = Vec::new();
    for (name, between) in TAG_FIELDS {
        let lines = response.get_all(HeaderName::from_static(name)).iter();
        for line in lines.filter_map(|line| line.to_str().ok()) {
            match between {
                ',' => tags.extend(outside_quotes(line).map(unquoted)),
                _ => tags.extend(line.split_ascii_whitespace().map(str::to_owned)),
            }
        }
    }
    tags
}

/// A string of a structured field (RFC 9651, 3.3.3), or a bare word.
pub(super) fn unquoted(item: &str) -> String {
    let inside = item
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inside {
        Some(inside) => inside.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => item.to_owned(),
    }
}

/// What a response is kept as, or why it is not, and itself then.
pub(super) async fn kept<R: Body<Data = Bytes>>(
    shared: &Shared,
    parts: &Parts,
    is_private: bool,
    response: Response<R>,
) -> (Kept, Option<Response<ResponseBody<R>>>) {
    let now = SystemTime::now();
    let (head, body) = response.into_parts();
    let mut settings = shared.settings;
    settings.is_private = is_private;
    let asked = (&parts.method, &parts.uri, &parts.headers);
    let terms = Terms::of(asked, (head.status, &head.headers), settings, now);
    let passed = |head, body| Some(Response::from_parts(head, body));
    let Some(terms) = terms.filter(|_| !is_too_long(&head.headers, shared.max_body)) else {
        let kept = match head.status.is_server_error() {
            true => Kept::Failed,
            false => Kept::NotShared,
        };
        return (kept, passed(head, ResponseBody::streamed(body)));
    };
    match collect(body, shared.max_body).await {
        Collected::Streamed(body) => (Kept::NotShared, passed(head, body)),
        Collected::Whole(bytes) => {
            let tags = shared.tags_of(parts, &head.headers);
            let answered = (head.status, &head.headers);
            let stored = Stored::new(answered, bytes, terms, &parts.headers, tags);
            (Kept::Response(Arc::new(stored)), None)
        }
    }
}

fn is_too_long(headers: &HeaderMap, most: usize) -> bool {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    length.is_some_and(|length: usize| length > most)
}

/// What is kept, once the handler has said that it has not changed (RFC 9111, 4.3.4).
pub(super) fn unchanged<R: Body<Data = Bytes>>(
    shared: &Shared,
    parts: &Parts,
    is_private: bool,
    older: &Stored,
    said: &HeaderMap,
) -> (Kept, Option<Response<ResponseBody<R>>>) {
    let mut headers = older.headers();
    let said = without_hops(said);
    for name in said.keys() {
        // They are of a message without a body.
        if [
            header::CONTENT_LENGTH,
            header::CONTENT_ENCODING,
            header::CONTENT_RANGE,
        ]
        .contains(name)
        {
            continue;
        }
        headers.remove(name);
        for value in said.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    let mut settings = shared.settings;
    settings.is_private = is_private;
    let status = StatusCode::from_u16(older.status).unwrap_or(StatusCode::OK);
    let asked = (&parts.method, &parts.uri, &parts.headers);
    let now = SystemTime::now();
    let terms = Terms::of(asked, (status, &headers), settings, now);
    let tags = shared.tags_of(parts, &headers);
    let made = |terms| Stored {
        has_own_etag: older.has_own_etag,
        ..Stored::new(
            (status, &headers),
            older.body.clone(),
            terms,
            &parts.headers,
            tags,
        )
    };
    match terms {
        Some(terms) => (Kept::Response(Arc::new(made(terms))), None),
        None => {
            let body = ResponseBody::whole(older.body.clone());
            (Kept::NotShared, Some(made(older.terms).served(body, now)))
        }
    }
}
