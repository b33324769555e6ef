//! Sessions while a master is lost and replaced: what is promised then, with counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cache_http::session::{SessionStore, login, logout, user};
use cache_runtime::Cache;
use cache_tests::{Cluster, Sentinels};
use tower_sessions::session::Id;

use crate::row_33_sessions::session;
use crate::{connected, wait_until};

/// How many log in and out at once; of each one is under way when the master is lost.
const USERS: usize = 12;

/// What a replica has surely heard of.
const HEARD: Duration = Duration::from_secs(1);

/// What became of those who logged in and out.
#[derive(Debug, Default)]
struct Said {
    logins: u32,
    loads: u32,
    logouts: u32,
    /// Calls that were an error.
    failed: u32,
    /// Sessions that were there and not ended, and then not there.
    lost: u32,
    /// Ids of sessions whose end was acknowledged, and when.
    ended: Vec<(Instant, Id)>,
}

impl Said {
    fn add(&mut self, other: Self) {
        self.logins += other.logins;
        self.loads += other.loads;
        self.logouts += other.logouts;
        self.failed += other.failed;
        self.lost += other.lost;
        self.ended.extend(other.ended);
    }
}

/// Logs in, looks three times who it is, and logs out, again and again.
async fn come_and_go(store: SessionStore, name: String, stop: Arc<AtomicBool>) -> Said {
    let mut said = Said::default();
    while !stop.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let new = session(&store, None);
        if login(&new, &name).await.is_err() {
            said.failed += 1;
            continue;
        }
        said.logins += 1;
        let id = new.id().unwrap();
        let mut is_there = true;
        for _ in 0..3 {
            match user(&session(&store, Some(id))).await {
                Ok(Some(user)) => {
                    assert_eq!(user, name, "nobody else's");
                    said.loads += 1;
                }
                Ok(None) => is_there = false,
                Err(_) => said.failed += 1,
            }
        }
        if !is_there {
            said.lost += 1;
            continue;
        }
        match logout(&session(&store, Some(id))).await {
            Ok(()) => {
                said.logouts += 1;
                said.ended.push((Instant::now(), id));
            }
            Err(_) => said.failed += 1,
        }
    }
    said
}

#[expect(clippy::print_stdout, reason = "figures for who reads along")]
async fn sessions_go_on(what: &str, cache: Cache, lose: impl AsyncFnOnce()) {
    let (store, stop) = (SessionStore::new(&cache), Arc::new(AtomicBool::new(false)));
    let users: Vec<_> = (0..USERS)
        .map(|n| {
            tokio::spawn(come_and_go(
                store.clone(),
                format!("user {n}"),
                Arc::clone(&stop),
            ))
        })
        .collect();
    tokio::time::sleep(2 * HEARD).await;
    let lost_at = Instant::now();
    lose().await;
    // Whoever's list was on the master that is gone logs in again.
    for n in 0..USERS {
        let name = format!("user {n}");
        wait_until("sessions go on", async || {
            login(&session(&store, None), &name).await.is_ok()
        })
        .await;
    }
    tokio::time::sleep(HEARD).await;
    stop.store(true, Ordering::SeqCst);
    let mut said = Said::default();
    for user in users {
        said.add(user.await.unwrap());
    }
    let (mut back, mut back_though_heard) = (0, 0);
    for (ended, id) in &said.ended {
        if user(&session(&store, Some(*id))).await.unwrap().is_some() {
            back += 1;
            // What was acknowledged a second before, or by the next master.
            let may_be_unheard = *ended + HEARD > lost_at && *ended < lost_at + HEARD;
            back_though_heard += u32::from(!may_be_unheard);
        }
    }
    println!(
        "{what}: {} logins, {} loads, {} logouts, {} errors, {} lost, {back} back after their logout",
        said.logins, said.loads, said.logouts, said.failed, said.lost
    );
    assert_eq!(back_though_heard, 0, "{said:?}");
    // Of each user what was under way at most, of what the next master had not heard.
    assert!(
        back <= USERS && said.lost <= USERS as u32,
        "{back} back, {} lost",
        said.lost
    );
    assert!(
        said.failed > 0 && said.logouts > 4 * USERS as u32,
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_33_sessions_where_sentinels_replace_a_killed_master() {
    let mut sentinels = Sentinels::with(1, &[]).await.unwrap();
    let cache = connected(&sentinels.url()).await;
    sessions_go_on("sentinels", cache, async || {
        sentinels.server_mut(0).kill9().unwrap();
        sentinels.until_replaced(0).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_33_sessions_where_a_cluster_replaces_a_master() {
    let cluster = Cluster::builder().node_timeout(Duration::from_millis(1_500));
    let mut cluster = cluster.start().await.unwrap();
    let cache = connected(&cluster.url()).await;
    sessions_go_on("cluster", cache, async || {
        let slot = Cluster::slot_of("any");
        let master = cluster.master_of(slot).await.unwrap();
        cluster.node_mut(master).kill9().unwrap();
        cluster.until_replaced(slot, master).await.unwrap();
    })
    .await;
}
