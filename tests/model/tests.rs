//! The protocol keeps its promise in every exploration, and no rule can be spared.

#![expect(
    clippy::print_stdout,
    reason = "figures and traces, for whoever asks for them"
)]

use std::fmt::Write;

use crate::bounds::{self, Bounds};
use crate::explore::{Explored, Model, explore};
use crate::failover::{Excluded, FAILOVER, Failover};
use crate::property::Mark;
use crate::steps::Protocol;
use crate::variants::Without;

/// Explores all of it without this, finds no stale read, and saw these happen.
fn promise_holds(bounds: &Bounds, without: Without, seen: &[Mark]) {
    let wide = std::env::var_os("MODEL_WIDE").is_some();
    let bounds = if wide { bounds.wide() } else { *bounds };
    all_keep_it(&Protocol { bounds, without }, seen);
}

/// Finds a stale read once this is taken out.
fn promise_breaks(bounds: &Bounds, without: Without) {
    let bounds = *bounds;
    let name = format!("{} without {without:?}", bounds.name);
    one_breaks_it(&Protocol { bounds, without }, &name);
}

fn all_keep_it(model: &impl Model, seen: &[Mark]) {
    let explored = explore(model);
    let (name, states) = (model.name(), explored.states);
    assert!(explored.way.is_none(), "{}", told(name, &explored));
    println!(
        "{name}: {states} states, depth {}, all explored",
        explored.depth
    );
    for &mark in seen {
        assert!(explored.marks.has(mark), "{name} never saw {mark:?}");
    }
}

fn one_breaks_it(model: &impl Model, name: &str) {
    let explored = explore(model);
    let states = explored.states;
    assert!(
        explored.way.is_some(),
        "{name}: {states} states, and no stale read"
    );
    println!("{}", told(name, &explored));
}

fn told<M: Model>(name: &str, explored: &Explored<M>) -> String {
    let way = explored.way.as_deref().unwrap_or_default();
    let mut told = format!(
        "{name}: a stale read in {} steps, among {} states",
        way.len(),
        explored.states
    );
    for (step, state) in way {
        let step = step.to_string();
        let _ = write!(told, "\n    {step:<56}{state}");
    }
    told
}

macro_rules! holds {
    ($($name:ident in $bounds:ident: $($mark:ident)+;)*) => {$(
        #[test]
        fn $name() {
            promise_holds(&bounds::$bounds, Without::Nothing, &[$(Mark::$mark),+]);
        }
    )*};
}

macro_rules! breaks {
    ($($name:ident in $bounds:ident: $without:ident;)*) => {$(
        #[test]
        fn $name() {
            promise_breaks(&bounds::$bounds, Without::$without);
        }
    )*};
}

holds! {
    an_entry in ENTRY: Hit HitOfNewer BriefHit Pushed NotKept Refused AnotherEntry LateFill;
    a_tag in TAG: Hit HitOfNewer Pushed NotKept;
    an_entry_invalidated_by_both in TWICE: HitOfNewer HeldBack NotKept;
    a_tag_invalidated_by_both in TAG_TWICE: HitOfNewer HeldBack Stored;
    an_entry_that_is_refreshed in REFRESH: HitOfNewer Pushed Stored;
    an_entry_that_is_refreshed_and_invalidated_by_both in REFRESH_TWICE: HitOfNewer Refused Stored;
    an_outage_of_the_reader in OUTAGE: HitOfNewer BriefHit LateFill Refused;
    an_outage_of_who_invalidates in OWED: HitOfNewer BriefHit LateDelete Owed;
    an_invalidation_owed_while_another_is_made in OWED_TWICE: HitOfNewer LateDelete Owed HeldBack;
    flights in FLIGHTS: HitOfNewer Joined Promoted LateFill;
    flights_of_who_invalidates in FLIGHTS_OWN: HitOfNewer Joined Promoted;
    flights_under_a_tag in FLIGHTS_TAG: HitOfNewer Joined Stored;
    flights_in_an_outage in FLIGHTS_OUTAGE: HitOfNewer BriefHit Joined LateFill;
    strong_flights in STRONG: Joined Promoted Verified Stored;
    strong_calls_of_both in STRONG_BOTH: Joined Verified Stored AnotherEntry;
    strong_flights_in_an_outage in STRONG_OUTAGE: Joined Verified LateFill;
    a_slot_that_migrates in MIGRATION: Hit HitOfNewer Pushed Stored;
    tags_of_the_value in BUCKETS: Hit HitOfNewer BucketChanged Stored;
    tags_of_the_value_invalidated_by_both in BUCKETS_TWICE: HitOfNewer BucketChanged HeldBack;
    own_writes_told in TOLD: HitOfNewer Pushed Stored;
    own_writes_of_a_tag_told in TOLD_TAG: HitOfNewer Pushed Stored;
    own_writes_told_while_one_is_owed in TOLD_OWED: HitOfNewer LateDelete Owed;
    a_node_that_is_demoted in DEMOTED: HitOfNewer Stored Owed;
}

