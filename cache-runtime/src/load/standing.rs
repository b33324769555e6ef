//! What an entry's header comes to, beside the stamps that were seen: the one rule for a read, and for who
//! explains what a read would do.

use std::sync::Arc;

use crate::frame::{Header, Stamp, StampKind, Stamped};
use crate::stamp::{BySubject, Subject};

/// What is asked of an entry by who would serve it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demands<'a> {
    /// What it must carry the stamps of.
    pub(crate) stamped: &'a [Subject],
    /// The longest that it may be stale, in milliseconds.
    pub(crate) stale_ms: u64,
    /// Whether stamps may be at other nodes than the entry.
    pub(crate) spans_nodes: bool,
}

/// What was seen of Redis when the entry was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'a> {
    /// Of each subject that was looked for; none where it has no stamp of the node's present run.
    pub(crate) stamps: &'a BySubject<Option<Stamp>>,
    /// The clock of the entry's node, in Unix milliseconds.
    pub(crate) node_ms: u64,
    /// That node's run.
    pub(crate) run_id: [u8; 8],
}

/// What an entry comes to.
#[derive(Debug)]
pub(crate) enum Standing {
    /// Nothing that it rests on was invalidated, and its time is not over.
    Good(Left),
    /// It was stored in another run of its node, or on another node.
    OfAnotherRun,
    /// A stamp is another than its own, or one that is asked for is not in it.
    Invalidated,
    /// Its time is over.
    Expired,
    /// It rests on stamps that were not looked for yet.
    Unknown(Vec<Subject>),
}

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

/// Judges an entry by its own times and the stamps seen.
#[inline]
pub(crate) fn standing(
    demands: &Demands<'_>,
    header: &Header<&str>,
    sight: &Sight<'_>,
) -> Standing {
    if !is_of_its_node(demands, header, sight) {
        return Standing::OfAnotherRun;
    }
    let Some(Rests {
        was_expired,
        unread,
    }) = rests(demands, header, sight)
    else {
        return Standing::Invalidated;
    };
    match left(demands.stale_ms, header, sight.node_ms, was_expired) {
        None => Standing::Expired,
        Some(_) if !unread.is_empty() => Standing::Unknown(unread),
        Some(left) => Standing::Good(left),
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

/// Whether the node that has the entry is the one it was stored on, in the same run. In a cluster the
/// stamps may be at other nodes, and can't tell that this one was replaced by a replica that missed
/// the entry's invalidation.
fn is_of_its_node(demands: &Demands<'_>, header: &Header<&str>, sight: &Sight<'_>) -> bool {
    let mut nodes = header.stamps.iter();
    match nodes.find(|stamped| stamped.kind == StampKind::Node) {
        Some(node) => node.stamp[16..] == sight.run_id,
        None => !demands.spans_nodes,
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
fn rests(demands: &Demands<'_>, header: &Header<&str>, sight: &Sight<'_>) -> Option<Rests> {
    let own = own_first(demands, header, sight);
    let (first, others) = header.stamps.split_at(own.unwrap_or(0));
    let mut was_expired = false;
    for (stamped, (_, here)) in first.iter().zip(sight.stamps.iter()) {
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
        match sight
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
    let mut asked = demands.stamped.iter();
    let all = own.is_some() || asked.all(|asked| there.contains(asked));
    all.then_some(Rests {
        was_expired,
        unread,
    })
}

/// How many stamps the site names from its arguments, if they stand in the frame first and in the site's
/// order, as in most, and were read in it.
fn own_first(demands: &Demands<'_>, header: &Header<&str>, sight: &Sight<'_>) -> Option<usize> {
    let asked = demands.stamped;
    let is_full = header.stamps.len().min(sight.stamps.len()) >= asked.len();
    let mut pairs = asked.iter().zip(&header.stamps).zip(sight.stamps.iter());
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

/// How a stamp in a frame is beside the one in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    Same,
    /// Another second half: what carries it is stale.
    Expired,
    /// Another first half, another run of the node, or none: what carries it is invalid.
    Another,
}

/// A stamp in a frame beside the one in Redis, which is of its node's present run.
pub(crate) fn compare(here: &Stamp, there: Option<&Stamp>) -> Compared {
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
pub(crate) fn subject(stamped: &Stamped<&str>) -> Option<Subject> {
    let name = || Arc::from(stamped.name);
    match stamped.kind {
        StampKind::Tag => Some(Subject::Tag(name())),
        StampKind::Namespace => Some(Subject::Namespace(name())),
        StampKind::Node => None,
    }
}

#[cfg(test)]
mod tests {
    use smallvec::SmallVec;

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
