//! What became of one call.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Event, Lender, Lending, Tier};

/// What became of a call of an annotated function, as [`outcome`](crate::outcome) tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Who gave the value.
    pub served: Served,
    /// How much longer it is fresh, as far as this process knows; zero where it is stale or was not stored, and
    /// after a reload that was asked for, whose value memory has from the next read on.
    pub fresh_for: Duration,
}

impl Outcome {
    /// Whether the function did not run for this call: not here, and for none whose load it waited for.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        matches!(self.served, Served::Memory | Served::Redis | Served::Stale)
    }
}

/// Who gave the value of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Served {
    /// The function, without the cache: it is bypassed, off or not there, or the call can't be named.
    #[default]
    Uncached,
    /// This process's memory.
    Memory,
    /// Redis.
    Redis,
    /// A tier, with an older value: another call refreshes it, or its load failed.
    Stale,
    /// Another call's load, which this one waited for, or whose error is remembered.
    Shared,
    /// The function, which ran for this call.
    Loaded,
}

/// Where a call notes its outcome. Of several calls the last that ends is told of, and of many ids at once the one
/// that took most, with the shortest time that all are fresh.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    noted: Mutex<Noted>,
    /// Where calls lend what they rest on, if anywhere.
    lender: Option<Arc<Lender>>,
}

#[derive(Debug, Default)]
struct Noted {
    outcome: Outcome,
    /// Whether it is of many ids, and the first of them was noted.
    of_many: Option<bool>,
}

impl Observer {
    pub(crate) fn outcome(&self) -> Outcome {
        self.noted.lock().outcome
    }

    /// The same, where calls lend what they rest on as they do to another.
    pub(crate) fn lending_as(mut self, other: Option<&Self>) -> Self {
        self.lender = other.and_then(|other| other.lender.clone());
        self
    }

    /// Where calls lend what they rest on.
    pub(crate) fn lending(lender: &Arc<Lender>) -> Self {
        Self {
            lender: Some(Arc::clone(lender)),
            ..Self::default()
        }
    }

    pub(crate) fn lends(&self) -> bool {
        self.lender.is_some()
    }

    /// A call begins that lends what it rests on, if that is wanted.
    pub(crate) fn begin_lending(&self) -> Option<Lending> {
        self.lender.clone().map(Lending::begin)
    }

    /// Of many ids at once.
    pub(crate) fn of_many() -> Self {
        let outcome = Outcome {
            served: Served::Memory,
            fresh_for: Duration::ZERO,
        };
        let noted = Noted {
            outcome,
            of_many: Some(false),
        };
        Self {
            noted: Mutex::new(noted),
            lender: None,
        }
    }

    /// Takes what another was told.
    pub(crate) fn take(&self, other: &Self) {
        let outcome = other.outcome();
        self.noted.lock().outcome = outcome;
    }

    pub(crate) fn uncached(&self) {
        self.served(Served::Uncached);
        if let Some(lender) = &self.lender {
            lender.unknown();
        }
    }

    /// A hit in memory.
    pub(crate) fn memory(&self, fresh_ms: u64) {
        self.note(Event::Hit(Tier::Memory));
        self.fresh_for(fresh_ms);
    }

    pub(crate) fn note(&self, event: Event<'_>) {
        if let Some(served) = Served::of(event) {
            self.served(served);
        }
    }

    pub(crate) fn served(&self, served: Served) {
        let noted = &mut *self.noted.lock();
        let outcome = &mut noted.outcome;
        match noted.of_many {
            None => {
                *outcome = Outcome {
                    served,
                    fresh_for: Duration::ZERO,
                };
            }
            Some(_) if served.cost() > outcome.served.cost() => outcome.served = served,
            Some(_) => {}
        }
        if served == Served::Stale {
            noted.fresh_for(0);
        }
    }

    pub(crate) fn fresh_for(&self, ms: u64) {
        self.noted.lock().fresh_for(ms);
    }
}

impl Noted {
    fn fresh_for(&mut self, ms: u64) {
        let fresh_for = Duration::from_millis(ms);
        self.outcome.fresh_for = match self.of_many {
            Some(true) => fresh_for.min(self.outcome.fresh_for),
            _ => fresh_for,
        };
        self.of_many = self.of_many.map(|_| true);
    }
}

impl Served {
    /// Who serves a call, as an event of it says.
    pub(super) fn of(event: Event<'_>) -> Option<Self> {
        Some(match event {
            Event::Hit(Tier::Memory) => Self::Memory,
            Event::Hit(Tier::Redis) => Self::Redis,
            Event::Stale | Event::StaleOnError => Self::Stale,
            Event::FollowerCame | Event::ErrorRemembered | Event::LeaseAwaited => Self::Shared,
            Event::Load { .. } => Self::Loaded,
            _ => return None,
        })
    }

    /// What it took, by rank.
    fn cost(self) -> u8 {
        match self {
            Self::Memory => 0,
            Self::Redis => 1,
            Self::Stale => 2,
            Self::Shared => 3,
            Self::Loaded => 4,
            Self::Uncached => 5,
        }
    }
}

/// Who looks on, if anyone does.
pub(crate) type Observed = Option<Arc<Observer>>;
