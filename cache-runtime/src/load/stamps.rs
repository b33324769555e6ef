//! The stamps of a request: how they are asked for, and how a frame carries them.

use std::sync::Arc;

use super::request::Request;
use crate::frame::{Stamp, StampKind, Stamped};
use crate::redis::StampAsk;
use crate::stamp::Subject;

/// A stamp outlives the entries that carry it by this much, in milliseconds, so that a slow load
/// does not outlive its stamps.
const SLACK_MS: u64 = 60_000;

/// Redis takes no ttl that overflows its clock; ten years is as good as for ever.
pub(super) const LONGEST_MS: u64 = 10 * 365 * 86_400_000;

/// The asks for the stamps of a request, which own their names.
pub(super) struct Asks {
    names: Vec<String>,
    need_ms: u64,
}

impl Asks {
    pub(super) fn new(request: &Request) -> Self {
        let need_ms = request.policy.ttl_ms.saturating_add(SLACK_MS);
        Self {
            names: request
                .stamped()
                .iter()
                .map(|s| request.stamp_name(s))
                .collect(),
            need_ms: need_ms.min(LONGEST_MS / 2),
        }
    }

    pub(super) fn stamps(&self) -> Vec<StampAsk<'_>> {
        self.names
            .iter()
            .map(|name| StampAsk {
                name,
                fresh: rand::random(),
                need_ms: self.need_ms,
            })
            .collect()
    }
}

/// The stamps as a frame carries them; `None` if one could not be made.
pub(super) fn noted(subjects: &[Subject], stamps: &[Option<Stamp>]) -> Option<Vec<Stamped>> {
    let noted = subjects.iter().zip(stamps).map(|(subject, stamp)| {
        let (kind, name) = match subject {
            Subject::Tag(name) => (StampKind::Tag, name),
            Subject::Namespace(name) => (StampKind::Namespace, name),
            Subject::Entry(_) => return None,
        };
        Some(Stamped {
            kind,
            name: Arc::clone(name),
            stamp: (*stamp)?,
        })
    });
    noted.collect()
}

/// A stamp as Redis holds it; bytes of another length are none.
pub(super) fn as_stamp(value: Option<Vec<u8>>) -> Option<Stamp> {
    value.and_then(|bytes| bytes.try_into().ok())
}
