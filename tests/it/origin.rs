//! An origin whose loads fail, hang and wait for leave as a test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, CacheBuilder, Clock};
use cache_tests::Server;
use tokio::sync::Semaphore;

/// Loads give its value, 0 for an error, once they have leave.
#[derive(Debug)]
pub(crate) struct Origin {
    value: AtomicU32,
    loads: AtomicU32,
    dropped: AtomicU32,
    gate: Semaphore,
}

/// As many as any test needs.
const ALWAYS: usize = 1 << 20;

impl Origin {
    /// Everyone has leave.
    pub(crate) fn open() -> Arc<Self> {
        Arc::new(Self {
            value: AtomicU32::new(1),
            loads: AtomicU32::new(0),
            dropped: AtomicU32::new(0),
            gate: Semaphore::new(ALWAYS),
        })
    }

    /// From now on a load waits.
    pub(crate) fn shut(&self) {
        self.gate.forget_permits(ALWAYS);
    }

    /// Those that wait may go on, and so may all later ones.
    pub(crate) fn reopen(&self) {
        self.gate.add_permits(ALWAYS);
    }

    /// One load: what it gives is read before it waits.
    pub(crate) async fn read(&self) -> Result<u32, String> {
        struct Dropped<'a>(&'a AtomicU32);
        impl Drop for Dropped<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let _dropped = Dropped(&self.dropped);
        self.loads.fetch_add(1, Ordering::SeqCst);
        let value = self.value.load(Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        match value {
            0 => Err("down".to_owned()),
            value => Ok(value),
        }
    }

    pub(crate) fn set(&self, value: u32) {
        self.value.store(value, Ordering::SeqCst);
    }

    pub(crate) fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }

    /// How many loads ended, or were dropped.
    pub(crate) fn ended(&self) -> u32 {
        self.dropped.load(Ordering::SeqCst)
    }
}

/// A cache without a server, one with and one without memory before it, each with a clock that
/// stands still and no jitter. They share nothing.
pub(crate) fn of_each_kind(server: &Server) -> Vec<(&'static str, Cache, Clock)> {
    let on = |prefix: &str| Cache::builder().url(server.url()).prefix(prefix);
    let kinds: [(&str, CacheBuilder); 3] = [
        ("embedded", Cache::builder()),
        ("memory and redis", on("both")),
        ("redis alone", on("alone").memory_bytes(0)),
    ];
    let build = |(kind, builder): (_, CacheBuilder)| {
        let clock = Clock::manual();
        let builder = builder.clock(clock.clone()).jitter(0.0);
        // A busy machine is no outage.
        let builder = builder.op_timeout(std::time::Duration::from_secs(5));
        (kind, builder.build().unwrap(), clock)
    };
    kinds.into_iter().map(build).collect()
}
