use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::Moment;
use crate::memory::{About, Given, Kept, Life};
use crate::stamp::{Cells, Subject, Vouch};

const NOW: Moment = Moment(1);

fn terms(cells: &Cells, subjects: &[Subject]) -> Terms {
    Terms {
        basis: basis(cells, subjects),
        lag_ms: LAG_MS,
        verify: false,
    }
}

/// Of a connection that does not push.
fn basis(cells: &Cells, subjects: &[Subject]) -> Basis {
    Basis::new(cells.watch(subjects), Vouch::mute(), Moment(1))
}

fn anyone() -> Terms {
    terms(&Cells::default(), &[])
}

const LAG_MS: u64 = 99;
const LONG: Duration = Duration::from_secs(60);

fn key() -> Kept {
    Kept {
        site: 1,
        hash: 9,
        parts: (*b"k").into(),
    }
}

fn held(n: u32) -> Arc<Held> {
    let life = Life {
        until: Moment(u64::MAX),
        stale_until: Moment(u64::MAX),
        given: Given::default(),
    };
    let about = About {
        id: [0; 16],
        life,
        born: Moment(0),
        watch: Cells::default().watch(&[]),
        encoded: 1,
        counters: Arc::default(),
    };
    Arc::new(Held::new(n, about))
}

fn value(n: u32) -> Outcome {
    Outcome::Value {
        held: held(n),
        in_redis: false,
    }
}

fn number(turn: &Turn<'_>) -> Option<u32> {
    match turn {
        Turn::Done(Outcome::Value { held, .. }) => held.get(),
        _ => None,
    }
}

#[tokio::test]
async fn followers_get_the_leaders_value() {
    let flights = Arc::new(Flights::default());
    let leader = flights.join(&key(), NOW, anyone);
    let permit = leader.try_lead().unwrap();
    let followers: Vec<_> = (0..50)
        .map(|_| {
            let flights = Arc::clone(&flights);
            tokio::spawn(async move {
                let seat = flights.join(&key(), NOW, || unreachable!("the flight is there"));
                number(&seat.turn(LONG).await)
            })
        })
        .collect();
    tokio::task::yield_now().await;
    leader.finish(value(7));
    for follower in followers {
        assert_eq!(follower.await.unwrap(), Some(7));
    }
    drop(permit);
    drop(leader);
    assert_eq!(flights.len(), 0);
}

#[tokio::test]
async fn a_dropped_leader_promotes_exactly_one() {
    let flights = Flights::default();
    let leader = flights.join(&key(), NOW, anyone);
    let permit = leader.try_lead().unwrap();
    let one = flights.join(&key(), NOW, || unreachable!());
    let other = flights.join(&key(), NOW, || unreachable!());
    drop(permit);
    drop(leader);
    let promoted = one.turn(LONG).await;
    assert!(matches!(promoted, Turn::Lead(_)));
    assert!(other.try_lead().is_none());
    one.finish(value(1));
    assert_eq!(number(&other.turn(LONG).await), Some(1));
}

