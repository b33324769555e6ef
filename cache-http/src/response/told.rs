//! What a client is told of where its response is from: `X-Cache`, and `Cache-Status` (RFC 9211).

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::Body;

use super::conditional::{judged, without_body};
use super::stored::Stored;
use super::{ResponseBody, Shared};
use crate::tags;

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Where a response is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// It was kept, and is fresh.
    Kept,
    /// It was kept, and is stale.
    Stale,
    /// The handler, and it is kept.
    Stored,
    /// The handler, and it is not kept.
    Handler,
    /// The handler, as no cache may answer.
    Around,
}

impl From {
    fn word(self) -> &'static str {
        match self {
            Self::Kept => "HIT",
            Self::Stale => "STALE",
            Self::Stored | Self::Handler => "MISS",
            Self::Around => "BYPASS",
        }
    }
}

/// Notes it in the response's fields.
pub(super) fn tell(headers: &mut HeaderMap, from: From, ttl: i64) {
    headers.insert(X_CACHE, HeaderValue::from_static(from.word()));
    let status = match from {
        From::Kept | From::Stale => format!("cache-runtime; hit; ttl={ttl}"),
        From::Stored => format!("cache-runtime; fwd=miss; stored; ttl={ttl}"),
        From::Handler => "cache-runtime; fwd=miss".to_owned(),
        From::Around => "cache-runtime; fwd=bypass".to_owned(),
    };
    if let Ok(status) = HeaderValue::try_from(status) {
        headers.append(CACHE_STATUS, status);
    }
}

/// A response that is kept, as this client is given it.
pub(super) fn told<B: Body<Data = Bytes>>(
    shared: &Shared,
    stored: &Arc<Stored>,
    asked: &HeaderMap,
    from: From,
) -> Response<ResponseBody<B>> {
    let now = SystemTime::now();
    let body = ResponseBody::whole(stored.body.clone());
    let mut response = stored.served(body, now);
    tell(response.headers_mut(), from, stored.terms.ttl(now));
    if shared.tells_tags {
        tags::tell(response.headers_mut(), &stored.tags);
    }
    if response.status() == StatusCode::OK {
        let status = judged(asked, response.headers());
        if status != StatusCode::OK {
            without_body(&mut response, status);
            return response.map(|_| ResponseBody::whole(Bytes::new()));
        }
    }
    response
}
