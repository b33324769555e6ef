//! Alerts in the program itself, for one that nobody scrapes: the rules of `docs/alerts`, looked at by a task.

mod figures;
mod rule;
mod state;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::exporter::Exporter;
use crate::runtime::NoRuntime;
use figures::{Look, Looks};
pub use rule::{Alarm, Limit, Rule, Severity, Wrong, rules};
use state::States;

/// How often figures are looked at unless another time is asked for.
const EVERY: Duration = Duration::from_secs(15);

/// How long an alert's limits are not passed before it is over, unless another time is asked for.
const RESOLVES_AFTER: Duration = Duration::from_secs(60);

/// How many reads or calls a share is of at least, unless another number is asked for.
const LEAST: u64 = 100;

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It fires.
    Fires,
    /// It is over.
    IsOver,
}

/// An alert that began or is over.
///
/// `Display` has all of it in a line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Alert {
    /// What it tells of.
    pub alarm: Alarm,
    /// How soon somebody should look.
    pub severity: Severity,
    /// Whether it fires or is over.
    pub change: Change,
    /// The namespace or the node that it is of; empty where it is of the process.
    pub about: String,
    /// What was measured last while its limits were passed: a share from 0 to 1, seconds, or a count, as its rule has it.
    pub figure: f64,
    /// What is wrong, in words.
    pub text: String,
    /// What to do: the chapter of the runbook in the repository.
    pub runbook: &'static str,
}

impl Alert {
    fn of(rule: &Rule, about: &str, figure: f64, change: Change) -> Self {
        Self {
            alarm: rule.alarm,
            severity: rule.severity,
            change,
            about: about.to_owned(),
            figure,
            text: (rule.say)(about, figure),
            runbook: rule.runbook,
        }
    }

    fn log(&self) {
        let (alert, about, figure) = (self.alarm.name(), &*self.about, self.figure);
        let (text, runbook) = (&*self.text, self.runbook);
        match (self.change, self.severity) {
            (Change::Fires, Severity::Critical) => tracing::error!(
                target: "cache", alert, about, figure, runbook, "an alert fires: {text}"
            ),
            (Change::Fires, Severity::Warning) => tracing::warn!(
                target: "cache", alert, about, figure, runbook, "an alert fires: {text}"
            ),
            (Change::IsOver, _) => {
                tracing::info!(target: "cache", alert, about, "an alert is over");
            }
        }
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (alert, severity) = (self.alarm.name(), self.severity.as_str());
        match self.change {
            Change::Fires => write!(f, "{alert} ({severity}): {} ({})", self.text, self.runbook),
            Change::IsOver if self.about.is_empty() => write!(f, "{alert} is over"),
            Change::IsOver => write!(f, "{alert} of {} is over", self.about),
        }
    }
}

/// A threshold that a rule can't have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadThreshold {
    /// It is no number over zero.
    #[error(
        "{at} can't be the threshold of {alarm}: take a number over zero, as 0.9 for a share of 90 %"
    )]
    OutOfRange {
        /// The alert.
        alarm: &'static str,
        /// What was given.
        at: f64,
    },
    /// The alert has none: it tells whether something is so.
    #[error(
        "{alarm} has no threshold, as it tells whether something is so: turn it off by `off`, or change its `hold`"
    )]
    HasNone {
        /// The alert.
        alarm: &'static str,
    },
}

/// Who is told of a change.
type Told = Arc<dyn Fn(&Alert) + Send + Sync>;

/// Alerts of one cache, before they are watched.
#[must_use = "nothing is watched before `watch`"]
pub struct Alerts {
    exporter: Exporter,
    rules: Vec<Rule>,
    every: Duration,
    resolves_after: Duration,
    least: u64,
    logs: bool,
    told: Option<Told>,
}

impl Alerts {
    /// All rules, with the thresholds of `docs/alerts`, for the cache of an exporter.
    pub fn of(exporter: &Exporter) -> Self {
        Self {
            exporter: exporter.clone(),
            rules: rules(),
            every: EVERY,
            resolves_after: RESOLVES_AFTER,
            least: LEAST,
            logs: true,
            told: None,
        }
    }

