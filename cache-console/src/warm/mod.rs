//! Warming on demand: a program names what it can warm, and whoever may asks for it, as `cachectl warm` does.
//!
//! A request is a program's, not a browser's: who asks is known by a header, a cookie counts for nothing, and what a page
//! of another origin can have a browser send is refused.

mod run;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use serde_json::json;

use crate::action::{Who, is_foreign};
use crate::console::Console;
use crate::shown::Name;

use run::Run;

/// What is warmed one by one: how many were at each step, or why one was not.
type Steps = Pin<Box<dyn Stream<Item = Result<u64, String>> + Send>>;

/// Something that can be warmed.
#[derive(Clone)]
pub(crate) struct Target {
    name: String,
    begin: Arc<dyn Fn(u64) -> Steps + Send + Sync>,
    is_running: Arc<AtomicBool>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.name).finish()
    }
}

impl Target {
    /// One that says at its end how many it has warmed.
    pub(crate) fn of<F, E>(name: String, warm: impl Fn(u64) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<u64, E>> + Send + 'static,
        E: fmt::Display,
    {
        Self::of_each(name, move |limit| stream::once(warm(limit)))
    }

    /// One that says so at each step.
    pub(crate) fn of_each<S, E>(
        name: String,
        warm: impl Fn(u64) -> S + Send + Sync + 'static,
    ) -> Self
    where
        S: Stream<Item = Result<u64, E>> + Send + 'static,
        E: fmt::Display,
    {
        let begin = move |limit| -> Steps {
            Box::pin(warm(limit).map(|step| step.map_err(|error| error.to_string())))
        };
        Self {
            name,
            begin: Arc::new(begin),
            is_running: Arc::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// A target is warmed, until this is dropped.
struct Turn(Arc<AtomicBool>);

impl Turn {
    fn of(target: &Target) -> Option<Self> {
        let flag = &target.is_running;
        let is_free = !flag.swap(true, Ordering::AcqRel);
        is_free.then(|| Self(Arc::clone(flag)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    target: String,
    limit: u64,
}

/// Who asks, by the headers of a request but for its cookies.
fn who(console: &Console, headers: &HeaderMap) -> Result<String, Box<Response>> {
    let own = console.warm_who.as_deref();
    let of_actions = console.actions.as_ref().map(|actions| actions.who());
    let Some(known): Option<&Who> = own.or(of_actions) else {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "warming is off: the program allows it by `Console::allow_warm`, which says who may",
        ));
    };
    if is_foreign(headers) {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "the request came from a page of another origin",
        ));
    }
    let mut headers = headers.clone();
    headers.remove(COOKIE);
    known(&headers).ok_or_else(|| {
        refused(
            StatusCode::UNAUTHORIZED,
            "the program does not know you as one who may: give it your token by the header \
             `Authorization: Bearer ..`; `cachectl warm` takes it from CACHE_CONSOLE_TOKEN",
        )
    })
}

fn refused(status: StatusCode, why: &str) -> Box<Response> {
    Box::new((status, Json(json!({ "error": why }))).into_response())
}

/// The targets.
pub(crate) async fn list(State(console): State<Console>, headers: HeaderMap) -> Response {
    match who(&console, &headers) {
        Ok(_) => Json(json!({ "targets": console.target_names() })).into_response(),
        Err(refused) => *refused,
    }
}

/// Warms a target, and tells how far it has come, a line of JSON at a time.
pub(crate) async fn warm(
    State(console): State<Console>,
    headers: HeaderMap,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Response {
    let who = match who(&console, &headers) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    // Such a body a form can't send, so that a browser asks this server first and is told no.
    let Ok(Json(Asked { target, limit })) = asked else {
        let why = "the body is to be JSON with a target and a limit: {\"target\": \"plans\", \"limit\": 100}";
        return *refused(StatusCode::BAD_REQUEST, why);
    };
    if limit == 0 {
        return *refused(StatusCode::BAD_REQUEST, "the limit is 1 at least");
    }
    let Some(target) = console.target(&target) else {
        let targets = console.target_names();
        let told = json!({ "error": "there is no such target", "targets": targets });
        return (StatusCode::NOT_FOUND, Json(told)).into_response();
    };
    let Some(turn) = Turn::of(target) else {
        return *refused(
            StatusCode::CONFLICT,
            "this process warms it already: ask again when that has ended",
        );
    };
    tracing::info!(target: "cache", who = %Name::from(who), what = target.name(), limit, "warming was asked for");
    let run = Run::new(target, limit, turn);
    let body = Body::from_stream(run.lines());
    ([(CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}
