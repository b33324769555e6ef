//! Invalidations and loads while a restore is under way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use cache_backup::{Backup, Rate, Restore, Step, Target};
use cache_runtime::Cache;
use cache_runtime::admin::{Expected, Selection};
use cache_tests::Server;
use tempfile::TempDir;

use crate::{admin, builder, item, server};

const COUNT: u32 = 2_000;
const SHOPS: u32 = 40;

/// Entries of some shops, their backup, and a server that was emptied since.
async fn emptied(
    server: &Server,
    folder: &TempDir,
) -> (Cache, BTreeMap<u32, u32>, std::path::PathBuf) {
    let cache = builder(&server.url()).build().unwrap();
    let mut values = BTreeMap::new();
    for id in 0..COUNT {
        values.insert(id, cache.scope(item(id % SHOPS, id)).await);
    }
    let path = folder.path().join("all.zst");
    let target = Target::File(path.clone());
    let backup = Backup::of(Selection::Everything);
    let admin = admin(&server.url());
    // A program may have it run on any of its threads.
    let made = tokio::spawn(async move { backup.run(&admin, &target, |_| ()).await });
    let made = made.await.unwrap().unwrap();
    assert_eq!(made.ending.records, u64::from(COUNT));
    server.run(&["FLUSHALL"]).await.unwrap();
    (cache, values, path)
}

/// What is invalidated once all is reserved does not come back, by whichever way it is invalidated, though the restore
/// trusts what it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invalidation_during_the_restore_hits_what_comes_back_behind_it() {
    let (server, folder) = (server().await, TempDir::new().unwrap());
    let (cache, values, path) = emptied(&server, &folder).await;
    let (half, is_half) = mpsc::channel();
    let (go, goes_on) = mpsc::channel();
    let url = server.url();
    let restoring = tokio::spawn(async move {
        let restore = Restore::of([path]).trust(true);
        // It stands still once about half of them are back.
        let mut stands = false;
        let told = move |progress: cache_backup::Progress| {
            let is_half = progress.step == Step::Filling && progress.done >= u64::from(COUNT / 2);
            if is_half && !std::mem::replace(&mut stands, true) {
                half.send(()).unwrap();
                goes_on.recv_timeout(crate::LIMIT).unwrap();
            }
        };
        restore.run(&admin(&url), told).await.unwrap()
    });
    let waits = tokio::task::spawn_blocking(move || is_half.recv_timeout(crate::LIMIT));
    waits.await.unwrap().unwrap();
    // Every other shop by its tag, and of the others every other entry by itself.
    let is_hit = |id: u32| (id % SHOPS).is_multiple_of(2) || (id / SHOPS).is_multiple_of(2);
    for shop in (0..SHOPS).step_by(2) {
        cache
            .tag(format!("shop:{shop}"))
            .invalidate()
            .await
            .unwrap();
    }
    for id in (0..COUNT).filter(|id| id % SHOPS % 2 == 1 && is_hit(*id)) {
        cache
            .scope(async { crate::item_entry(id % SHOPS, id).invalidate().await })
            .await
            .unwrap();
    }
    go.send(()).unwrap();
    let restored = restoring.await.unwrap();
    assert!(
        restored.files[0].restored > u64::from(COUNT / 8),
        "{restored:?}"
    );
    assert!(restored.files[0].lost > 0, "{restored:?}");
    let mut came = 0;
    for id in 0..COUNT {
        let value = cache.scope(item(id % SHOPS, id)).await;
        match is_hit(id) {
            true => assert_ne!(value, values[&id], "{id} was invalidated"),
            false => came += u32::from(value == values[&id]),
        }
    }
    assert_eq!(came, COUNT / 4, "what was not invalidated came back");
}