#[tokio::test]
async fn after_a_failure_at_most_eight_load_and_the_first_value_serves_the_rest() {
    let flights = Flights::default();
    let seats: Vec<_> = (0..12).map(|_| flights.join(&key(), NOW, anyone)).collect();
    let permit = seats[0].try_lead().unwrap();
    seats[0].fail();
    drop(permit);
    let mut alone = Vec::new();
    for seat in &seats[1..9] {
        alone.push(seat.turn(LONG).await);
    }
    assert!(
        alone
            .iter()
            .all(|turn| matches!(turn, Turn::Alone(Some(_))))
    );
    let queued = tokio::time::timeout(Duration::from_millis(20), seats[9].turn(LONG)).await;
    assert!(queued.is_err(), "a ninth would load at once");
    seats[3].finish(value(3));
    assert_eq!(number(&seats[9].turn(LONG).await), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_follower_past_its_wait_loads_for_itself_and_nobody_else_waits_for_that_leader() {
    let _clock = crate::clock::tokios();
    let flights = Flights::default();
    let leader = flights.join(&key(), NOW, anyone);
    let _permit = leader.try_lead().unwrap();
    let follower = flights.join(&key(), NOW, || unreachable!());
    assert!(matches!(follower.turn(LONG).await, Turn::Alone(Some(_))));
    let later = flights.join(&key(), NOW, anyone);
    assert!(later.try_lead().is_some(), "it starts anew");
}

/// How long a follower waits for its turn in a flight in which eight load for themselves for ever.
async fn waits_behind_eight(wait: Duration, fails_after: Option<Duration>) -> Duration {
    let flights = Flights::default();
    let seats: Vec<_> = (0..10).map(|_| flights.join(&key(), NOW, anyone)).collect();
    let clock = Stopwatch::start();
    let _permit = seats[0].try_lead().unwrap();
    if let Some(took) = fails_after {
        tokio::time::sleep(took).await;
        seats[0].fail();
    }
    let mut hang = Vec::new();
    for seat in &seats[1..9] {
        hang.push(seat.alone.try_acquire().unwrap());
    }
    let turn = seats[9].turn(wait).await;
    assert!(matches!(turn, Turn::Alone(None)), "{turn:?}");
    clock.elapsed()
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_loads_that_hang_longer_than_its_wait_or_a_failed_load_took() {
    let _clock = crate::clock::tokios();
    let ms = Duration::from_millis;
    for (wait, fails_after, longest) in [
        (5_000, None, 5_000),
        (5_000, Some(1), 101),
        (5_000, Some(500), 1_000),
        (200, Some(500), 700),
    ] {
        let waited = waits_behind_eight(ms(wait), fails_after.map(ms)).await;
        assert!(
            waited <= ms(longest + 5),
            "{wait} {fails_after:?}: {waited:?}"
        );
    }
}

#[test]
fn a_call_after_an_invalidation_joins_no_older_flight() {
    let flights = Flights::default();
    let cells = Cells::default();
    let tag = [Subject::Tag("t".into())];
    let before = flights.join(&key(), NOW, || terms(&cells, &tag));
    let permit = before.try_lead().unwrap();
    cells.flip(&tag[0]);
    let after = flights.join(&key(), NOW, || terms(&cells, &tag));
    assert!(after.try_lead().is_some(), "it must load for itself");
    drop(permit);
    drop(before);
    assert_eq!(flights.len(), 1, "leaving the older one leaves the newer");
    drop(after);
    assert_eq!(flights.len(), 0);
}

#[test]
fn a_landed_flight_is_joined_no_more() {
    let flights = Flights::default();
    let first = flights.join(&key(), NOW, anyone);
    first.land();
    let second = flights.join(&key(), NOW, anyone);
    assert!(second.try_lead().is_some());
    first.land();
    assert_eq!(flights.len(), 1);
}

#[test]
fn past_its_terms_a_flight_is_joined_no_more() {
    let flights = Flights::default();
    let before = flights.join(&key(), Moment(99), anyone);
    let _permit = before.try_lead().unwrap();
    assert!(
        flights
            .join(&key(), Moment(99), anyone)
            .try_lead()
            .is_none()
    );
    assert!(
        flights
            .join(&key(), Moment(100), anyone)
            .try_lead()
            .is_some()
    );
}

#[test]
fn a_flight_that_rests_on_later_reads_is_joined_again() {
    let flights = Flights::default();
    let cells = Cells::default();
    let tag = [Subject::Tag("t".into())];
    let flight = flights.join(&key(), NOW, || terms(&cells, &tag));
    let _permit = flight.try_lead().unwrap();
    cells.flip(&tag[0]);
    assert!(!flight.holds(NOW));
    flight.rest_on(&basis(&cells, &tag), LAG_MS);
    let later = flights.join(&key(), NOW, || unreachable!());
    assert!(later.try_lead().is_none());
}

#[tokio::test]
async fn those_who_wait_and_those_who_come_are_served_stale_while_it_is_refreshed() {
    let flights = Arc::new(Flights::default());
    let leader = flights.join(&key(), NOW, anyone);
    let _permit = leader.try_lead().unwrap();
    let waits = Arc::clone(&flights);
    let waiting = tokio::spawn(async move {
        let seat = waits.join(&key(), NOW, || unreachable!());
        matches!(seat.turn(LONG).await, Turn::Meanwhile(_))
    });
    tokio::task::yield_now().await;
    leader.serve_meanwhile(held(1));
    assert!(waiting.await.unwrap());
    let late = flights.join(&key(), NOW, || unreachable!());
    assert!(matches!(late.turn(LONG).await, Turn::Meanwhile(_)));
}

#[test]
fn a_flight_that_was_closed_is_joined_no_more() {
    let flights = Flights::default();
    let flight = flights.join(&key(), Moment(1), anyone);
    let _permit = flight.try_lead().unwrap();
    flight.close_at(Moment(10));
    flight.close_at(Moment(20));
    let at = |now| {
        flights
            .join(&key(), Moment(now), anyone)
            .try_lead()
            .is_some()
    };
    assert!(!at(9) && at(10));
}

#[tokio::test]
async fn while_it_asks_anyone_may_join_unless_another_loads_beside_it() {
    let (flights, cells) = (Flights::default(), Cells::default());
    let subjects = [Subject::Tag("t".into())];
    let leader = flights.join(&key(), NOW, || terms(&cells, &subjects));
    let lead = leader.try_lead().unwrap();
    let asking = leader.asks();
    cells.flip(&subjects[0]);
    drop(flights.join(&key(), NOW, || {
        unreachable!("what it will give is not read yet")
    }));
    leader.rest_on(&basis(&cells, &subjects), LAG_MS);
    drop(asking);
    let follower = flights.join(&key(), NOW, || unreachable!("it rests on later cells"));
    let alone = follower.turn(Duration::ZERO).await;
    assert!(matches!(alone, Turn::Alone(_)));
    cells.flip(&subjects[0]);
    let _asking = leader.asks();
    leader.rest_on(&basis(&cells, &subjects), LAG_MS);
    let mut joined = true;
    flights.join(&key(), NOW, || {
        joined = false;
        terms(&cells, &subjects)
    });
    assert!(!joined, "the other may have begun before");
    drop(lead);
}
