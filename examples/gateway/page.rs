//! The one page.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Html;
use cache_http::session::{SessionHandle, SessionStore, user};
use tower_sessions::Session;

use crate::people::Failed;

pub(crate) async fn page(
    session: Session,
    State(sessions): State<SessionStore>,
) -> Result<Html<String>, Failed> {
    let body = match user(&session).await? {
        Some(user) => inside(&user, &session, &sessions).await?,
        None => include_str!("login.html").to_owned(),
    };
    let page = include_str!("page.html").replace("<!-- body -->", &body);
    Ok(Html(page))
}

/// What a user sees: his sessions, and the prices.
async fn inside(user: &str, session: &Session, sessions: &SessionStore) -> Result<String, Failed> {
    let own = session.id().map(SessionHandle::of);
    let mut rows = String::new();
    for info in sessions.active(user).await? {
        let since = info.created.elapsed().unwrap_or_default().as_secs();
        let here = if Some(&info.handle) == own.as_ref() {
            ", this one"
        } else {
            ""
        };
        let handle = &info.handle;
        // Writing to a string does not fail.
        let _ = write!(
            rows,
            "<li>since {since} s{here} <form method=post action=\"/sessions/{handle}/end\"><button>end</button></form>"
        );
    }
    let body = include_str!("inside.html");
    Ok(body
        .replace("<!-- user -->", &escaped(user))
        .replace("<!-- sessions -->", &rows))
}

/// A text as what stands in a page.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
