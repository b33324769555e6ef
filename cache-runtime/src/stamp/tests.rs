//! What a cell keeps. Apart from it, as `tests/model/loom` compiles its file over other atomics.

use std::sync::Arc;

use super::Cell;
use crate::clock::Moment;

#[test]
fn it_holds_for_as_long_as_it_is_extended() {
    let cell = Cell::until(Moment(10));
    assert!(cell.holds(Moment(9)) && !cell.holds(Moment(10)));
    cell.extend(Moment(20));
    cell.extend(Moment(15));
    assert!(cell.holds(Moment(19)) && !cell.holds(Moment(20)));
}

#[test]
fn an_expired_cell_holds_only_for_what_may_be_stale() {
    let cell = Cell::lasting();
    cell.expire();
    cell.extend(Moment(u64::MAX));
    assert!(!cell.holds(Moment(1)) && cell.holds_stale(Moment(1)) && !cell.is_flipped());
    cell.flip();
    cell.expire();
    assert!(!cell.holds_stale(Moment(1)) && cell.is_flipped());
}

#[test]
fn a_flipped_cell_is_never_reset() {
    let cell = Cell::lasting();
    cell.flip();
    cell.extend(Moment(u64::MAX));
    assert!(cell.is_flipped() && !cell.holds(Moment(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_told_of_a_flip_before_or_after() {
    for _ in 0..2_000 {
        let cell = Arc::new(Cell::lasting());
        let waits = Arc::clone(&cell);
        let told = tokio::spawn(async move { waits.flipped().await });
        cell.flip();
        told.await.unwrap();
    }
}
