//! Waits that end, and what is counted of them.

use std::sync::Arc;

use tokio::time::Instant;

use super::*;
use crate::clock::tokios;

/// Blocks the only thread for so long each time that it is looked at, as a machine does that
/// gives it to others.
async fn starved(turns: u32, each: Duration) {
    for _ in 0..turns {
        std::thread::sleep(each);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn what_the_process_itself_was_late_with_is_not_counted() {
    let limit = Duration::from_millis(80);
    // Five times the limit in all, seen by five timers.
    let work = starved(5, limit);
    let (output, counted) = wait(limit, std::pin::pin!(work)).await;
    assert_eq!(output, Some(()));
    assert!(counted < limit, "{counted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_limit_and_says_how_much_of_it_was_used() {
    let _clock = tokios();
    let limit = Duration::from_millis(800);
    let start = Instant::now();
    let (output, counted) = wait(limit, std::future::pending::<()>()).await;
    assert_eq!((output, counted), (None, limit));
    assert_eq!(start.elapsed().as_millis() / 100, 8);
    let (output, _) = wait(limit, std::pin::pin!(tokio::time::sleep(limit / 2))).await;
    assert_eq!(output, Some(()));
}

#[tokio::test(start_paused = true)]
async fn a_step_is_waited_for_twice_as_long_by_a_crowd() {
    let _clock = tokios();
    let limit = Duration::from_millis(800);
    let crowd = Arc::<Crowd>::default();
    let waited = async |others: usize| {
        let _others = crowd.enter_with(others);
        let (_steps, seen) = watch::channel(());
        let start = Instant::now();
        assert!(!watch(limit, crowd.enter(), seen, |()| true).await);
        start.elapsed().as_millis() / 100
    };
    assert_eq!(waited(1).await, 8);
    assert_eq!(waited(1_000).await, 16);
}
