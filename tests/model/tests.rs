//! The protocol keeps its promise in every exploration, and no rule can be spared.

#![expect(clippy::print_stdout, reason = "figures and traces, for whoever runs it by hand")]

use crate::bounds::*;
use crate::explore::{Explored, explore};
use crate::property::Mark;
use crate::variants::Without;

/// Explores all of it, finds no stale read, and saw these happen.
fn holds(bounds: &Bounds, seen: &[Mark]) {
    let explored = explore(bounds, Without::Nothing);
    let name = bounds.name;
    println!("{name}: {} states, depth {}", explored.states, explored.depth);
    assert!(explored.counterexample.is_none(), "{}", told(name, &explored));
    for &mark in seen {
        assert!(explored.marks.has(mark), "{name} never saw {mark:?}");
    }
}

/// Finds a stale read once this is taken out.
fn fails(bounds: &Bounds, without: Without) {
    let explored = explore(bounds, without);
    let name = format!("{} without {without:?}", bounds.name);
    assert!(explored.counterexample.is_some(), "{name}: {} states and no stale read", explored.states);
    println!("{}", told(&name, &explored));
}

fn told(name: &str, explored: &Explored) -> String {
    let way = explored.counterexample.as_deref().unwrap_or_default();
    let mut told = format!("{name}: a stale read after {} steps, {} states", way.len(), explored.states);
    for (step, _) in way {
        told += &format!("\n    {step}");
    }
    told
}

macro_rules! fail {
    ($($name:ident: $bounds:ident $without:ident;)*) => {$(
        #[test]
        fn $name() {
            fails(&$bounds, Without::$without);
        }
    )*};
}

fail! {
    f1: TAG StampsBeforeLoad;
    f2: BUCKETS BucketAfterStamp;
    f3: ENTRY Token;
    f4: ENTRY LeaseDeleted;
    f5: MIGRATION LeaseFirst;
    f6: ENTRY PushesInOrder;
    f7: ENTRY LookAtCells;
    f8: ENTRY CellsBeforeRead;
    f9: ENTRY ReadAfterFill;
    f10: ENTRY OnlyStored;
    f11: ENTRY Heartbeat;
    f12: ENTRY FromSending;
    f13: DEMOTED Role;
    f14: OUTAGE Epoch;
    f15: FLIGHTS JoinLooks;
    f16: FLIGHTS LeasePushes;
    f17: FLIGHTS_OUTAGE LimitedFlight;
    f18: STRONG OwnRead;
    f19: STRONG_OUTAGE Recheck;
    f20: ENTRY DropAfter;
    f21: TWICE DropByTask;
    f22: TWICE HoldBack;
    f23: OWED_TWICE LookAtOwed;
}

#[test]
fn spare() {
    for b in ALL.iter() {
        let e = explore(b, Without::DropBefore);
        println!("spare {} {} {}", b.name, e.states, e.counterexample.is_some());
    }
}

#[test]
fn first() {
    let only = std::env::var("ONLY").unwrap_or_default();
    for b in ALL.iter() {
        if !only.is_empty() && !only.split(',').any(|o| o == b.name) { continue; }
        let t = std::time::Instant::now();
        holds(b, &[]);
        println!("{:?}", t.elapsed());
    }
}
