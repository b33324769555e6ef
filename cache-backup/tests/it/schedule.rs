//! `backup_every`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cache_backup::{Kind, Plan, backup_every, list};
use tempfile::TempDir;

use crate::{admin, builder, item, server};

#[tokio::test]
async fn one_process_of_the_fleet_makes_each_backup_and_old_ones_go() {
    let (server, folder) = (server().await, TempDir::new().unwrap());
    let cache = builder(&server.url()).build().unwrap();
    for id in 0..3 {
        cache.scope(item(0, id)).await;
    }
    let every = Duration::from_millis(1_500);
    let plan = Plan::into_folder(folder.path(), every).full_each(2).keep(2);
    let made = Arc::new(AtomicUsize::new(0));
    let begin = || {
        let made = Arc::clone(&made);
        let told = move |outcome: Result<cache_backup::Made, cache_backup::Error>| {
            outcome.unwrap();
            made.fetch_add(1, Ordering::SeqCst);
        };
        backup_every(admin(&server.url()), plan.clone(), told).unwrap()
    };
    let started = std::time::Instant::now();
    let fleet = [begin(), begin(), begin()];
    crate::until("six were made", async || made.load(Ordering::SeqCst) >= 6).await;
    let took = started.elapsed();
    drop(fleet);
    assert!(
        took >= every * 5,
        "one in each of its times, not one a process: {took:?}"
    );
    let listed = list(folder.path()).unwrap();
    assert!((3..=4).contains(&listed.len()), "{}", listed.len());
    let kinds: Vec<_> = listed.iter().map(|listed| listed.manifest.kind).collect();
    let full = kinds.iter().filter(|kind| **kind == Kind::Full).count();
    assert_eq!(full, 2, "{kinds:?}");
    assert_eq!(
        kinds.last(),
        Some(&Kind::Full),
        "none stands on one that is gone"
    );
    for pair in listed
        .windows(2)
        .filter(|pair| pair[0].manifest.kind == Kind::Incremental)
    {
        let since = pair[0].manifest.since.as_ref().unwrap();
        assert_eq!(since.id, pair[1].manifest.id);
    }
    let last = made.load(Ordering::SeqCst);
    // Longer than a turn: nobody makes another.
    tokio::time::sleep(every * 2).await;
    assert_eq!(made.load(Ordering::SeqCst), last);
}
