//! Sessions while a master is lost and replaced, behind Sentinel and in a cluster: which are there, lost, and there again
//! after their logout, with counts.
//!
//! Redis replicates after it answers, so what was acknowledged right before the loss may be undone: a login is lost, or a
//! logout is. Nothing that the new master had heard of is.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cache_http::session::{SessionHandle, SessionStore, login, logout, user};
use cache_runtime::Cache;
use cache_tests::{Cluster, Sentinels, Server};
use tower_sessions::session::Id;

use crate::row_33_sessions::{logged_in, session, whose};
use crate::wait_until;

/// How many sessions are there before, of which half are ended.
const BEFORE: usize = 200;

/// How many log in, read and log out meanwhile.
const TASKS: usize = 8;

/// How long before its end a master may not have told its replica.
const UNTOLD: Duration = Duration::from_secs(1);

const SECOND: Duration = Duration::from_secs(1);

/// Servers one of which is lost.
enum Fleet {
    Sentinels(Sentinels),
    /// And its master that is lost.
    Cluster(Cluster, usize),
}

impl Fleet {
    async fn sentinels() -> Self {
        Self::Sentinels(Sentinels::with(1, &[]).await.unwrap())
    }

    async fn cluster() -> Self {
        let cluster = Cluster::builder().node_timeout(Duration::from_millis(1_500));
        Self::Cluster(cluster.start().await.unwrap(), 0)
    }

    async fn connect(&self) -> Cache {
        let url = match self {
            Self::Sentinels(sentinels) => sentinels.url(),
            Self::Cluster(cluster, _) => cluster.url(),
        };
        // On a machine that is busy an answer takes its time.
        let cache = Cache::builder().url(&url).op_timeout(5 * SECOND);
        let cache = cache.build().unwrap();
        cache.connect().await.unwrap();
        cache
    }

    /// The slots of the master that is lost.
    async fn slots(&self) -> Vec<RangeInclusive<u16>> {
        match self {
            Self::Sentinels(_) => vec![0..=u16::MAX],
            Self::Cluster(cluster, master) => {
                let masters = cluster.masters().await.into_iter();
                let mut its = masters.filter(|(at, _)| at == master);
                its.next().unwrap().1
            }
        }
    }

    /// Users whose sessions are on it.
    async fn users(&self, count: usize) -> Vec<String> {
        let slots = self.slots().await;
        let store = SessionStore::new(&self.connect().await);
        let mut users = Vec::new();
        for n in 0.. {
            let user = format!("user {n}");
            let handle = SessionHandle::of(logged_in(&store, &user).await).to_string();
            // A handle begins with the bucket, which is what places a user in a slot.
            let slot = Cluster::slot_of(&handle[..8]);
            store.destroy_all(&user).await.unwrap();
            if slots.iter().any(|slots| slots.contains(&slot)) {
                users.push(user);
            }
            if users.len() == count {
                break;
            }
        }
        users
    }

    /// The master, and its replica.
    async fn both(&self) -> (&Server, &Server) {
        match self {
            Self::Sentinels(sentinels) => (sentinels.server(0), sentinels.server(1)),
            Self::Cluster(cluster, master) => {
                let replica = cluster.replicas_of(*master).await[0];
                (cluster.node(*master), cluster.node(replica))
            }
        }
    }

    /// Waits until the replica has all that the master has now.
    async fn replicated(&self) {
        let (master, replica) = self.both().await;
        let offset = offset(master, "master_repl_offset").await;
        wait_until("the replica has it", async || {
            self::offset(replica, "slave_repl_offset").await >= offset
        })
        .await;
    }

    /// Kills the master, and waits until another is in its place.
    async fn lose(&mut self) {
        match self {
            Self::Sentinels(sentinels) => {
                sentinels.server_mut(0).kill9().unwrap();
                sentinels.until_replaced(0).await.unwrap();
            }
            Self::Cluster(cluster, master) => {
                let slot = cluster.first_slots(*master).start;
                cluster.node_mut(*master).kill9().unwrap();
                cluster.until_replaced(slot, *master).await.unwrap();
            }
        }
    }
}

