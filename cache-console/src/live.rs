//! A stream of what a view shows, once a second, for as long as its reader stays.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response, Sse};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

use crate::changes;
use crate::console::Console;
use crate::view::{Query, View};

/// How often there is an event.
const EVERY: Duration = Duration::from_secs(1);

/// How long one stream lasts. A browser opens the next by itself, and a server that shuts down when its connections have
/// ended waits for no longer.
pub(crate) const LIFE: Duration = Duration::from_secs(30);

/// How much longer than that a reader that reads no more keeps others out.
const SLACK: Duration = Duration::from_secs(1);

/// A reader's stream. Its permit goes back when the reader goes, as the server drops this then; of one that stays and
/// reads nothing the server asks nothing, and it goes back by time.
struct Stream {
    console: Console,
    view: View,
    query: Query,
    ticks: Interval,
    ends: Instant,
    _permit: oneshot::Sender<()>,
}

/// Gives a permit back when its stream is dropped, and at the end of a stream's time at the latest.
fn lend(permit: OwnedSemaphorePermit) -> oneshot::Sender<()> {
    let (stream, dropped) = oneshot::channel();
    tokio::spawn(async move {
        let _ = timeout(LIFE + SLACK, dropped).await;
        drop(permit);
    });
    stream
}

pub(crate) fn stream(console: Console, view: View, query: Query, headers: &HeaderMap) -> Response {
    if !view.moves() {
        // A browser asks for it no more.
        return StatusCode::NO_CONTENT.into_response();
    }
    let Ok(permit) = console.streams().clone().try_acquire_owned() else {
        let later = [(header::RETRY_AFTER, "30")];
        let why =
            "too many pages are kept up to date already: close some, or reload this one by hand\n";
        return (StatusCode::SERVICE_UNAVAILABLE, later, why).into_response();
    };
    let permit = lend(permit);
    if view == View::Events {
        return match console.changes() {
            Some(changes) => changes::stream(changes.clone(), query.filter(), headers, permit),
            None => StatusCode::NO_CONTENT.into_response(),
        };
    }
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
    /// The event of the next second; none when its time is over, or there is nothing to show any more.
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

#[cfg(test)]
mod tests {
    use cache_runtime::Cache;
    use futures_util::StreamExt as _;

    use super::*;

    /// Moves through time as fast as nothing is to be done.
    #[tokio::test(start_paused = true)]
    async fn a_stream_tells_once_a_second_and_ends_for_the_next_to_begin() {
        let console = Console::new(&Cache::memory());
        let all = console.streams().available_permits();
        let begun = Instant::now();
        let response = stream(
            console.clone(),
            View::Overview,
            Query::default(),
            &HeaderMap::new(),
        );
        assert_eq!(console.streams().available_permits(), all - 1);
        let mut told = response.into_body().into_data_stream();
        let mut events = 0;
        while let Some(some) = told.next().await {
            let text = String::from_utf8(some.unwrap().to_vec()).unwrap();
            assert!(text.contains("event: view\n"), "{text}");
            events += 1;
        }
        assert_eq!(begun.elapsed(), LIFE);
        assert_eq!(events, LIFE.as_secs() + 1);
        drop(told);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(console.streams().available_permits(), all);
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_nothing_keeps_others_out_for_no_longer() {
        let console = Console::new(&Cache::memory());
        let all = console.streams().available_permits();
        let _unread = stream(
            console.clone(),
            View::Overview,
            Query::default(),
            &HeaderMap::new(),
        );
        tokio::time::sleep(LIFE).await;
        assert_eq!(console.streams().available_permits(), all - 1);
        tokio::time::sleep(SLACK * 2).await;
        assert_eq!(console.streams().available_permits(), all);
    }
}
