//! What a supervisor asks: whether the process lives, and whether it is ready.

use axum::Json;
use axum::extract::State as Of;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::console::Console;
use crate::page;
use crate::status::{State, Status};
use crate::view::{Query, View};

/// The process lives: it answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The process may be given work. A cache that is down is no reason against it, unless that was asked for: functions
/// run without. One node of several that is away never is: all processes would go at once.
pub(crate) async fn readyz(Of(console): Of<Console>) -> (StatusCode, String) {
    let status = Status::of(console.cache());
    let has_redis =
        status.redis == State::None || status.nodes.iter().any(|node| node.state == State::Up);
    if !console.ready_needs_redis || has_redis {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    let reasons = status.reasons.iter().map(|reason| reason.what.as_str());
    let reasons: Vec<_> = reasons.collect();
    let why = format!("not ready: {}\n", reasons.join(" "));
    (StatusCode::SERVICE_UNAVAILABLE, why)
}

/// How the cache is: JSON to a program, and a page to a browser, which names HTML in what it accepts. It is `200` however
/// the cache is, as the answer is in it.
pub(crate) async fn health(Of(console): Of<Console>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    let vary = [(header::VARY, "accept")];
    match accept.is_some_and(|accept| accept.contains("text/html")) {
        true => (
            vary,
            page::answer(&console, View::Health, &Query::default(), None).await,
        )
            .into_response(),
        false => (vary, Json(Status::of(console.cache()))).into_response(),
    }
}