async fn offset(server: &Server, name: &str) -> u64 {
    let info = server.run(&["INFO", "replication"]).await.unwrap();
    let info: String = redis::from_redis_value(info).unwrap();
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap().trim().parse().unwrap()
}

/// A session whose login was acknowledged.
#[derive(Clone, Debug)]
struct Kept {
    id: Id,
    user: String,
    from: Instant,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    None,
    /// A logout that was acknowledged, and when it was sent.
    Acknowledged(Instant),
    /// One without an answer.
    Unknown,
}

/// What those who go on meanwhile have seen.
#[derive(Debug, Default)]
struct Seen {
    kept: Vec<Kept>,
    /// Of logins, reads and logouts.
    failed: [usize; 3],
    /// Reads that gave the user, and that found nobody.
    reads: [usize; 2],
}

/// Logs in, reads, and logs out of every other session, until told to stop.
async fn use_sessions(store: SessionStore, user: String, stop: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
        let (session, from) = (session(&store, None), Instant::now());
        if login(&session, &user).await.is_err() {
            seen.failed[0] += 1;
            continue;
        }
        let id = session.id().unwrap();
        for _ in 0..2 {
            match self::user(&self::session(&store, Some(id))).await {
                Ok(Some(found)) => {
                    assert_eq!(found, user, "of nobody else");
                    seen.reads[0] += 1;
                }
                Ok(None) => seen.reads[1] += 1,
                Err(_) => seen.failed[1] += 1,
            }
        }
        let mut end = End::None;
        if n % 2 == 0 {
            let sent = Instant::now();
            end = match logout(&self::session(&store, Some(id))).await {
                Ok(()) => End::Acknowledged(sent),
                Err(_) => End::Unknown,
            };
            seen.failed[2] += usize::from(matches!(end, End::Unknown));
        }
        let user = user.clone();
        seen.kept.push(Kept {
            id,
            user,
            from,
            end,
        });
    }
    seen
}

/// Sessions by what became of them.
#[derive(Debug, Default)]
struct Count {
    alive: usize,
    lost: usize,
    ended: usize,
    resurrected: usize,
    /// What of these two the new master had heard of, or had done itself.
    wrong: usize,
}

impl Count {
    async fn of(store: &SessionStore, kept: &[Kept], lost: RangeInclusive<Instant>) -> Self {
        let mut count = Self::default();
        // What a master acknowledges within this it may not have told its replica.
        let untold = *lost.start() - UNTOLD..=*lost.end();
        for kept in kept {
            let found = whose(store, kept.id).await;
            if let Some(found) = &found {
                assert_eq!(*found, kept.user, "of nobody else");
            }
            match (kept.end, found.is_some()) {
                (End::None, true) => count.alive += 1,
                (End::None, false) => {
                    count.lost += 1;
                    count.wrong += usize::from(!untold.contains(&kept.from));
                }
                (End::Acknowledged(_), false) => count.ended += 1,
                (End::Acknowledged(sent), true) => {
                    count.resurrected += 1;
                    count.wrong += usize::from(!untold.contains(&sent));
                }
                (End::Unknown, _) => {}
            }
        }
        count
    }
}

