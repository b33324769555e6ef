//! A stream of changes, in the rows of a table, a few times a second at most.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response, Sse};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use super::{Changes, News};
use crate::live::LIFE;
use crate::view::{Filter, Rows};

/// The least time between two events, and the most.
const APART: Duration = Duration::from_millis(250);
const QUIET: Duration = Duration::from_secs(1);

/// How many rows an event has at most. What is more is counted, and left out.
pub(crate) const AT_ONCE: usize = 100;

struct Stream {
    changes: Changes,
    filter: Filter,
    latest: watch::Receiver<u64>,
    /// The last that was told; none before the first event, which has all that a page shows.
    seen: Option<u64>,
    ends: Instant,
    _permit: oneshot::Sender<()>,
}

/// What a page is told.
#[derive(Serialize)]
struct Told {
    /// Rows, the latest first.
    html: String,
    /// Whether they are all that is to be shown.
    is_all: bool,
    status: String,
}

/// The stream; a browser that was cut off says which event it had last.
pub(crate) fn stream(
    changes: Changes,
    filter: Filter,
    headers: &HeaderMap,
    permit: oneshot::Sender<()>,
) -> Response {
    let seen = headers.get("last-event-id");
    let seen = seen.and_then(|id| id.to_str().ok()?.parse().ok());
    let stream = Stream {
        latest: changes.follow(),
        changes,
        filter,
        seen,
        ends: Instant::now() + LIFE,
        _permit: permit,
    };
    Sse::new(stream::unfold(stream, Stream::next)).into_response()
}

impl Stream {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if Instant::now() >= self.ends {
            return None;
        }
        if self.seen.is_some() {
            sleep(APART).await;
            let _ = timeout(QUIET, self.latest.changed()).await;
        }
        self.latest.mark_unchanged();
        let is_meant = |line: &super::Line| self.filter.is_meant(line);
        let known = self.changes.since(0, 0, is_meant).last;
        // Of another process, or of this one before it was started anew.
        let seen = self.seen.filter(|seen| *seen <= known);
        let news = self.changes.since(seen.unwrap_or(0), AT_ONCE, is_meant);
        let told = Told {
            is_all: seen.is_none(),
            status: status(&news),
            html: Rows { lines: news.lines }.render().ok()?,
        };
        self.seen = Some(news.last);
        let event = Event::default().event("rows").id(news.last.to_string());
        // JSON, as lines of HTML would be lines of the protocol.
        let event = event.json_data(told).ok()?;
        Some((Ok(event.retry(QUIET)), self))
    }
}

/// What there is to be said beside the rows.
fn status(news: &News) -> String {
    let mut status = news.state.to_string();
    if news.left_out > 0 {
        status.push_str(&format!(
            " Up to {} changes were left out, as they came too fast to be shown.",
            news.left_out
        ));
    }
    status
}

impl std::fmt::Display for super::State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Beginning => f.write_str("Connecting to hear of changes."),
            Self::On => f.write_str("Changes are heard as they happen."),
            Self::Away { cause } => write!(
                f,
                "Redis away, or it does not tell of changes: {cause}. It is asked again."
            ),
        }
    }
}