breaks! {
    stamps_noted_after_the_load in TAG: StampsBeforeLoad;
    a_bucket_looked_at_before_the_stamp_is_made in BUCKETS: BucketAfterStamp;
    a_store_without_a_token in ENTRY: Token;
    a_lease_that_outlives_the_entry in ENTRY: LeaseDeleted;
    an_entry_deleted_before_its_lease in MIGRATION: LeaseFirst;
    pushes_through_a_channel in ENTRY: PushesInOrder;
    a_copy_that_is_inserted_and_trusted in ENTRY: LookAtCells;
    cells_registered_with_the_answer in ENTRY: CellsBeforeRead;
    an_entry_not_read_after_its_store in ENTRY: ReadAfterFill;
    a_copy_of_what_was_not_stored in ENTRY: OnlyStored;
    no_heartbeat in ENTRY: Heartbeat;
    a_heartbeat_that_counts_from_its_answer in ENTRY: FromSending;
    a_ping_for_a_heartbeat in DEMOTED: Role;
    no_epoch in OUTAGE: Epoch;
    a_flight_joined_without_a_look in FLIGHTS: JoinLooks;
    a_flight_without_a_lease_joined_for_long in FLIGHTS_OUTAGE: LimitedFlight;
    a_lease_whose_deletion_flips_nothing in FLIGHTS: LeasePushes;
    a_strong_call_that_joins_a_read in STRONG: OwnRead;
    a_strong_call_that_returns_an_older_load in STRONG_OUTAGE: Recheck;
    copies_dropped_before_the_deletion_only in ENTRY: DropAfter;
    copies_dropped_by_a_caller_who_is_cancelled in TWICE: DropByTask;
    copies_dropped_before_the_deletion_only_though_told in TOLD: DropAfter;
    own_writes_told_but_not_counted in TOLD: CountWrites;
    heartbeats_that_count_during_an_own_invalidation in TWICE: HoldBack;
    what_is_owed_not_looked_at_again in OWED_TWICE: LookAtOwed;
}

/// What the guarantee does not rest on: it only makes the drop come sooner.
#[test]
fn copies_need_not_be_dropped_before_the_deletion() {
    promise_holds(
        &bounds::OWED_TWICE,
        Without::DropBefore,
        &[Mark::HitOfNewer],
    );
}

#[test]
fn a_master_that_is_replaced() {
    use Mark::{Excused, Hit, HitOfNewer, Refuted, Replaced, Stored};
    let seen = [Hit, HitOfNewer, Stored, Refuted, Replaced, Excused];
    all_keep_it(&FAILOVER, &seen);
}

fn failover_breaks(without: Without) {
    let name = format!("failover without {without:?}");
    one_breaks_it(
        &Failover {
            without,
            ..FAILOVER
        },
        &name,
    );
}

#[test]
fn sentinels_not_asked_again_before_a_connection_is_used() {
    failover_breaks(Without::AskAgain);
}

#[test]
fn sentinels_not_asked_while_a_connection_is_used() {
    failover_breaks(Without::AskMeanwhile);
}

#[test]
fn copies_that_outlive_the_word_that_their_master_was_replaced() {
    failover_breaks(Without::EndReplaced);
}

/// What the guarantee does not cover of a failover does happen: judged, it is a stale read.
#[test]
fn what_is_excluded_of_a_failover_can_happen() {
    for excluded in [Excluded::ConfirmedBefore, Excluded::BrokenBefore] {
        let name = format!("failover with {excluded:?} judged");
        let judged = Some(excluded);
        one_breaks_it(&Failover { judged, ..FAILOVER }, &name);
    }
}
