//! Whether bytes from Redis may be served for a request.

use std::sync::Arc;

use super::request::Request;
use crate::clock::Moment;
use crate::events::Miss;
use crate::frame::{self, Frame, Stamp, StampKind, Stamped, Unreadable};
use crate::stamp::{Subject, Watch};
use crate::value::Cacheable;

/// The stamps of one round trip, and the node's time and run at it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) stamps: Vec<(Subject, Option<Stamp>)>,
    /// When the oldest read of these was sent, or earlier.
    pub(crate) sent: Moment,
    /// The node's clock, in Unix milliseconds.
    pub(crate) node_ms: u64,
    pub(crate) run_id: [u8; 8],
    /// The cells of stamps that only the frame named, registered before these were read.
    pub(crate) more: Option<Watch>,
}

/// What an entry turned out to be.
#[derive(Debug)]
pub(crate) enum Judged<T> {
    /// It may be served, for so many milliseconds of the node's clock.
    Fresh {
        value: T,
        bytes: usize,
        left_ms: u64,
    },
    /// It may not; `id` is what stands in the id's place, empty if nothing does.
    Invalid { why: Miss, id: Vec<u8> },
    /// It rests on stamps that were not read yet.
    Unknown(Vec<Subject>),
}

impl<T> Judged<T> {
    pub(crate) fn absent() -> Self {
        Self::Invalid {
            why: Miss::Absent,
            id: Vec::new(),
        }
    }
}

/// Judges an entry by its own times, the stamps seen, and what the site asks for.
pub(crate) fn judge<T: Cacheable>(request: &Request, bytes: &[u8], seen: &Seen) -> Judged<T> {
    let frame = match parse(request, bytes) {
        Ok(frame) => frame,
        Err(cause) => {
            request.trouble("read an entry", cause.as_str());
            return invalid(Miss::Unreadable, bytes);
        }
    };
    let left_ms = frame.header.fresh_until_ms.saturating_sub(seen.node_ms);
    if left_ms == 0 {
        return invalid(Miss::Expired, bytes);
    }
    let known = |stamped: &Stamped| seen.stamps.iter().any(|(s, _)| is_of(stamped, s));
    let (known, unknown): (Vec<&Stamped>, Vec<_>) = frame
        .header
        .stamps
        .iter()
        .partition(|stamped| known(stamped));
    if !asked_for_are_there(request, &frame) || !known.iter().all(|s| matches(s, seen)) {
        return invalid(Miss::Invalidated, bytes);
    }
    if !unknown.is_empty() {
        return Judged::Unknown(unknown.into_iter().map(subject).collect());
    }
    // What the setting lets in must come out again.
    let limit = frame::DEFAULT_LIMIT.max(request.tiers.limits.max_value);
    match frame::decode(&frame, limit) {
        Ok(value) => Judged::Fresh {
            value,
            bytes: bytes.len(),
            left_ms,
        },
        Err(cause) => {
            request.trouble("decode an entry", cause.as_str());
            invalid(Miss::Unreadable, bytes)
        }
    }
}

/// The id is taken from its place even where the rest can't be read: the lease script compares it.
pub(super) fn invalid<T>(why: Miss, bytes: &[u8]) -> Judged<T> {
    let end = bytes.len().min(frame::ID_OFFSET + 16);
    let id = bytes
        .get(frame::ID_OFFSET..end)
        .unwrap_or_default()
        .to_vec();
    Judged::Invalid { why, id }
}

fn parse<'a>(request: &Request, bytes: &'a [u8]) -> Result<Frame<'a>, Unreadable> {
    let frame = frame::parse(bytes)?;
    frame.expect(&request.digest, request.site.shape.fingerprint)?;
    Ok(frame)
}

/// Every stamp that the site names from its arguments is in the frame.
fn asked_for_are_there(request: &Request, frame: &Frame<'_>) -> bool {
    let there = |asked: &Subject| frame.header.stamps.iter().any(|s| is_of(s, asked));
    request.stamped().iter().all(there)
}

/// Equal to the stamp in Redis, which was made under the node's present run.
fn matches(stamped: &Stamped, seen: &Seen) -> bool {
    let found = seen.stamps.iter().find(|(s, _)| is_of(stamped, s));
    found.is_some_and(|(_, stamp)| {
        stamp.is_some_and(|stamp| stamp == stamped.stamp && stamp[16..] == seen.run_id)
    })
}

/// Whether a stamp in a frame is of this subject.
fn is_of(stamped: &Stamped, subject: &Subject) -> bool {
    match (stamped.kind, subject) {
        (StampKind::Tag, Subject::Tag(name)) | (StampKind::Namespace, Subject::Namespace(name)) => {
            *stamped.name == **name
        }
        _ => false,
    }
}

fn subject(stamped: &Stamped) -> Subject {
    let name: Arc<str> = (*stamped.name).into();
    match stamped.kind {
        StampKind::Tag => Subject::Tag(name),
        StampKind::Namespace => Subject::Namespace(name),
    }
}
