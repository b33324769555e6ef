//! Whether bytes from Redis may be served for a request.

use std::sync::Arc;

use smallvec::SmallVec;

use super::request::Request;
use crate::clock::Moment;
use crate::events::Miss;
use crate::frame::{self, Frame, Header, Room, Stamp, StampKind, Stamped, Unreadable};
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

/// What an entry turned out to be.
#[derive(Debug)]
pub(crate) enum Judged {
    /// It may be served.
    Valid(Valid),
    /// It may not; `id` is what stands in the id's place, empty if nothing does.
    Invalid { why: Miss, id: Id },
    /// It rests on stamps that were not read yet.
    Unknown(Vec<Subject>),
}

/// An entry that nothing it rests on was invalidated of.
#[derive(Debug)]
pub(crate) struct Valid {
    /// As memory may keep it.
    pub(crate) held: Arc<Held>,
    pub(crate) id: Id,
    /// For how long by the node's clock, from when it was read.
    pub(crate) left: Left,
}

/// What stands in the place of an entry's id.
pub(crate) type Id = SmallVec<[u8; 16]>;

/// How long an entry may be served, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    /// Without a refresh.
    pub(crate) fresh_ms: u64,
    /// At all; not less.
    pub(crate) stale_ms: u64,
}

impl Left {
    pub(crate) fn most_ms(self) -> u64 {
        self.fresh_ms.max(self.stale_ms)
    }
}

impl Judged {
    pub(crate) fn absent() -> Self {
        Self::Invalid {
            why: Miss::Absent,
            id: Id::new(),
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
    if !is_of_its_node(request, &frame.header, seen) {
        return invalid(Miss::Invalidated, bytes);
    }
    let Some(Rests {
        was_expired,
        unread,
    }) = rests(request, &frame.header, seen)
    else {
        return invalid(Miss::Invalidated, bytes);
    };
    let Some(left) = left(
        request.policy.stale_ms,
        &frame.header,
        seen.node_ms,
        was_expired,
    ) else {
        return invalid(Miss::Expired, bytes);
    };
    if !unread.is_empty() {
        return Judged::Unknown(unread);
    }
    if request.refused == Some(frame.header.id) {
        return invalid(Miss::Refused, bytes);
    }
    let room = Room::for_values(request.tiers.limits.max_value);
    let codec = frame.header.codec;
    let about = About {
        id: frame.header.id,
        life: life(request, seen, left, frame.header.load_us),
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
        request.kind.read_held(encoded, about)
    });
    match held {
        Ok(held) => Judged::Valid(Valid {
            held,
            id: Id::from_buf(frame.header.id),
            left,
        }),
        Err(cause) => {
            request.trouble("decode an entry", cause.as_str());
            invalid(Miss::Unreadable, bytes)
        }
    }
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

/// How far an entry's birth may be ahead of what this process takes for the node's time, in
/// milliseconds: each process knows that time to within a round trip.
const AHEAD_MS: u64 = 1_000;

/// How long it may be served, if at all: never longer than it was given. One that is born in the
/// node's future was stored before the node's clock was set back, and would live until that has
/// caught up. The stale window is the shorter of the one it was stored with and the site's own;
/// without one, what was expired by hand is over at once.
fn left(
    site_stale_ms: u64,
    header: &Header<&str>,
    node_ms: u64,
    was_expired: bool,
) -> Option<Left> {
    if header.born_ms > node_ms.saturating_add(AHEAD_MS) {
        return None;
    }
    let given_ms = header.fresh_until_ms.saturating_sub(header.born_ms);
    let stored = header.stale_until_ms.saturating_sub(header.fresh_until_ms);
    let window = stored.min(site_stale_ms);
    let end = header.fresh_until_ms.saturating_add(window);
    let fresh_ms = match was_expired {
        true => 0,
        false => header.fresh_until_ms.saturating_sub(node_ms).min(given_ms),
    };
    let stale_ms = end
        .saturating_sub(node_ms)
        .min(given_ms.saturating_add(window));
    let servable = fresh_ms > 0 || (window > 0 && stale_ms > 0);
    servable.then_some(Left { fresh_ms, stale_ms })
}

/// The id is taken from its place even where the rest can't be read: the lease script compares it.
pub(super) fn invalid(why: Miss, bytes: &[u8]) -> Judged {
    let end = bytes.len().min(frame::ID_OFFSET + 16);
    let id = Id::from_slice(bytes.get(frame::ID_OFFSET..end).unwrap_or_default());
    Judged::Invalid { why, id }
}

fn parse<'a>(request: &Request, bytes: &'a [u8]) -> Result<Frame<'a>, Unreadable> {
    let frame = frame::parse(bytes)?;
    let (site, header) = (request.site, &frame.header);
    let is_own = site.is_own(&header.digest, &request.digest);
    frame.expect(is_own, site.shape_in(header.codec))?;
    if request.policy.encrypt && !header.is_encrypted {
        return Err(Unreadable::NotEncrypted);
    }
    Ok(frame)
}

