//! Whether bytes from Redis may be served for a request.

use std::sync::Arc;

use super::checksum::Checksum;
use super::request::Request;
use super::standing::{Demands, Left, Sight, Standing, standing};
use super::there::{Id, There};
use crate::clock::Moment;
use crate::events::Miss;
use crate::frame::{self, Frame, Room, Stamp, Unreadable};
use crate::kind::Encoded;
use crate::memory::{About, Given, Held, Life, load_us};
use crate::stamp::{Basis, BySubject, Subject};

/// The stamps of one round trip, and the time and run of the entry's node at it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) stamps: BySubject<Option<Stamp>>,
    pub(crate) basis: Basis,
    /// When the entry was read, and so was the node's clock.
    pub(crate) read_at: Moment,
    /// That clock, in Unix milliseconds.
    pub(crate) node_ms: u64,
    pub(crate) run_id: [u8; 8],
}

impl Seen {
    fn sight(&self) -> Sight<'_> {
        Sight {
            stamps: &self.stamps,
            node_ms: self.node_ms,
            run_id: self.run_id,
        }
    }
}

/// What an entry turned out to be.
#[derive(Debug)]
pub(crate) enum Judged {
    /// It may be served.
    Valid(Valid),
    /// It may not.
    Invalid { why: Miss, there: There },
    /// It rests on stamps that were not read yet.
    Unknown(Vec<Subject>),
}

/// An entry that nothing it rests on was invalidated of.
#[derive(Debug)]
pub(crate) struct Valid {
    /// As memory may keep it.
    pub(crate) held: Arc<Held>,
    pub(crate) there: There,
    /// For how long by the node's clock, from when it was read.
    pub(crate) left: Left,
}

impl Judged {
    pub(crate) fn absent() -> Self {
        Self::Invalid {
            why: Miss::Absent,
            there: There::default(),
        }
    }
}

/// Judges an entry by its own times, the stamps seen, and what the site asks for.
pub(crate) fn judge(request: &Request, bytes: &[u8], seen: &Seen) -> Judged {
    let frame = match parse(request, bytes) {
        Ok(frame) => frame,
        Err(cause) => {
            request.trouble("read an entry", cause.as_str());
            return invalid(Miss::Unreadable, bytes);
        }
    };
    if frame.header.is_reservation() {
        // Its place is kept by a restore that is under way, and it has no value.
        return invalid(Miss::Expired, bytes);
    }
    let demands = Demands {
        stamped: request.stamped(),
        stale_ms: request.policy.stale_ms,
        spans_nodes: request.tiers.spans_nodes(),
    };
    let left = match standing(&demands, &frame.header, &seen.sight()) {
        Standing::Good(left) => left,
        Standing::OfAnotherRun | Standing::Invalidated => return invalid(Miss::Invalidated, bytes),
        Standing::Expired => return expired(request, &frame, bytes),
        Standing::Unknown(unread) => return Judged::Unknown(unread),
    };
    if frame.header.is_restored() && request.is_strong() {
        // Of what was invalidated between its backup and its restore nobody knows.
        return invalid(Miss::Invalidated, bytes);
    }
    if request.refused == Some(frame.header.id) {
        return invalid(Miss::Refused, bytes);
    }
    let room = Room::for_values(request.tiers.limits.max_value);
    let codec = frame.header.codec;
    let mut there = There {
        id: Id::from_buf(frame.header.id),
        checksum: None,
    };
    let about = About {
        id: frame.header.id,
        life: life(request, seen, left, frame.header.load_us),
        born: born(seen, frame.header.born_ms),
        watch: seen.basis.watch(),
        encoded: bytes.len(),
        counters: Arc::clone(&request.counters),
    };
    let held = frame::unpacked(&frame, request.lock(), room).and_then(|payload| {
        let encoded = Encoded {
            codec,
            payload: &payload,
            room,
        };
        let held = request.kind.read_held(encoded, about)?;
        if left.fresh_ms == 0 || request.is_due(&held) {
            there.checksum = Some(Checksum::of_entry(&frame.header, &payload));
        }
        Ok(held)
    });
    match held {
        Ok(held) => Judged::Valid(Valid { held, there, left }),
        Err(cause) => {
            request.trouble("decode an entry", cause.as_str());
            invalid(Miss::Unreadable, bytes)
        }
    }
}

/// When an entry was born by the node's clock, on that of this process.
fn born(seen: &Seen, born_ms: u64) -> Moment {
    let age_ms = seen.node_ms.saturating_sub(born_ms);
    Moment(seen.read_at.0.saturating_sub(age_ms))
}

/// How long a value is served that was read with so much left: as memory may keep it.
fn life(request: &Request, seen: &Seen, left: Left, load: u64) -> Life {
    let fresh_until = seen.read_at.plus_ms(left.fresh_ms);
    let trusted = seen.basis.until(request.tiers.limits.lag_ms);
    let stale_until = seen.read_at.plus_ms(left.stale_ms).min(trusted);
    let unused_until = request.unused_until(stale_until, seen.read_at);
    let (until, stale_until) = request.served((fresh_until, stale_until), seen.read_at);
    Life {
        until: until.min(trusted),
        stale_until,
        given: Given {
            fresh_until,
            unchecked_until: request.unchecked(unused_until),
            load_us: load_us(load),
            is_here_alone: false,
        },
    }
}

/// The id is taken from its place even where the rest can't be read: the lease script compares it.
pub(super) fn invalid(why: Miss, bytes: &[u8]) -> Judged {
    let end = bytes.len().min(frame::ID_OFFSET + 16);
    let id = Id::from_slice(bytes.get(frame::ID_OFFSET..end).unwrap_or_default());
    let checksum = None;
    Judged::Invalid {
        why,
        there: There { id, checksum },
    }
}

/// One whose time is over: nothing of it is served, and what replaces it is compared with it.
fn expired(request: &Request, frame: &Frame<'_>, bytes: &[u8]) -> Judged {
    let room = Room::for_values(request.tiers.limits.max_value);
    let payload = frame::unpacked(frame, request.lock(), room).ok();
    let mut judged = invalid(Miss::Expired, bytes);
    if let Judged::Invalid { there, .. } = &mut judged {
        there.checksum = payload.map(|payload| Checksum::of_entry(&frame.header, &payload));
    }
    judged
}

fn parse<'a>(request: &Request, bytes: &'a [u8]) -> Result<Frame<'a>, Unreadable> {
    let frame = frame::parse(bytes)?;
    let (site, header) = (request.site, &frame.header);
    let is_own = site.is_own(&header.digest, &request.digest);
    frame.expect(is_own, site.shape_in(header.codec))?;
    if request.policy.encrypt && !header.is_encrypted && !header.is_reservation() {
        return Err(Unreadable::NotEncrypted);
    }
    Ok(frame)
}
