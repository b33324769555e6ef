//! A listener, and what it has seen.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use cache_runtime::commands::{Reply, Script};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Place, Topic};
use crate::ToolkitError;
use crate::stream::{Bell, decoded, number};

static READ: Script = Script::new(include_str!("read.lua"));

/// How many messages are read at once.
const BATCH: usize = 100;

/// The longest wait without a look.
const LONG: Duration = Duration::from_secs(60);

/// What a listener is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<T> {
    /// A message.
    Value {
        /// Its number in the topic: one more than that of the one before.
        number: u64,
        /// What was published.
        value: T,
    },
    /// Messages were trimmed away before they could be read, or the server has lost what it had.
    Missed {
        /// How many; `None` where nobody knows, as the server has gone back: it may be none.
        count: Option<u64>,
    },
}

/// Where a listener is, to go on from there, be it in another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The id of the last message, or `0-0`.
    pub(super) id: String,
    pub(super) number: u64,
}

/// What one look gave.
pub(super) struct Found {
    /// Whether the server has lost what was seen.
    pub(super) is_lost: bool,
    /// Of the last message.
    pub(super) number: u64,
    /// The id to go on from where there is no message.
    pub(super) cursor: String,
    pub(super) messages: Vec<(Position, Vec<u8>)>,
}

/// A message that was read and not given yet.
enum Ready {
    Value(Position, Vec<u8>),
    /// And where it goes on behind them.
    Missed(Position, Option<u64>),
}

/// Listens to a topic; made by [`Topic::subscribe`]. It costs the server nothing while it is not asked.
pub struct Subscription<T> {
    topic: Topic<T>,
    /// Of the last message that was given.
    given: Position,
    /// Of the last that was read.
    read: Position,
    ready: VecDeque<Ready>,
}

impl<T: DeserializeOwned> Subscription<T> {
    pub(super) async fn begin(topic: Topic<T>) -> Result<Self, ToolkitError> {
        let position = match topic.place()? {
            Place::Process(ring) => ring.end(),
            Place::Redis(redis) => {
                let now = Position {
                    id: "$".to_owned(),
                    number: 0,
                };
                let found = read(&redis, &now).await?;
                Position {
                    id: found.cursor,
                    number: found.number,
                }
            }
        };
        Ok(Self::at(topic, position))
    }

    pub(super) fn at(topic: Topic<T>, position: Position) -> Self {
        Self {
            topic,
            given: position.clone(),
            read: position,
            ready: VecDeque::new(),
        }
    }

    /// Behind what was received so far; what was told as missed is behind it too.
    #[must_use]
    pub fn position(&self) -> Position {
        self.given.clone()
    }

    /// Waits for the next message, or for word that some were missed. The server's push tells of new ones.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Unreadable`] for a message of another type, which is passed over; [`ToolkitError::Command`] if Redis
    /// does not do it: call it again, after a pause, and it goes on where it was.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, nothing is lost.
    pub async fn recv(&mut self) -> Result<Message<T>, ToolkitError> {
        loop {
            match self.ready.pop_front() {
                Some(Ready::Missed(position, count)) => {
                    self.given = position;
                    return Ok(Message::Missed { count });
                }
                Some(Ready::Value(position, bytes)) => {
                    let number = position.number;
                    self.given = position;
                    let value = decoded(&bytes)?;
                    return Ok(Message::Value { number, value });
                }
                None => self.more().await?,
            }
        }
    }

    /// Reads on, and waits where there is nothing.
    async fn more(&mut self) -> Result<(), ToolkitError> {
        let place = self.topic.place()?;
        let found = self.look(&place).await?;
        self.take(found);
        if !self.ready.is_empty() {
            return Ok(());
        }
        let bell = match &place {
            Place::Process(ring) => Bell::Process(ring.bell()),
            Place::Redis(redis) => Bell::Redis(redis.commands.look(&redis.number).await?.1),
        };
        let found = self.look(&place).await?;
        self.take(found);
        if self.ready.is_empty() {
            bell.rings(LONG).await;
        }
        Ok(())
    }

    async fn look(&self, place: &Place) -> Result<Found, ToolkitError> {
        match place {
            Place::Process(ring) => Ok(ring.read(&self.read, BATCH)),
            Place::Redis(redis) => read(redis, &self.read).await,
        }
    }

    fn take(&mut self, found: Found) {
        let first = found.messages.first().map(|(position, _)| position.number);
        let seen = self.read.number;
        // One that was numbered before: the number was lost.
        if found.is_lost || first.is_some_and(|first| first <= seen) {
            self.read = Position {
                id: found.cursor,
                number: first.map_or(found.number, |first| first - 1),
            };
            self.ready.push_back(Ready::Missed(self.read.clone(), None));
        } else {
            let before = first.map_or(found.number, |first| first - 1);
            if before > seen {
                self.read.number = before;
                let count = Some(before - seen);
                self.ready
                    .push_back(Ready::Missed(self.read.clone(), count));
            }
        }
        for (position, bytes) in found.messages {
            self.read = position.clone();
            self.ready.push_back(Ready::Value(position, bytes));
        }
    }
}

async fn read(redis: &super::Remote, after: &Position) -> Result<Found, ToolkitError> {
    let (number, count) = (after.number.to_string(), BATCH.to_string());
    let words = [after.id.as_bytes(), number.as_bytes(), count.as_bytes()];
    let keys = [redis.number.as_str(), &redis.stream];
    let reply = redis.commands.script(&READ, &keys, &words).await?;
    found(&reply).ok_or(ToolkitError::Foreign { what: "topic" })
}

fn found(reply: &Reply) -> Option<Found> {
    let [is_lost, last, cursor, messages] = reply.list()? else {
        return None;
    };
    let messages = messages.list()?.iter().map(|message| {
        let [id, of, bytes] = message.list()? else {
            return None;
        };
        let position = Position {
            id: id.text()?.to_owned(),
            number: number(of)?,
        };
        Some((position, bytes.bytes()?.to_vec()))
    });
    Some(Found {
        is_lost: number(is_lost)? == 1,
        number: number(last)?,
        cursor: cursor.text()?.to_owned(),
        messages: messages.collect::<Option<_>>()?,
    })
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("topic", &self.topic)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}