/// Programs that load while a restore is under way keep what they have loaded.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_loaded_during_the_restore_is_not_overwritten() {
    let (server, folder) = (server().await, TempDir::new().unwrap());
    let (cache, values, path) = emptied(&server, &folder).await;
    let (url, done) = (server.url(), Arc::new(AtomicBool::new(false)));
    let (loads, ends) = (cache.clone(), Arc::clone(&done));
    let loading = tokio::spawn(async move {
        let mut loaded = BTreeMap::new();
        let mut id = 0;
        while !ends.load(Ordering::SeqCst) {
            id = (id + 7) % COUNT;
            loaded.insert(id, loads.scope(item(id % SHOPS, id)).await);
        }
        loaded
    });
    let restore = Restore::of([path])
        .emptied(true)
        .trust(true)
        .rate(Rate::Entries(4_000));
    let restored = restore.run(&admin(&url), |_| ()).await.unwrap();
    done.store(true, Ordering::SeqCst);
    let loaded = loading.await.unwrap();
    let newer = loaded.iter().filter(|(id, value)| **value != values[id]);
    let newer: Vec<_> = newer.collect();
    assert!(!newer.is_empty(), "some were loaded meanwhile");
    assert!(restored.files[0].restored > 0, "{restored:?}");
    for (id, value) in newer {
        assert_eq!(cache.scope(item(id % SHOPS, *id)).await, *value, "{id}");
    }
    let admin = admin(&url);
    let mut entries = admin.entries(Selection::Everything).unwrap();
    while let Some(batch) = entries.next().await.unwrap() {
        for line in batch {
            let told = admin
                .explain(&line.name, &Expected::default())
                .await
                .unwrap();
            assert!(
                told.verdict.is_hit(),
                "no reservation stays behind: {told:?}"
            );
        }
    }
}

/// An entry that is invalidated by itself once its place is reserved for the later of two files comes back from neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invalidation_during_the_restore_of_a_chain_brings_no_older_load_back() {
    let (server, folder) = (server().await, TempDir::new().unwrap());
    let (url, admin) = (server.url(), admin(&server.url()));
    let cache = builder(&url).build().unwrap();
    let first = cache.scope(item(1, 1)).await;
    let paths = ["full.zst", "more.zst"].map(|name| folder.path().join(name));
    let backup = Backup::of(Selection::Everything);
    let target = Target::File(paths[0].clone());
    backup.run(&admin, &target, |_| ()).await.unwrap();
    let of_entry = || crate::item_entry(1, 1);
    let invalidated = cache.scope(async { of_entry().invalidate().await });
    invalidated.await.unwrap();
    let second = cache.scope(item(1, 1)).await;
    let target = Target::File(paths[1].clone());
    let backup = backup.since(paths[0].clone());
    backup.run(&admin, &target, |_| ()).await.unwrap();
    // Before the earlier file is reserved, before the later is filled, and not at all.
    for stop in [Some(Step::Looking), Some(Step::Filling), None] {
        server.run(&["FLUSHALL"]).await.unwrap();
        let (there, is_there) = mpsc::channel();
        let (go, goes_on) = mpsc::channel();
        let (restore, url) = (Restore::of(paths.clone()).trust(true), url.clone());
        let restoring = tokio::spawn(async move {
            let (mut reserves, mut stands) = (false, false);
            let told = move |progress: cache_backup::Progress| {
                reserves |= progress.step == Step::Reserving;
                let is_it = reserves && stop.is_none_or(|stop| progress.step == stop);
                if is_it && !std::mem::replace(&mut stands, true) {
                    there.send(()).unwrap();
                    goes_on.recv_timeout(crate::LIMIT).unwrap();
                }
            };
            restore.run(&crate::admin(&url), told).await.unwrap()
        });
        let waits = tokio::task::spawn_blocking(move || is_there.recv_timeout(crate::LIMIT));
        waits.await.unwrap().unwrap();
        if stop.is_some() {
            let invalidated = cache.scope(async { of_entry().invalidate().await });
            invalidated.await.unwrap();
        }
        go.send(()).unwrap();
        let restored = restoring.await.unwrap();
        let value = cache.scope(item(1, 1)).await;
        match stop {
            Some(_) => assert!(value > second, "{stop:?}: {value}, {restored:?}"),
            None => assert_eq!(value, second, "not {first}: {restored:?}"),
        }
    }
}
