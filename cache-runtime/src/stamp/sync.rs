//! What a cell is synchronised by. The models of `tests/loom` put loom's in its place.

pub(super) use std::sync::OnceLock;
pub(super) use std::sync::atomic::{AtomicU64, Ordering, fence};

pub(super) use tokio::sync::Notify;
