//! A view as a page, as the part of it that moves, and as JSON.

use askama::Template;
use axum::Json;
use axum::http::{StatusCode, Uri};
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
    /// What leads up to where the pages are.
    up: &'a str,
    /// What links to other views carry.
    kept: &'a str,
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
    let around = Around {
        current: Some(view),
        live: view.moves().then_some(live),
        kept: query.kept(),
        ..Around::default()
    };
    match content.html() {
        Ok(content) => whole(view.title(), around, &content),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What a page has beside its content.
#[derive(Default)]
struct Around {
    current: Option<View>,
    live: Option<String>,
    kept: &'static str,
    up: String,
}

/// The page around what some template gave.
fn whole(title: &str, around: Around, content: &str) -> Response {
    let page = Page {
        title,
        views: View::IN_MENU,
        current: around.current,
        up: &around.up,
        kept: around.kept,
        live: around.live,
        content,
    };
    match page.render() {
        Ok(page) => Html(page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page that does not move.
pub(crate) fn still(status: StatusCode, title: &str, content: &impl Template) -> Response {
    still_below(status, title, content, String::new())
}

/// The same at a path that is below the pages by these steps up.
fn still_below(status: StatusCode, title: &str, content: &impl Template, up: String) -> Response {
    let around = Around {
        up,
        ..Around::default()
    };
    match content.render() {
        Ok(content) => (status, whole(title, around, &content)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page that says what is wrong.
pub(crate) fn problem(status: StatusCode, what: &str) -> Response {
    still(status, "Not done", &Problem { what })
}

/// `asked` is below where the pages are, wherever they are nested.
pub(crate) async fn nothing_there(asked: Uri) -> Response {
    let below = asked.path().matches('/').count().saturating_sub(1);
    let what = "There is no such page. Take one of those above.";
    still_below(
        StatusCode::NOT_FOUND,
        "Not there",
        &Problem { what },
        "../".repeat(below),
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