    /// Another threshold: a share from 0 to 1, seconds, or a count, as the rule has it. Where the alert is over moves along.
    ///
    /// # Errors
    ///
    /// [`BadThreshold`] for what is no number over zero, and for an alert that tells whether something is so.
    pub fn threshold(mut self, alarm: Alarm, at: f64) -> Result<Self, BadThreshold> {
        let name = alarm.name();
        if !at.is_finite() || at <= 0.0 {
            return Err(BadThreshold::OutOfRange { alarm: name, at });
        }
        for rule in self.rules.iter_mut().filter(|rule| rule.alarm == alarm) {
            match rule.limits.first_mut() {
                Some(limit) if limit.wrong != Wrong::Equal => *limit = limit.moved(at),
                _ => return Err(BadThreshold::HasNone { alarm: name }),
            }
        }
        Ok(self)
    }

    /// How long the limits of an alert are passed before it fires.
    pub fn hold(mut self, alarm: Alarm, hold: Duration) -> Self {
        let of = self.rules.iter_mut().filter(|rule| rule.alarm == alarm);
        of.for_each(|rule| rule.hold = hold);
        self
    }

    /// Leaves an alert out.
    pub fn off(mut self, alarm: Alarm) -> Self {
        self.rules.retain(|rule| rule.alarm != alarm);
        self
    }

    /// How many reads or calls there must be within five minutes for a share of them to count. Defaults to 100: a cache
    /// that is hardly asked alerts nobody.
    pub fn least(mut self, reads: u64) -> Self {
        self.least = reads;
        self
    }

    /// How often figures are looked at. Defaults to 15 s; less than 10 ms is taken as that.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every.max(Duration::from_millis(10));
        self
    }

    /// How long an alert's limits are not passed before it is over. Defaults to a minute.
    pub fn resolves_after(mut self, after: Duration) -> Self {
        self.resolves_after = after;
        self
    }

    /// Has this called when an alert fires, and when it is over, by the task that looks: it should not block. A panic in it
    /// is logged.
    pub fn on_change(mut self, told: impl Fn(&Alert) + Send + Sync + 'static) -> Self {
        self.told = Some(Arc::new(told));
        self
    }

    /// Whether changes are logged, as `tracing` events of target `cache`: critical ones as errors, others as warnings, ends
    /// at `info`. Defaults to `true`.
    pub fn logs(mut self, logs: bool) -> Self {
        self.logs = logs;
        self
    }

    /// Has a task on the caller's runtime look, until what this returns is dropped.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] outside of a tokio runtime.
    pub fn watch(self) -> Result<WatchedAlerts, NoRuntime> {
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?;
        let watching = Arc::new(Mutex::new(Watching {
            looks: Looks::default(),
            states: States::default(),
        }));
        let alerts = Arc::new(self);
        let looking = look_on(Arc::clone(&alerts), Arc::clone(&watching));
        let task = runtime.spawn(looking).abort_handle();
        Ok(WatchedAlerts {
            task,
            alerts,
            watching,
        })
    }

    fn tell(&self, alert: &Alert) {
        if self.logs {
            alert.log();
        }
        let Some(told) = &self.told else { return };
        if catch_unwind(AssertUnwindSafe(|| told(alert))).is_err() {
            let alert = alert.alarm.name();
            tracing::error!(target: "cache", alert, "what `on_change` calls panicked");
        }
    }
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alerts")
            .field("exporter", &self.exporter)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// What is remembered from look to look.
#[derive(Debug)]
struct Watching {
    looks: Looks,
    states: States,
}

async fn look_on(alerts: Arc<Alerts>, watching: Arc<Mutex<Watching>>) {
    let mut ticks = interval(alerts.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let look = Look::of(&alerts.exporter.see());
        let changed = watching.lock().look(&alerts, look, Instant::now());
        changed.iter().for_each(|alert| alerts.tell(alert));
    }
}

impl Watching {
    fn look(&mut self, alerts: &Alerts, look: Look, now: Instant) -> Vec<Alert> {
        let figures = self.looks.figures(now, look, alerts.least);
        let times = (now, alerts.resolves_after);
        self.states.look(&alerts.rules, &figures, times)
    }
}

/// Alerts are watched while this is held.
#[must_use = "alerts are watched while it is held"]
#[derive(Debug)]
pub struct WatchedAlerts {
    task: AbortHandle,
    alerts: Arc<Alerts>,
    watching: Arc<Mutex<Watching>>,
}

impl WatchedAlerts {
    /// The alerts that fire at this moment.
    #[must_use]
    pub fn firing(&self) -> Vec<Alert> {
        self.watching.lock().states.firing(&self.alerts.rules)
    }
}

impl Drop for WatchedAlerts {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;
