//! A backup and a restore that a program makes of its own cache.

use cache_backup::{Backup, Restore, Target};
use cache_runtime::admin::{Admin, Expected, Selection};

use crate::{builder, item, server};

#[tokio::test]
async fn the_cache_that_is_backed_up_and_restored_is_in_use_afterwards() {
    let server = server().await;
    let cache = builder(&server.url()).build().unwrap();
    let loaded = cache.scope(item(1, 1)).await;
    let admin = Admin::of(&cache).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.zst");
    let target = Target::File(path.clone());
    let backup = Backup::of(Selection::Everything);
    let made = backup.run(&admin, &target, |_| ()).await.unwrap();
    assert_eq!(made.ending.records, 1);
    assert_eq!(
        cache.scope(item(1, 1)).await,
        loaded,
        "a hit, and not a load without the cache"
    );
    Restore::of([path]).run(&admin, |_| ()).await.unwrap();
    assert_eq!(cache.scope(item(1, 1)).await, loaded);
    cache.tag("shop:1").invalidate().await.unwrap();
    assert_ne!(cache.scope(item(1, 1)).await, loaded);
}

#[tokio::test]
async fn what_came_back_says_that_it_did() {
    let server = server().await;
    let cache = builder(&server.url()).build().unwrap();
    cache.scope(item(2, 2)).await;
    let admin = Admin::of(&cache).unwrap();
    let [name] = &admin.find("item:2").await.unwrap()[..] else {
        panic!("one entry");
    };
    let header = async || {
        admin
            .explain(name, &Expected::default())
            .await
            .unwrap()
            .header
            .unwrap()
    };
    assert!(!header().await.is_restored);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.zst");
    let backup = Backup::of(Selection::Everything);
    backup
        .run(&admin, &Target::File(path.clone()), |_| ())
        .await
        .unwrap();
    server.run(&["FLUSHALL"]).await.unwrap();
    Restore::of([path]).run(&admin, |_| ()).await.unwrap();
    let header = header().await;
    assert!(
        header.is_restored && header.made_by().contains("backup"),
        "{header:?}"
    );
}
