//! Rate limits for the whole fleet: so many in a time, by whatever name the caller is known.
//!
//! | algorithm | lets through | keeps a name |
//! |---|---|---|
//! | [fixed window](Limiter::fixed_window) | the limit in each window of the clock; twice that around its border | a number |
//! | [sliding log](Limiter::sliding_log) | the limit in any window, exactly | as many times as the limit |
//! | [sliding counter](Limiter::sliding_counter) | about the limit in any window, as if those of the last window were spread evenly | two numbers |
//! | [GCRA](Limiter::gcra) | the limit at once, then one at a time as they come back | a number |
//!
//! Each check is one script on the node that has the name, by the node's clock, so that processes whose clocks differ
//! agree. One that is refused is not counted: a caller who goes on trying is not locked out for ever. What is known here to
//! be refused for another while is refused without asking.
//!
//! On a cache without Redis the same is counted in this process, for this process alone. A failover may let pass once more
//! what the old master had counted and the new one has not heard of yet: at most the limit, for each failover.

mod algorithm;
mod decision;
mod formula;
mod refused;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use cache_runtime::Cache;
use cache_runtime::commands::{Commands, Reply};

use crate::ToolkitError;
use crate::home::{Home, Local};
use algorithm::Algorithm;
pub use decision::Decision;
use formula::Ask;
use refused::Refused;

/// What a limiter says while Redis is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnOutage {
    /// All may pass: the program works, without its limit. The decision says so.
    #[default]
    Open,
    /// None may: [`Limiter::check`] is refused until Redis is back.
    Closed,
    /// [`Limiter::check`] returns the error.
    Error,
}

/// Lets so many through in a time, for each name; cheap to clone.
#[derive(Clone)]
pub struct Limiter(Arc<Shared>);

struct Shared {
    home: Home,
    name: String,
    algorithm: Algorithm,
    limit: u32,
    period: Duration,
    on_outage: OnOutage,
    refused: Refused,
}

impl Limiter {
    /// So many in each window of the server's clock. Around a border twice as many may pass: see the others.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Setting`] for a limit of 0 or over a million, or a period under a millisecond or over 30 days;
    /// [`ToolkitError::Cache`] for a cache that is off or closed.
    pub fn fixed_window(
        cache: &Cache,
        name: &str,
        limit: u32,
        period: Duration,
    ) -> Result<Self, ToolkitError> {
        Self::new(cache, name, Algorithm::FixedWindow, (limit, period))
    }

    /// So many in any window, exactly: the time of each is kept, some 100 bytes.
    ///
    /// # Errors
    ///
    /// As [`fixed_window`](Self::fixed_window), and for a limit over 10,000.
    pub fn sliding_log(
        cache: &Cache,
        name: &str,
        limit: u32,
        period: Duration,
    ) -> Result<Self, ToolkitError> {
        Self::new(cache, name, Algorithm::SlidingLog, (limit, period))
    }

    /// About so many in any window: those of the window before are taken to have come evenly.
    ///
    /// # Errors
    ///
    /// As [`fixed_window`](Self::fixed_window).
    pub fn sliding_counter(
        cache: &Cache,
        name: &str,
        limit: u32,
        period: Duration,
    ) -> Result<Self, ToolkitError> {
        Self::new(cache, name, Algorithm::SlidingCounter, (limit, period))
    }

    /// So many at once, and one more each `period / limit`: the generic cell rate algorithm (ITU-T I.371), a leaky bucket
    /// that keeps one time.
    ///
    /// # Errors
    ///
    /// As [`fixed_window`](Self::fixed_window).
    pub fn gcra(
        cache: &Cache,
        name: &str,
        limit: u32,
        period: Duration,
    ) -> Result<Self, ToolkitError> {
        Self::new(cache, name, Algorithm::Gcra, (limit, period))
    }

    fn new(
        cache: &Cache,
        name: &str,
        algorithm: Algorithm,
        (limit, period): (u32, Duration),
    ) -> Result<Self, ToolkitError> {
        algorithm.check(limit, period)?;
        Ok(Self(Arc::new(Shared {
            home: Home::of(cache)?,
            name: name.to_owned(),
            algorithm,
            limit,
            period,
            on_outage: OnOutage::default(),
            refused: Refused::default(),
        })))
    }

    /// What it says while Redis is away; [`OnOutage::Open`] unless set. To be called before it is cloned or used: what is
    /// shared already stays as it is.
    #[must_use]
    pub fn on_outage(self, on_outage: OnOutage) -> Self {
        let shared = &self.0;
        Self(Arc::new(Shared {
            home: shared.home.clone(),
            name: shared.name.clone(),
            refused: Refused::default(),
            on_outage,
            ..**shared
        }))
    }

