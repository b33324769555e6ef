//! Tasks that are handed what a group is delivered, until they are stopped.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::group::Retried;
use super::{Given, Group};
use crate::ToolkitError;

/// The pause while Redis is away.
const PAUSE: Duration = Duration::from_millis(100);

/// The pause where it refuses what is asked, which somebody has to mend.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// How many are taken at once: of 1 MiB each that is what an answer may hold.
const MOST_AT_ONCE: usize = 64;

/// How long a connection is waited for before it is asked again.
const CONNECTION: Duration = Duration::from_secs(1);

/// Why an entry was not dealt with, for its dead letter.
pub(crate) struct Failure(pub(crate) String);

/// What is run for each delivery.
pub(crate) type Handler = dyn Fn(Given) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync;

/// What runs for a group in this process; it ends when it is stopped or dropped.
///
/// Dropped, it takes nothing more, and what is under way is dropped too, to be delivered again once its time is over. What
/// [`stop`](Self::stop) ends is finished.
#[must_use = "it ends when it is dropped"]
pub struct Consumer {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    figures: Arc<Figures>,
}

/// What a [`Consumer`] of this process did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsumerStats {
    /// Entries that were handed to it, each time.
    pub delivered: u64,
    /// Those of them that had been delivered before.
    pub redelivered: u64,
    /// Those that were finished.
    pub finished: u64,
    /// Those whose handler returned an error or panicked, or that could not be read.
    pub failed: u64,
    /// Those of them whose handler panicked.
    pub panicked: u64,
    /// Those that were set aside, as it was their last delivery.
    pub buried: u64,
    /// Those that were finished, or failed, when another had them already or they were over: their time was too short.
    pub late: u64,
    /// Entries that were trimmed away before they could be delivered.
    pub missed: u64,
    /// Those that are under way now.
    pub under_way: u64,
}

#[derive(Default)]
struct Figures {
    delivered: AtomicU64,
    redelivered: AtomicU64,
    finished: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    buried: AtomicU64,
    late: AtomicU64,
    missed: AtomicU64,
    under_way: AtomicU64,
}

