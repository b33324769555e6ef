//! What is answered instead of the handler's answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::fields::seconds;

/// The type of problem that the draft of the fields registers.
const EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";

/// Too many; the policy's name as it stands in the fields.
pub(super) fn too_many<B: From<Bytes>>(policy: &str, again: Option<Duration>) -> Response<B> {
    let detail = match again.map(at_least_one) {
        Some(1) => "Ask again in a second.".to_owned(),
        Some(again) => format!("Ask again in {again} seconds."),
        None => "It weighs more than the limit, and never passes.".to_owned(),
    };
    let body = json!({
        "type": EXCEEDED,
        "title": "Too many requests",
        "status": 429,
        "detail": detail,
        "violated-policies": [policy.replace('\\', "")],
    });
    problem(StatusCode::TOO_MANY_REQUESTS, &body, again)
}

/// Nobody could count.
pub(super) fn uncounted<B: From<Bytes>>() -> Response<B> {
    let body = json!({
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Requests can't be counted now.",
    });
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        &body,
        Some(Duration::from_secs(1)),
    )
}

/// Who asks at once would be refused once more.
fn at_least_one(again: Duration) -> u64 {
    seconds(again).max(1)
}

fn problem<B: From<Bytes>>(
    status: StatusCode,
    body: &serde_json::Value,
    again: Option<Duration>,
) -> Response<B> {
    let mut response = Response::new(B::from(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    // It is of one caller and one moment.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(again) = again {
        headers.insert(RETRY_AFTER, at_least_one(again).into());
    }
    response
}