/// Whether the node that has the entry is the one it was stored on, in the same run. In a cluster the
/// stamps may be at other nodes, and can't tell that this one was replaced by a replica that missed
/// the entry's invalidation.
fn is_of_its_node(request: &Request, header: &Header<&str>, seen: &Seen) -> bool {
    let mut nodes = header.stamps.iter();
    match nodes.find(|stamped| stamped.kind == StampKind::Node) {
        Some(node) => node.stamp[16..] == seen.run_id,
        None => !request.tiers.spans_nodes(),
    }
}

/// What an entry rests on, where nothing of it is known to have been invalidated.
struct Rests {
    was_expired: bool,
    /// Whose stamps were not read yet, once each.
    unread: Vec<Subject>,
}

/// `None` if a stamp is another than the frame's, or one that the site names from its arguments is not
/// in the frame.
fn rests(request: &Request, header: &Header<&str>, seen: &Seen) -> Option<Rests> {
    let own = own_first(request, header, seen);
    let (first, others) = header.stamps.split_at(own.unwrap_or(0));
    let mut was_expired = false;
    for (stamped, (_, here)) in first.iter().zip(seen.stamps.iter()) {
        match compare(&stamped.stamp, here.as_ref()) {
            Compared::Same => {}
            Compared::Expired => was_expired = true,
            Compared::Another => return None,
        }
    }
    let (mut unread, mut there) = (Vec::new(), BySubject::default());
    for stamped in others {
        let Some(subject) = subject(stamped) else {
            continue;
        };
        match seen
            .stamps
            .get(&subject)
            .map(|here| compare(&stamped.stamp, here.as_ref()))
        {
            Some(Compared::Same) => {}
            Some(Compared::Expired) => was_expired = true,
            Some(Compared::Another) => return None,
            None if there.contains(&subject) => {}
            None => unread.push(subject.clone()),
        }
        there.insert(subject, ());
    }
    let mut asked = request.stamped().iter();
    let all = own.is_some() || asked.all(|asked| there.contains(asked));
    all.then_some(Rests {
        was_expired,
        unread,
    })
}

/// How many stamps the site names from its arguments, if they stand in the frame first and in the site's
/// order, as in most, and were read in it.
fn own_first(request: &Request, header: &Header<&str>, seen: &Seen) -> Option<usize> {
    let asked = request.stamped();
    let is_full = header.stamps.len().min(seen.stamps.len()) >= asked.len();
    let mut pairs = asked.iter().zip(&header.stamps).zip(seen.stamps.iter());
    let are_same = is_full
        && pairs.all(|((asked, stamped), (read, _))| {
            asked == read && is_named(asked, stamped.kind, stamped.name)
        });
    are_same.then_some(asked.len())
}

fn is_named(subject: &Subject, kind: StampKind, name: &str) -> bool {
    match subject {
        Subject::Tag(tag) => kind == StampKind::Tag && **tag == *name,
        Subject::Namespace(namespace) => kind == StampKind::Namespace && **namespace == *name,
        Subject::Entry(_) | Subject::Bucket(_) => false,
    }
}

enum Compared {
    Same,
    /// Another second half: what carries it is stale.
    Expired,
    /// Another first half, another run of the node, or none: what carries it is invalid.
    Another,
}

/// A stamp in a frame beside the one in Redis, which is of its node's present run.
fn compare(here: &Stamp, there: Option<&Stamp>) -> Compared {
    let Some(there) = there else {
        return Compared::Another;
    };
    match () {
        () if here[16..] != there[16..] || here[..8] != there[..8] => Compared::Another,
        () if here[8..16] != there[8..16] => Compared::Expired,
        () => Compared::Same,
    }
}

/// What a stamp in a frame is of; none for that of its node.
fn subject(stamped: &Stamped<&str>) -> Option<Subject> {
    let name = || Arc::from(stamped.name);
    match stamped.kind {
        StampKind::Tag => Some(Subject::Tag(name())),
        StampKind::Namespace => Some(Subject::Namespace(name())),
        StampKind::Node => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::CodecId;
    use crate::policy::Compression;

    const BORN: u64 = 1_000_000_000;

    /// Fresh for 5 s, stale for 10 s more.
    fn left_at(node_ms: u64) -> Option<(u64, u64)> {
        let header = Header {
            codec: CodecId::Bincode,
            is_encrypted: false,
            compression: Compression::None,
            flags: 0,
            id: [0; 16],
            digest: [0; 32],
            shape: 0,
            born_ms: BORN,
            fresh_until_ms: BORN + 5_000,
            stale_until_ms: BORN + 15_000,
            load_us: 0,
            stamps: SmallVec::new(),
        };
        left(60_000, &header, node_ms, false).map(|left| (left.fresh_ms, left.stale_ms))
    }

    #[test]
    fn an_entry_is_served_for_its_times_and_no_longer() {
        assert_eq!(left_at(BORN), Some((5_000, 15_000)));
        assert_eq!(left_at(BORN + 7_000), Some((0, 8_000)));
        assert_eq!(left_at(BORN + 15_000), None);
    }

    #[test]
    fn a_clock_set_back_lengthens_no_entrys_life() {
        assert_eq!(left_at(BORN - 900), Some((5_000, 15_000)));
        assert_eq!(left_at(BORN - 15 * 60_000), None);
    }
}
