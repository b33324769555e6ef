//! What the functions load from: versions of values, and what each may be by now.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// So many ids have versions; those above have the first for ever.
const VERSIONED: usize = 16_384;

/// How long a load takes.
const TAKES: Duration = Duration::from_millis(5);

/// What is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Loaded {
    pub(super) id: u64,
    pub(super) version: u64,
}

/// A store that never fails.
#[derive(Debug)]
pub(super) struct Origin {
    versions: Vec<AtomicU64>,
    /// The version of each whose invalidation was acknowledged.
    acknowledged: Vec<AtomicU64>,
    loads: AtomicU64,
}

impl Origin {
    pub(super) fn new() -> Self {
        let zeros = || (0..VERSIONED).map(|_| AtomicU64::new(0)).collect();
        Self {
            versions: zeros(),
            acknowledged: zeros(),
            loads: AtomicU64::new(0),
        }
    }

    /// The version at the start of the load, which may be old at its end.
    pub(super) async fn load(&self, id: u64) -> Result<Loaded, ErrorKind> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        let version = self.version(id);
        tokio::time::sleep(TAKES).await;
        Ok(Loaded { id, version })
    }

    pub(super) fn loads(&self) -> u64 {
        self.loads.load(Ordering::Relaxed)
    }

    pub(super) fn version(&self, id: u64) -> u64 {
        get(&self.versions, id)
    }

    /// Writes the next version of a value.
    pub(super) fn write(&self, id: u64) -> u64 {
        at(&self.versions, id).map_or(0, |version| version.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Notes that the values before this version were invalidated.
    pub(super) fn acknowledge(&self, id: u64, version: u64) {
        if let Some(known) = at(&self.acknowledged, id) {
            known.fetch_max(version, Ordering::SeqCst);
        }
    }

    /// The oldest version that a read may return which begins now.
    pub(super) fn oldest(&self, id: u64) -> u64 {
        get(&self.acknowledged, id)
    }
}

fn at(all: &[AtomicU64], id: u64) -> Option<&AtomicU64> {
    all.get(usize::try_from(id).ok()?)
}

fn get(all: &[AtomicU64], id: u64) -> u64 {
    at(all, id).map_or(0, |version| version.load(Ordering::SeqCst))
}
