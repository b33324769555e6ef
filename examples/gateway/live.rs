//! What happens, told to the pages that are open, whichever process they are open at.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use cache_runtime::Cache;
use cache_toolkit::{Message, Toolkit as _, ToolkitError, Topic};
use futures_util::{Stream, stream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::sleep;

/// How many events wait for a page that is slow; more are counted.
const ROOM: usize = 64;

/// A topic that all processes write to and read, and the pages that are open at this one.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    topic: Topic<String>,
    pages: broadcast::Sender<String>,
}

impl Live {
    pub(crate) fn new(cache: &Cache) -> Self {
        Self {
            topic: cache.topic("gateway"),
            pages: broadcast::Sender::new(ROOM),
        }
    }

    pub(crate) async fn tell(&self, event: String) -> Result<(), ToolkitError> {
        self.topic.publish(&event).await.map(drop)
    }

    /// Hands the pages what is told, for as long as the process runs.
    pub(crate) async fn listen(self) {
        let mut is_told = true;
        loop {
            let Err(error) = self.hand_on(&mut is_told).await;
            // Once for each time that it is away, and not for each try.
            if std::mem::take(&mut is_told) {
                tracing::warn!(%error, "pages are told nothing for now");
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn hand_on(&self, is_told: &mut bool) -> Result<Infallible, ToolkitError> {
        let mut told = self.topic.subscribe().await?;
        *is_told = true;
        loop {
            let event = match told.recv().await? {
                Message::Value { value, .. } => value,
                Message::Missed { .. } => "events were missed: look at the prices anew".to_owned(),
            };
            // An error is that no page is open.
            let _ = self.pages.send(event);
        }
    }
}

pub(crate) async fn events(
    State(live): State<Live>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream::unfold(live.pages.subscribe(), |mut events| async {
        let said = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(missed)) => format!("{missed} events were missed"),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(Event::default().data(said)), events))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
