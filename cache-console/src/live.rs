//! A stream of what a view shows, once a second, for as long as its reader stays.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response, Sse};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use crate::console::Console;
use crate::view::{Query, View};

/// How often there is an event.
const EVERY: Duration = Duration::from_secs(1);

/// How long one stream lasts. A browser opens the next by itself, and a server that shuts down when its connections have
/// ended waits for no longer.
const LIFE: Duration = Duration::from_secs(30);

/// A reader's stream. The permit goes back when the reader goes, as the server drops this then.
struct Stream {
    console: Console,
    view: View,
    query: Query,
    ticks: Interval,
    ends: Instant,
    _permit: OwnedSemaphorePermit,
}

pub(crate) fn stream(console: Console, view: View, query: Query) -> Response {
    let Ok(permit) = console.streams().clone().try_acquire_owned() else {
        let later = [(header::RETRY_AFTER, "30")];
        let why =
            "too many pages are kept up to date already: close some, or reload this one by hand\n";
        return (StatusCode::SERVICE_UNAVAILABLE, later, why).into_response();
    };
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stream = Stream {
        console,
        view,
        query,
        ticks,
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
        self.ticks.tick().await;
        let content = self.view.look(&self.console, &self.query).await.ok()?;
        let html = content.html().ok()?;
        // JSON, as lines of HTML would be lines of the protocol.
        let event = Event::default().event("view").json_data(html).ok()?;
        Some((Ok(event.retry(EVERY)), self))
    }
}
