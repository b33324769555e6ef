//! One run of a target, as lines of JSON.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::{Steps, Target, Turn};

/// How far apart two lines are at least, and at most: who waits is to know that the process lives.
const APART: Duration = Duration::from_millis(100);
const QUIET: Duration = Duration::from_secs(1);

/// The longest that an error is told, in characters.
const LONGEST: usize = 500;

/// A run. It ends when who asked for it goes away, as the server drops it then.
pub(super) struct Run {
    steps: Option<Steps>,
    line: Line,
    begun: Instant,
    name: String,
    _turn: Turn,
}

/// What is told.
#[derive(Clone, Debug, Default, Serialize)]
struct Line {
    target: String,
    limit: u64,
    /// How many were warmed so far.
    warmed: u64,
    /// How many were not, and why the last of them was not.
    failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    seconds: f64,
    done: bool,
}

impl Run {
    pub(super) fn new(target: &Target, limit: u64, turn: Turn) -> Self {
        Self {
            steps: Some((target.begin)(limit)),
            line: Line {
                target: target.name.clone(),
                limit,
                ..Line::default()
            },
            begun: Instant::now(),
            name: target.name.clone(),
            _turn: turn,
        }
    }

    pub(super) fn lines(self) -> impl Stream<Item = Result<String, Infallible>> {
        stream::unfold(self, |mut run| async move {
            let line = run.next().await?;
            Some((Ok(line), run))
        })
    }

    /// The next line; none after the last.
    async fn next(&mut self) -> Option<String> {
        let steps = self.steps.as_mut()?;
        let (soon, late) = (Instant::now() + APART, Instant::now() + QUIET);
        let mut is_over = false;
        let mut until = late;
        // As many steps as there are at once, and at least one.
        while let Ok(step) = timeout_at(until, steps.next()).await {
            match step {
                Some(Ok(count)) => self.line.warmed = self.line.warmed.saturating_add(count),
                Some(Err(error)) => {
                    self.line.failed = self.line.failed.saturating_add(1);
                    self.line.error = Some(error.chars().take(LONGEST).collect());
                }
                None => {
                    is_over = true;
                    break;
                }
            }
            until = soon;
        }
        self.line.seconds = self.begun.elapsed().as_secs_f64();
        if is_over {
            self.line.done = true;
            self.steps = None;
            let Line { warmed, failed, .. } = self.line;
            tracing::info!(target: "cache", what = self.name, warmed, failed, "warming has ended");
        }
        let mut text = serde_json::to_string(&self.line).ok()?;
        text.push('\n');
        Some(text)
    }
}
