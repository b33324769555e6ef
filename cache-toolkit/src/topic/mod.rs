//! Messages to all who listen, who are told what they may have missed.
//!
//! Redis' own `PUBLISH` forgets a message at once: who is away for a moment misses it, and is not told. A topic keeps the
//! last messages in a stream ([`Topic::keep`]), so that a [`Subscription`] reads on where it was after its connection was
//! lost, and numbers them, so that it is told how many it missed where they were trimmed away first: never silently.
//!
//! It is at most once for each subscription, in order. Who must not miss any is a group of an
//! [event](crate::event). A failover may lose messages that the old master acknowledged; who had seen them is told that
//! something may be missed ([`Message::Missed`] without a count).

mod local;
mod subscription;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Cache;
use cache_runtime::commands::{Commands, Script};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ToolkitError;
use crate::stream::{encoded, millis};
use local::Ring;
pub use subscription::{Message, Position, Subscription};

static PUBLISH: Script = Script::new(include_str!("publish.lua"));

/// How many messages are kept, and for how long.
const KEEP: (u32, Duration) = (10_000, Duration::from_secs(3_600));

/// How long the number of the last message outlives them: 30 days.
const NUMBER_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A topic by its name, of messages of one type; made by [`Toolkit::topic`](crate::Toolkit::topic), and cheap to clone.
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use cache_toolkit::{Message, Toolkit as _};
///
/// let prices = cache.topic::<u64>("prices");
/// let mut subscription = prices.subscribe().await?;
/// prices.publish(&42).await?;
/// match subscription.recv().await? {
///     Message::Value { value, .. } => println!("{value}"),
///     Message::Missed { count } => println!("read all of it anew: {count:?} are missing"),
/// }
/// # Ok(()) }
/// ```
pub struct Topic<T> {
    cache: Cache,
    name: Arc<str>,
    keep: (u32, Duration),
    of: PhantomData<fn(T) -> T>,
}

/// Where it is.
enum Place {
    Redis(Box<Remote>),
    Process(Arc<Ring>),
}

/// The names of a topic in Redis, in one slot.
struct Remote {
    commands: Commands,
    number: String,
    stream: String,
}

impl<T> Topic<T> {
    pub(crate) fn new(cache: &Cache, name: &str) -> Self {
        Self {
            cache: cache.clone(),
            name: name.into(),
            keep: KEEP,
            of: PhantomData,
        }
    }

    /// How many messages are kept, and for how long: who is away for longer misses some, and is told. 10,000 and an hour
    /// unless set; at most 1,000,000 and 30 days. It is who publishes that lets the oldest go.
    #[must_use]
    pub fn keep(mut self, messages: u32, age: Duration) -> Self {
        self.keep = (messages, age);
        self
    }

    fn place(&self) -> Result<Place, ToolkitError> {
        let wrong = |what, reason| Err(ToolkitError::Setting { what, reason });
        let (most, age) = self.keep;
        if self.name.is_empty() {
            return wrong("name", "it is empty: give it one");
        }
        if !(1..=1_000_000).contains(&most) {
            return wrong(
                "number of messages that are kept",
                "it is from 1 to 1,000,000",
            );
        }
        if !(Duration::from_millis(1)..=NUMBER_KEPT).contains(&age) {
            return wrong("time that messages are kept", "it is from 1 ms to 30 days");
        }
        if !self.cache.has_redis() {
            let rings = self.cache.extension::<local::Rings>();
            return Ok(Place::Process(rings.get(&self.name)?));
        }
        let commands = self.cache.commands()?;
        Ok(Place::Redis(Box::new(Remote {
            number: commands.key("topic-number", &self.name),
            stream: commands.key("topic", &self.name),
            commands,
        })))
    }
}

impl<T: Serialize> Topic<T> {
    /// Adds a message, and gives its number.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Setting`] for an empty name, bounds of no sense or a message over 1 MiB, [`ToolkitError::Command`] if
    /// Redis does not do it: one that [`may_have_run`](cache_runtime::commands::CommandError::may_have_run) may have been
    /// added.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have been added.
    pub async fn publish(&self, message: &T) -> Result<u64, ToolkitError> {
        let bytes = encoded(message)?;
        let (most, age) = self.keep;
        match self.place()? {
            Place::Process(ring) => Ok(ring.add(&bytes, most, age)),
            Place::Redis(redis) => {
                let most = most.to_string();
                let words = [
                    bytes,
                    most.into_bytes(),
                    millis(age),
                    millis(age + NUMBER_KEPT),
                ];
                let words = words.each_ref().map(Vec::as_slice);
                let keys = [redis.number.as_str(), &redis.stream];
                let reply = redis.commands.script(&PUBLISH, &keys, &words).await?;
                let number = reply.number().and_then(|number| number.try_into().ok());
                number.ok_or(ToolkitError::Foreign { what: "topic" })
            }
        }
    }
}

impl<T: DeserializeOwned> Topic<T> {
    /// Listens to what is published from now on.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub async fn subscribe(&self) -> Result<Subscription<T>, ToolkitError> {
        Subscription::begin(self.clone()).await
    }

    /// Listens to what was published since another subscription was here, of this process or another; what is gone by now
    /// is told as missed.
    #[must_use]
    pub fn subscribe_from(&self, position: Position) -> Subscription<T> {
        Subscription::at(self.clone(), position)
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            name: Arc::clone(&self.name),
            ..*self
        }
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic")
            .field("name", &self.name)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
