//! Herd protection between processes: a lease in Redis, which its holder's store needs.
//!
//! A token is fresh each time a lease is taken. An invalidation deletes the lease, so that a load
//! that began before it finds its token gone and can't store.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join_all, pending, select};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::boxed::boxed;
use crate::clock::Stopwatch;
use crate::own_thread;
use crate::redis::Topology;
use crate::site::EntryName;

/// The random bytes that a lease holds, in front of the run that it was taken in.
pub(crate) type Token = [u8; 16];

/// How long followers in other processes see that a result was not stored, in milliseconds:
/// longer than they sleep between two looks, so that they load at once and together.
pub(crate) const NOSTORE_MS: u64 = 200;

/// At most this many leases are given back in the background at once where Redis did not answer; those beyond
/// run out by themselves.
const LEFT_BEHIND: usize = 256;

/// The pauses between attempts to give one back.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// The leases that a cache holds or asks for, so that closing it gives them back.
#[derive(Debug)]
pub(crate) struct Leases {
    held: Mutex<HashMap<Token, EntryName>>,
    left_behind: Semaphore,
}

impl Default for Leases {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
            left_behind: Semaphore::new(LEFT_BEHIND),
        }
    }
}

impl Leases {
    /// Gives all of them back: the loads under them will not be stored.
    pub(crate) async fn release(&self, redis: &Topology) {
        let held = std::mem::take(&mut *self.held.lock());
        let release = held.iter().map(async |(token, entry)| {
            // Who can't be told waits for the lease to run out.
            let _ = redis.release(&entry.lease(), token).await;
        });
        join_all(release).await;
    }
}

/// The right to store one load. Dropped unused, it gives the lease back without waiting for it.
#[derive(Debug)]
pub(crate) struct Lease {
    redis: Topology,
    leases: Arc<Leases>,
    entry: EntryName,
    token: Token,
    ms: u64,
    /// The longest load that it is renewed for.
    longest: Duration,
    /// Shared with its holder's process, or spent: not ours to renew or give back.
    ours: bool,
}

impl Lease {
    pub(crate) fn held(
        redis: &Topology,
        leases: &Arc<Leases>,
        entry: &EntryName,
        token: Token,
        ms: u64,
        longest: Duration,
    ) -> Self {
        leases.held.lock().insert(token, entry.clone());
        Self {
            redis: redis.clone(),
            leases: Arc::clone(leases),
            entry: entry.clone(),
            token,
            ms,
            longest,
            ours: true,
        }
    }

    /// With another's token, under which a load may store as well (`lease = "process"`).
    pub(crate) fn sharing(mut self, token: Token) -> Self {
        self.leave();
        self.token = token;
        self.ours = false;
        self
    }

    /// It is given back, or was never there.
    fn leave(&self) {
        self.leases.held.lock().remove(&self.token);
    }

    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    /// Redis does not hold the token: it never did, or the store was answered.
    pub(crate) fn spent(mut self) {
        self.ours = false;
    }

    /// Tells followers elsewhere not to wait: nothing will be stored.
    pub(crate) fn nothing_to_store(mut self) {
        if std::mem::take(&mut self.ours) {
            self.end_with(End::NoStore);
        }
    }

    /// Ends it in Redis without making anyone wait. One whose end Redis did not acknowledge is there
    /// still, perhaps at a replica that is a master now, and callers elsewhere would wait for its
    /// holder: so it is tried again for as long as it lives.
    fn end_with(&self, end: End) {
        let (redis, leases) = (self.redis.clone(), Arc::clone(&self.leases));
        let (lease, token) = (self.entry.lease(), self.token);
        let (clock, life) = (Stopwatch::start(), Duration::from_millis(self.ms));
        // Where there is no thread for it the lease runs out by itself.
        let _ = own_thread::spawn(async move {
            if end.ask(&redis, &lease, &token).await {
                return;
            }
            let Ok(_place) = leases.left_behind.try_acquire() else {
                return;
            };
            let mut pause = FIRST_PAUSE;
            while clock.elapsed() < life && !redis.is_closed() {
                own_thread::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                if end.ask(&redis, &lease, &token).await {
                    return;
                }
            }
        });
    }

    /// Runs the load and renews the lease each third of its life, in the caller's own task, until the
    /// load has taken as long as one may: others would wait for one that hangs.
    pub(crate) async fn during<F: Future>(&self, mut load: std::pin::Pin<&mut F>) -> F::Output {
        if !self.ours {
            return load.await;
        }
        let clock = Stopwatch::start();
        loop {
            let renewal = match clock.elapsed() < self.longest {
                true => Either::Left(boxed(|| self.renew())),
                false => Either::Right(pending()),
            };
            // Not `tokio::select!`, which may put off what is ready: who polls the load holds its error no
            // longer than a poll.
            match select(load, renewal).await {
                Either::Left((loaded, _)) => return loaded,
                Either::Right(((), unfinished)) => load = unfinished,
            }
        }
    }

    async fn renew(&self) {
        own_thread::sleep(Duration::from_millis(self.ms / 3)).await;
        // A renewal that fails costs the lease at worst, and then the store is refused.
        let _ = self
            .redis
            .renew(&self.entry.lease(), &self.token, self.ms)
            .await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leave();
        if self.ours {
            self.end_with(End::Release);
        }
    }
}

/// How a lease ends before its time.
#[derive(Clone, Copy)]
enum End {
    Release,
    NoStore,
}

impl End {
    /// Whether Redis answered.
    async fn ask(self, redis: &Topology, lease: &str, token: &Token) -> bool {
        let answered = match self {
            Self::Release => redis.release(lease, token).await,
            Self::NoStore => redis.nostore(lease, token, NOSTORE_MS).await,
        };
        answered.is_ok()
    }
}
