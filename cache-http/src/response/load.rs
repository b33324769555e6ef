//! What a handler answered, as it is kept.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::request::Parts;
use http::{Extensions, Response, StatusCode};
use http_body::Body;

use super::body::{Collected, collect};
use super::rules::Terms;
use super::stored::{Kept, Stored, without_hops};
use super::{ResponseBody, Shared};
use crate::hints::Lent;
use crate::tags;

/// For what a handler was asked, and by what rules.
pub(super) struct Asks<'a> {
    pub(super) shared: &'a Shared,
    pub(super) parts: &'a Parts,
    /// Whether nobody else is served what is kept.
    pub(super) is_private: bool,
}

impl Asks<'_> {
    /// Until when what was answered is fresh; `None` where it is not to be kept.
    fn terms(
        &self,
        (status, headers): (StatusCode, &HeaderMap),
        lent: Option<&Lent>,
        now: SystemTime,
    ) -> Option<Terms> {
        let parts = self.parts;
        let mut settings = self.shared.settings;
        settings.is_private = self.is_private;
        settings.is_of_one = self.shared.credentials.are_in(&parts.headers);
        settings.lent = lent.and_then(|lent| lent.fresh_for);
        let asked = (&parts.method, &parts.uri, &parts.headers);
        Terms::of(asked, (status, headers), settings, now)
    }

    /// The tags of what was answered, beside that of its target.
    fn tags(&self, headers: &HeaderMap, lent: Option<&Lent>) -> Vec<String> {
        let tags = self.shared.tags.as_ref();
        let mut all = tags.map_or_else(Vec::new, |tags| tags(self.parts));
        all.extend(tags::named(headers));
        all.extend(lent.into_iter().flat_map(|lent| lent.tags.iter().cloned()));
        all.retain(|tag| !tag.is_empty());
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// What it was lent by what its handler called.
fn lent(extensions: &Extensions) -> Option<&Lent> {
    extensions.get()
}

/// What a response is kept as, or why it is not, and itself then.
pub(super) async fn kept<R: Body<Data = Bytes>>(
    asks: &Asks<'_>,
    response: Response<R>,
) -> (Kept, Option<Response<ResponseBody<R>>>) {
    let now = SystemTime::now();
    let (head, body) = response.into_parts();
    let lent = lent(&head.extensions).cloned();
    let most = asks.shared.max_body;
    let terms = asks.terms((head.status, &head.headers), lent.as_ref(), now);
    let passed = |head, body| Some(Response::from_parts(head, body));
    let Some(terms) = terms.filter(|_| !is_too_long(&head.headers, most)) else {
        let kept = match head.status.is_server_error() {
            true => Kept::Failed,
            false => Kept::NotShared,
        };
        return (kept, passed(head, ResponseBody::streamed(body)));
    };
    match collect(body, most).await {
        Collected::Streamed(body) => (Kept::NotShared, passed(head, body)),
        Collected::Whole(bytes) => {
            let tags = asks.tags(&head.headers, lent.as_ref());
            let answered = (head.status, &head.headers);
            let stored = Stored::new(answered, bytes, terms, &asks.parts.headers, tags);
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
    asks: &Asks<'_>,
    older: &Stored,
    answer: &Response<R>,
) -> (Kept, Option<Response<ResponseBody<R>>>) {
    let mut headers = older.headers();
    let said = without_hops(answer.headers());
    let lent = lent(answer.extensions());
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
    let status = StatusCode::from_u16(older.status).unwrap_or(StatusCode::OK);
    let now = SystemTime::now();
    let terms = asks.terms((status, &headers), lent, now);
    let tags = asks.tags(&headers, lent);
    let made = |terms| Stored {
        has_own_etag: older.has_own_etag,
        ..Stored::new(
            (status, &headers),
            older.body.clone(),
            terms,
            &asks.parts.headers,
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
