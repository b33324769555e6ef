//! Every order in which threads may meet at a cell, and every store that the memory model lets each of
//! them see: [loom] runs the cell's own source over its own atomics.
//!
//! The rest of what threads share in the runtime stands behind locks: what may happen there is a matter of
//! the order of whole steps, which the model of the protocol explores. See docs/decisions.md.
//!
//! [loom]: https://docs.rs/loom
#![expect(
    clippy::print_stdout,
    reason = "it tells what was explored, as tests do"
)]

#[expect(dead_code, reason = "the models need less of a cell than the runtime")]
#[path = "../../../cache-runtime/src/stamp/cell.rs"]
mod cell;
mod sync;

use std::env;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::AtomicU32;
use loom::thread;

use cell::Cell;
use clock::Moment;

/// In place of the runtime's, which asks the system for the time.
mod clock {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) struct Moment(pub(crate) u64);
}

const NOW: Moment = Moment(5);

const LATER: Moment = Moment(10);

/// Asks for a process in which fences do nothing, as loom ends a process in which a thread waits for ever.
const FENCELESS: &str = "fenceless";

/// How often a thread is interrupted where it would not wait by itself. With no bound three threads take
/// more than minutes; mistakes of this kind need one or two.
const INTERRUPTIONS: usize = 2;

/// Loom explores outside of libtest, whose threads it does not know.
fn main() {
    if env::args().any(|word| word == FENCELESS) {
        sync::leave_out_fences();
        return explore(|| waits(Cell::flip, 1));
    }
    let models: &[(&str, fn())] = &[
        ("who waits is told of a flip", || waits(Cell::flip, 1)),
        ("who waits is told of an expiry", || waits(Cell::expire, 1)),
        ("all who wait are told", || waits(Cell::flip, 2)),
        ("a flip stands", a_flip_stands),
        ("an expiry is not extended", an_expiry_is_not_extended),
        ("the latest heartbeat counts", the_latest_heartbeat_counts),
        ("who sees a flip sees what was before", what_was_before),
    ];
    for (name, model) in models {
        explore(model);
        println!("model {name} ... ok");
    }
    let found = Command::new(env::current_exe().unwrap())
        .arg(FENCELESS)
        .output();
    let said = String::from_utf8_lossy(&found.unwrap().stderr).into_owned();
    assert!(
        said.contains("deadlock"),
        "a cell without fences loses a waiter: {said}"
    );
    println!("what is lost without fences ... found");
}

fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut explored = loom::model::Builder::new();
    explored.preemption_bound = Some(INTERRUPTIONS);
    explored.check(model);
}

/// A thread that is not told waits for ever, which loom reports as a deadlock.
fn waits(end: fn(&Cell), threads: usize) {
    let cell = Arc::new(Cell::lasting());
    let waiting: Vec<_> = (0..threads)
        .map(|_| {
            let cell = Arc::clone(&cell);
            thread::spawn(move || {
                block_on(cell.flipped());
                assert!(!cell.holds(NOW));
            })
        })
        .collect();
    end(&cell);
    waiting.into_iter().for_each(|one| one.join().unwrap());
}

/// Whatever comes beside it: a heartbeat, an expiry.
fn a_flip_stands() {
    let cell = Arc::new(Cell::until(Moment(7)));
    let beside = [|cell: &Cell| cell.extend(LATER), Cell::expire].map(|act| {
        let cell = Arc::clone(&cell);
        thread::spawn(move || act(&cell))
    });
    cell.flip();
    assert!(cell.is_flipped() && !cell.holds_stale(NOW));
    beside.into_iter().for_each(|one| one.join().unwrap());
    assert!(cell.is_flipped() && !cell.holds_stale(NOW));
}

fn an_expiry_is_not_extended() {
    let cell = Arc::new(Cell::until(Moment(7)));
    let other = Arc::clone(&cell);
    let extends = thread::spawn(move || other.extend(LATER));
    cell.expire();
    assert!(!cell.holds(NOW));
    extends.join().unwrap();
    assert!(cell.is_expired() && cell.holds_stale(NOW) && !cell.holds(NOW));
}

fn the_latest_heartbeat_counts() {
    let cell = Arc::new(Cell::until(Moment(2)));
    let other = Arc::clone(&cell);
    let extends = thread::spawn(move || other.extend(LATER));
    cell.extend(Moment(7));
    assert!(cell.holds(NOW));
    extends.join().unwrap();
    assert!(cell.holds(Moment(9)) && !cell.holds(LATER));
}

/// What an invalidation did before it flipped is seen by whoever finds the cell flipped.
fn what_was_before() {
    let (cell, written) = (Arc::new(Cell::lasting()), Arc::new(AtomicU32::new(0)));
    let (other, writes) = (Arc::clone(&cell), Arc::clone(&written));
    let flips = thread::spawn(move || {
        writes.store(1, Relaxed);
        other.flip();
    });
    if !cell.holds(NOW) {
        assert_eq!(written.load(Relaxed), 1);
    }
    flips.join().unwrap();
}
