//! What holds loads until all callers wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::watch;

use crate::user::{User, shared_user};

/// What holds the loads until all callers wait.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) loads: AtomicI64,
    pub(crate) arrived: AtomicI64,
    pub(crate) is_open: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            loads: AtomicI64::new(0),
            arrived: AtomicI64::new(0),
            is_open: watch::Sender::new(false),
        })
    }

    /// A load.
    pub(crate) async fn load(&self) -> Arc<User> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        let mut is_open = self.is_open.subscribe();
        let _ = is_open.wait_for(|is_open| *is_open).await;
        shared_user(1)
    }
}