#[expect(clippy::print_stdout, reason = "figures for who reads along")]
async fn sessions_hold(mut fleet: Fleet) {
    let users = fleet.users(TASKS).await;
    // None is ended as one too many.
    let store = SessionStore::new(&fleet.connect().await);
    let store = store.most_of_a_user(1_000).unwrap();
    let mut before = Vec::new();
    for n in 0..BEFORE {
        let user = users[n % TASKS].clone();
        let (from, id) = (Instant::now(), logged_in(&store, &user).await);
        let mut end = End::None;
        if (n / TASKS).is_multiple_of(2) {
            logout(&session(&store, Some(id))).await.unwrap();
            end = End::Acknowledged(from);
        }
        before.push(Kept {
            id,
            user,
            from,
            end,
        });
    }
    fleet.replicated().await;

    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = users
        .iter()
        .map(|user| use_sessions(store.clone(), user.clone(), Arc::clone(&stop)))
        .map(tokio::spawn)
        .collect();
    tokio::time::sleep(2 * SECOND).await;
    let lost = Instant::now();
    fleet.lose().await;
    wait_until("the new master is asked", async || {
        store.active(&users[0]).await.is_ok()
    })
    .await;
    let back = Instant::now();
    tokio::time::sleep(SECOND).await;
    stop.store(true, Ordering::SeqCst);
    let mut seen = Seen::default();
    for task in tasks {
        let of_task = task.await.unwrap();
        seen.kept.extend(of_task.kept);
        for (sum, one) in seen.failed.iter_mut().zip(of_task.failed) {
            *sum += one;
        }
        for (sum, one) in seen.reads.iter_mut().zip(of_task.reads) {
            *sum += one;
        }
    }

    let settled = Count::of(&store, &before, lost..=back).await;
    let meanwhile = Count::of(&store, &seen.kept, lost..=back).await;
    let [found, nobody] = seen.reads;
    let [logins, reads, logouts] = seen.failed;
    println!(
        "away for {:.1} s. Replicated before: {settled:?}. Meanwhile {} logins, {found} reads that found the user and \
         {nobody} nobody, failed: {logins} logins, {reads} reads, {logouts} logouts: {meanwhile:?}",
        (back - lost).as_secs_f64(),
        seen.kept.len(),
    );
    assert_eq!((settled.lost, settled.resurrected), (0, 0));
    assert_eq!(
        (settled.alive, settled.ended),
        (BEFORE / 2 - 4, BEFORE / 2 + 4)
    );
    assert_eq!(meanwhile.wrong, 0, "{meanwhile:?}");
    assert!(
        meanwhile.alive > 100 && meanwhile.ended > 100,
        "{meanwhile:?}"
    );
    assert!(logins > 0, "it was away");

    // Whatever is there again can be ended for good.
    for user in &users {
        store.destroy_all(user).await.unwrap();
        assert!(store.active(user).await.unwrap().is_empty());
    }
    for kept in before.iter().chain(&seen.kept) {
        assert_eq!(whose(&store, kept.id).await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_33_sessions_where_sentinels_replace_a_killed_master() {
    sessions_hold(Fleet::sentinels().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_33_sessions_where_a_cluster_replaces_a_master() {
    sessions_hold(Fleet::cluster().await).await;
}

/// What asynchronous replication may lose: a logout of which the replica never heard is undone, and so is a login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_that_the_replica_never_heard_of_is_undone_and_can_be_made_again() {
    let mut fleet = Fleet::cluster().await;
    let user = fleet.users(1).await.remove(0);
    let store = SessionStore::new(&fleet.connect().await);
    let old = logged_in(&store, &user).await;
    fleet.replicated().await;
    let Fleet::Cluster(cluster, master) = &mut fleet else {
        unreachable!("it is one");
    };
    let replica = cluster.replicas_of(*master).await[0];
    cluster.node(replica).pause().unwrap();
    // What the master sends it now it never gets.
    let kill: [&[u8]; 4] = [b"CLIENT", b"KILL", b"TYPE", b"replica"];
    cluster.node(*master).command(&kill).await.unwrap();
    logout(&session(&store, Some(old))).await.unwrap();
    assert_eq!(whose(&store, old).await, None);
    let new = logged_in(&store, &user).await;
    cluster.node_mut(*master).kill9().unwrap();
    cluster.node(replica).resume().unwrap();
    let slot = cluster.first_slots(*master).start;
    cluster.until_replaced(slot, *master).await.unwrap();
    wait_until("the new master is asked", async || {
        store.active(&user).await.is_ok()
    })
    .await;
    assert_eq!(whose(&store, old).await, Some(user.clone()), "it is back");
    assert_eq!(whose(&store, new).await, None, "it is lost");
    assert_eq!(store.destroy_all(&user).await.unwrap(), 1);
    assert_eq!(whose(&store, old).await, None);
}
