//! The flights under way, by key.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Deref;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Flight, Terms};
use crate::clock::Moment;
use crate::memory::{Computed, Kept};

const SHARDS: usize = 16;

type Shard = Mutex<HashMap<Kept, Place, BuildHasherDefault<Computed>>>;

/// A flight and how many callers sit in it.
#[derive(Debug)]
struct Place {
    flight: Arc<Flight>,
    seats: usize,
}

/// The flights of one cache.
#[derive(Debug, Default)]
pub(crate) struct Flights([Shard; SHARDS]);

/// A caller's place in a flight; the last to leave takes the flight off the table.
#[derive(Debug)]
pub(crate) struct Seat<'a> {
    flights: &'a Flights,
    key: Kept,
    flight: Arc<Flight>,
}

impl Flights {
    /// Joins the flight for this key if a call that begins now may share it, else starts one.
    pub(crate) fn join(&self, key: &Kept, now: Moment, terms: impl FnOnce() -> Terms) -> Seat<'_> {
        let mut shard = self.shard(key).lock();
        let flight = match shard.get_mut(key) {
            Some(place) if place.flight.is_joinable(now) => {
                place.seats += 1;
                Arc::clone(&place.flight)
            }
            // One that rests on something invalidated goes on for those who began before.
            _ => {
                let flight = Arc::new(Flight::new(terms()));
                let place = Place {
                    flight: Arc::clone(&flight),
                    seats: 1,
                };
                shard.insert(key.clone(), place);
                flight
            }
        };
        Seat {
            flights: self,
            key: key.clone(),
            flight,
        }
    }

    fn shard(&self, key: &Kept) -> &Shard {
        &self.0[(key.hash >> 32) as usize % SHARDS]
    }

    /// How many flights are under way.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.lock().len()).sum()
    }
}

impl Deref for Seat<'_> {
    type Target = Flight;

    fn deref(&self) -> &Flight {
        &self.flight
    }
}

impl Seat<'_> {
    /// Takes the flight off the table, so that calls that begin now look at the tiers instead.
    pub(crate) fn land(&self) {
        let mut shard = self.flights.shard(&self.key).lock();
        if self.is_mine(shard.get(&self.key)) {
            shard.remove(&self.key);
        }
    }

    fn is_mine(&self, place: Option<&Place>) -> bool {
        place.is_some_and(|place| Arc::ptr_eq(&place.flight, &self.flight))
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut shard = self.flights.shard(&self.key).lock();
        if let Some(place) = shard.get_mut(&self.key)
            && Arc::ptr_eq(&place.flight, &self.flight)
        {
            place.seats -= 1;
            if place.seats == 0 {
                shard.remove(&self.key);
            }
        }
    }
}