impl Consumer {
    /// Takes nothing more, and waits until what is under way has ended.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, so is what is under way, to be delivered again.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let _ = (&mut self.task).await;
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> ConsumerStats {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let figures = &*self.figures;
        ConsumerStats {
            delivered: of(&figures.delivered),
            redelivered: of(&figures.redelivered),
            finished: of(&figures.finished),
            failed: of(&figures.failed),
            panicked: of(&figures.panicked),
            buried: of(&figures.buried),
            late: of(&figures.late),
            missed: of(&figures.missed),
            under_way: of(&figures.under_way),
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // What it runs is dropped with it.
        self.task.abort();
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consumer").field(&self.stats()).finish()
    }
}

/// Runs the handler for what the group is delivered, so many at once, on the runtime of the caller.
pub(crate) fn consume(
    group: Group,
    at_once: usize,
    handle: Arc<Handler>,
) -> Result<Consumer, ToolkitError> {
    if !(1..=10_000).contains(&at_once) {
        return Err(ToolkitError::Setting {
            what: "number at once",
            reason: "it is from 1 to 10,000",
        });
    }
    let runtime = Handle::try_current().map_err(|_| ToolkitError::Setting {
        what: "runtime",
        reason: "what is consumed runs in a task: call it within a tokio runtime",
    })?;
    let (stop, stopped) = watch::channel(false);
    let figures = Arc::new(Figures::default());
    let work = Work {
        group,
        handle,
        figures: Arc::clone(&figures),
    };
    Ok(Consumer {
        stop,
        task: runtime.spawn(work.run(at_once, stopped)),
        figures,
    })
}

/// What is run, and what is counted of it.
#[derive(Clone)]
struct Work {
    group: Group,
    handle: Arc<Handler>,
    figures: Arc<Figures>,
}

impl Work {
    async fn run(self, at_once: usize, mut stopped: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        while !*stopped.borrow() {
            while running.try_join_next().is_some() {}
            if running.len() >= at_once {
                running.join_next().await;
                continue;
            }
            let want = (at_once - running.len()).min(MOST_AT_ONCE);
            // Stopped only while it waits: what is being delivered is handed on.
            let until = async { drop(stopped.wait_for(|stopped| *stopped).await) };
            match self.group.next(want, until).await {
                Ok((given, missed)) => {
                    self.figures.missed.fetch_add(missed, Ordering::Relaxed);
                    for one in given {
                        running.spawn(self.clone().deal_with(one));
                    }
                }
                Err(error) => tokio::select! {
                    () = self.wait_out(&error) => {}
                    _ = stopped.changed() => {}
                },
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Waits until it is worth asking again.
    async fn wait_out(&self, error: &ToolkitError) {
        let stream = &self.group.stream;
        let is_outage = matches!(error, ToolkitError::Command(error) if error.is_outage());
        if is_outage {
            tracing::debug!(target: "cache", stream = %stream.name, kind = stream.kind.name, %error, "redis is waited for");
            tokio::time::sleep(PAUSE).await;
            let _ = stream.cache.connect_within(CONNECTION).await;
        } else {
            tracing::warn!(
                target: "cache", stream = %stream.name, kind = stream.kind.name, %error,
                "nothing can be delivered: it is tried again every five seconds"
            );
            tokio::time::sleep(LONG_PAUSE).await;
        }
    }

    async fn deal_with(self, given: Given) {
        let figures = &*self.figures;
        let add = |count: &AtomicU64| count.fetch_add(1, Ordering::Relaxed);
        add(&figures.delivered);
        if given.attempt > 1 {
            add(&figures.redelivered);
        }
        let _under_way = UnderWay::new(figures);
        // In a task of its own, so that it goes on where the handler blocks its thread.
        let mut renewal = JoinSet::new();
        renewal.spawn(renew(self.group.clone(), given.clone()));
        // Which has begun by then: what was spawned last waits for this thread, and no other takes it.
        tokio::task::yield_now().await;
        let handled = AssertUnwindSafe(async { (self.handle)(given.clone()).await });
        let handled = handled.catch_unwind().await;
        drop(renewal);
        let failure = match handled {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(failure),
            Err(_) => {
                add(&figures.panicked);
                Some(Failure("the handler panicked".to_owned()))
            }
        };
        if failure.is_some() {
            add(&figures.failed);
        }
        match self.told(&given, failure.as_ref()).await {
            Some(Told::Finished) => add(&figures.finished),
            Some(Told::Retried(Retried::Again)) => 0,
            Some(Told::Retried(Retried::Buried)) => add(&figures.buried),
            Some(Told::Late | Told::Retried(Retried::Lost)) | None => add(&figures.late),
        };
    }

    /// Tells what became of a delivery, again while Redis is away, until others have it anyway.
    async fn told(&self, given: &Given, failure: Option<&Failure>) -> Option<Told> {
        let begun = Instant::now();
        loop {
            match self.tell(given, failure).await {
                Ok(told) => return Some(told),
                Err(error) if begun.elapsed() >= self.group.terms.visible_for => {
                    let stream = &self.group.stream;
                    tracing::warn!(
                        target: "cache", stream = %stream.name, kind = stream.kind.name, %error,
                        "what became of a delivery could not be told: it is made again"
                    );
                    return None;
                }
                Err(error) => self.wait_out(&error).await,
            }
        }
    }

    async fn tell(&self, given: &Given, failure: Option<&Failure>) -> Result<Told, ToolkitError> {
        Ok(match failure {
            Some(Failure(error)) => Told::Retried(self.group.retry(given, error, false).await?),
            None if self.group.ack(given).await? => Told::Finished,
            None => Told::Late,
        })
    }
}

/// Lets a delivery be this process's for as long as this is polled.
async fn renew(group: Group, given: Given) {
    loop {
        tokio::time::sleep(group.terms.visible_for / 3).await;
        // Where it is not to be had, another is handed it beside: finishing it counts all the same.
        let _ = group.renew(&given).await;
    }
}

/// What came of telling.
enum Told {
    Finished,
    Retried(Retried),
    /// It was not pending any more.
    Late,
}

/// Counts what is under way, however it ends.
struct UnderWay<'a>(&'a Figures);

impl<'a> UnderWay<'a> {
    fn new(figures: &'a Figures) -> Self {
        figures.under_way.fetch_add(1, Ordering::Relaxed);
        Self(figures)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
