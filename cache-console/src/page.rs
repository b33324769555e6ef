//! A view as a page, as the part of it that moves, and as JSON.

use askama::Template;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use crate::console::Console;
use crate::view::{Missing, Query, View};

/// What a view shows at one moment.
pub(crate) trait Content {
    fn html(&self) -> askama::Result<String>;
    fn json(&self) -> serde_json::Result<Value>;
}

impl<T: Template + Serialize> Content for T {
    fn html(&self) -> askama::Result<String> {
        self.render()
    }

    fn json(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

/// What is around each view.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: &'a str,
    views: &'a [View],
    current: Option<View>,
    /// Where the stream of the view is, if it moves.
    live: Option<String>,
    /// HTML of a template.
    content: &'a str,
}

impl Page<'_> {
    fn is_current(&self, view: &View) -> bool {
        self.current == Some(*view)
    }
}

/// Something that can't be shown or done, and what to do.
#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    what: &'a str,
}

/// A view; `query` as it was asked for, which the stream is asked for too.
pub(crate) async fn answer(
    console: &Console,
    view: View,
    query: &Query,
    asked: Option<&str>,
) -> Response {
    let content = match view.look(console, query).await {
        Ok(content) => content,
        Err(Missing(what)) => return problem(StatusCode::NOT_FOUND, what),
    };
    let name = view.name();
    let live = match asked {
        Some(asked) => format!("live/{name}?{asked}"),
        None => format!("live/{name}"),
    };
    match content.html() {
        Ok(content) => whole(view.title(), Some(view), Some(live), &content),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The page around what some template gave.
fn whole(title: &str, current: Option<View>, live: Option<String>, content: &str) -> Response {
    let page = Page {
        title,
        views: View::IN_MENU,
        current,
        live,
        content,
    };
    match page.render() {
        Ok(page) => Html(page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page that does not move.
pub(crate) fn still(status: StatusCode, title: &str, content: &impl Template) -> Response {
    match content.render() {
        Ok(content) => (status, whole(title, None, None, &content)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page that says what is wrong.
pub(crate) fn problem(status: StatusCode, what: &str) -> Response {
    still(status, "Not done", &Problem { what })
}

pub(crate) async fn nothing_there() -> Response {
    problem(
        StatusCode::NOT_FOUND,
        "There is no such page. Take one of those above.",
    )
}

/// The same as a program reads it.
pub(crate) async fn json(console: &Console, view: View, query: &Query) -> Response {
    match view.look(console, query).await {
        Ok(content) => match content.json() {
            Ok(json) => Json(json).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Err(Missing(what)) => {
            let told = serde_json::json!({ "error": what });
            (StatusCode::NOT_FOUND, Json(told)).into_response()
        }
    }
}