    /// Its name, behind which the names of callers stand.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How many it lets through in a period.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.0.limit
    }

    /// The time that the limit is of.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.0.period
    }

    /// Asks for one to pass, under this name: a user's id, an address. Any text will do.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis refuses the script, or is away and [`OnOutage::Error`] is set;
    /// [`ToolkitError::NoRoom`] in place of that in a process that has no room.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have been counted.
    pub async fn check(&self, name: &str) -> Result<Decision, ToolkitError> {
        self.check_many(name, 1).await
    }

    /// Asks for something of this weight to pass, wholly or not at all.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check), and [`ToolkitError::Setting`] for a weight of 0 or over the limit, which could never pass.
    ///
    /// # Cancellation
    ///
    /// As [`check`](Self::check).
    pub async fn check_many(&self, name: &str, weight: u32) -> Result<Decision, ToolkitError> {
        let shared = &*self.0;
        if weight == 0 || weight > shared.limit {
            let reason = "it is from 1 to the limit: what weighs more could never pass";
            return Err(ToolkitError::Setting {
                what: "weight",
                reason,
            });
        }
        if let Some(left) = shared.refused.left(name, weight, Instant::now()) {
            return Ok(self.decision(false, 0, left, left));
        }
        match self.ask(name, weight).await {
            Err(error) if is_outage(&error) => match shared.on_outage {
                OnOutage::Open => Ok(Decision::unlimited(shared.limit)),
                OnOutage::Closed => Ok(self.decision(false, 0, shared.period, RETRY)),
                OnOutage::Error => Err(error),
            },
            asked => asked,
        }
    }

    async fn ask(&self, name: &str, weight: u32) -> Result<Decision, ToolkitError> {
        let shared = &*self.0;
        // A length before the limiter's name, so that no two pairs of names are one text.
        let name_of = format!("{}:{}:{name}", shared.name.len(), shared.name);
        let key = shared.home.key(shared.algorithm.kind(), &name_of);
        let sent = Instant::now();
        let numbers = match &shared.home {
            Home::Redis(commands) => self.ask_redis(commands, &key, weight).await?,
            Home::Memory(local) => self.ask_here(local, &key, weight)?,
        };
        let decision = self.read(numbers);
        if let Some(after) = decision.retry_after {
            // From the sending on, so that it is never refused for longer than the server would.
            shared.refused.note(name, weight, sent + after);
        }
        Ok(decision)
    }

    /// A script's answer.
    async fn ask_redis(
        &self,
        commands: &Commands,
        key: &str,
        weight: u32,
    ) -> Result<[i64; 4], ToolkitError> {
        let shared = &*self.0;
        let numbers = [
            u128::from(shared.limit),
            shared.period.as_micros(),
            u128::from(weight),
            rand::random::<u64>().into(),
        ];
        let words = numbers.map(|number| number.to_string());
        let words = words.each_ref().map(|word| word.as_bytes());
        let script = shared.algorithm.script();
        let reply = commands.script(script, &[key], &words).await?;
        let foreign = || ToolkitError::Foreign { what: "rate limit" };
        let numbers = reply.list().ok_or_else(foreign)?.iter().map(Reply::number);
        let numbers: Option<Vec<i64>> = numbers.collect();
        numbers
            .and_then(|numbers| numbers.try_into().ok())
            .ok_or_else(foreign)
    }

    /// The same of this process.
    fn ask_here(&self, local: &Local, key: &str, weight: u32) -> Result<[i64; 4], ToolkitError> {
        let shared = &*self.0;
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let ask = Ask {
            limit: shared.limit.into(),
            period: shared.period.as_micros() as f64,
            weight: weight.into(),
            now: since.as_micros() as f64,
        };
        shared.algorithm.decide(local, key, ask)
    }

    /// Whether it passes, what is left, and the microseconds until all is left again and until it may be tried again.
    fn read(&self, [passes, remaining, reset, retry]: [i64; 4]) -> Decision {
        let span = |micros: i64| Duration::from_micros(micros.try_into().unwrap_or(0));
        let remaining = remaining.try_into().unwrap_or(0);
        self.decision(passes == 1, remaining, span(reset), span(retry))
    }

    fn decision(
        &self,
        is_allowed: bool,
        remaining: u32,
        reset: Duration,
        retry: Duration,
    ) -> Decision {
        Decision {
            is_allowed,
            limit: self.0.limit,
            remaining,
            reset,
            retry_after: (!is_allowed).then_some(retry),
            is_limited: true,
        }
    }
}

/// Whether it is that nobody can count: Redis is away, or this process has no room.
fn is_outage(error: &ToolkitError) -> bool {
    match error {
        ToolkitError::Command(error) => error.is_outage(),
        error => *error == ToolkitError::NoRoom,
    }
}

/// When to try again after a refusal for want of Redis.
const RETRY: Duration = Duration::from_secs(1);

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &*self.0;
        f.debug_struct("Limiter")
            .field("name", &shared.name)
            .field("algorithm", &shared.algorithm)
            .field("limit", &shared.limit)
            .field("period", &shared.period)
            .field("on_outage", &shared.on_outage)
            .finish_non_exhaustive()
    }
}
