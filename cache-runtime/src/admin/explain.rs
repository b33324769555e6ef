//! Explaining one entry: it is read as a read does, judged by the same code, and told in full.

use bytes::Bytes;

use super::explanation::{
    EntryHeader, Expected, Explanation, LeaseKind, LeaseSeen, Loader, StampKind, StampSeen,
    StampState, Verdict,
};
use super::{Admin, hex, unavailable};
use crate::error::{CacheError, Result, shortened};
use crate::frame::{self, Frame, Header, Lock, Room, Stamp, Stamped, Unreadable, Writer};
use crate::load::{
    Compared, Demands, LARGE, Left, Sight, Standing, aside, compare, standing, subject_of,
};
use crate::redis::{Fault, Found, Keys, Node};
use crate::stamp::{BySubject, Subject};
use crate::tag::shown;

/// What is told where Redis does not answer.
const DOING: &str = "explain an entry";

/// What Redis has under an entry's names.
struct Looked {
    entry: Option<Bytes>,
    lease: Option<Found>,
    node: Node,
    kept_ms: Option<u64>,
    lease_ms: Option<u64>,
    /// What stands at the name, where it is no string.
    is_other_type: bool,
}

/// Each stamp that an entry carries, and the one in Redis, if there are bytes at all.
type Beside = Vec<(Stamped, Option<Found>)>;

impl Admin {
    /// What an entry is, what it rests on, and what the next read of it would find and why.
    ///
    /// It takes two round trips, or four where the entry seems invalidated: what is not read at one moment is
    /// looked at once more; and two for the process that made the entry. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`CacheError::Name`] for a name that is no entry's under the prefix, [`CacheError::Unavailable`] if Redis
    /// refused to tell. A node that can't be reached is a [`Verdict`].
    pub async fn explain(
        &self,
        name: &str,
        expected: &Expected,
    ) -> Result<Explanation, CacheError> {
        let Some((namespace, _)) = self.names().parts(name) else {
            return Err(CacheError::Name {
                what: "entry",
                name: shortened(name),
                reason: "it is not as `prefix:e:namespace:{..}`, or its prefix is another than is set",
            });
        };
        let mut told = self.explain_once(name, namespace, expected).await?;
        let seems_invalidated = !told.verdict.is_hit() && told.header.is_some();
        if seems_invalidated {
            told = self.explain_once(name, namespace, expected).await?;
        }
        told.loader = self.loader(told.header.as_ref()).await;
        Ok(told)
    }

    async fn loader(&self, header: Option<&EntryHeader>) -> Option<Loader> {
        let process = self.cache.process(&header?.loader).await?;
        Some(Loader {
            id: process.id,
            host: process.host,
            pid: process.pid,
            build: process.build,
        })
    }

    async fn explain_once(
        &self,
        name: &str,
        namespace: &str,
        expected: &Expected,
    ) -> Result<Explanation> {
        let mut told = Explanation {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            key: self.names().readable(name).map(|(_, key)| key.to_owned()),
            node_ms: None,
            run: None,
            bytes: None,
            kept_ms: None,
            header: None,
            loader: None,
            stamps: Vec::new(),
            lease: None,
            evicted_keys: None,
            verdict: Verdict::NeverStored,
        };
        match self.fill_in(&mut told, expected).await {
            Ok(()) => Ok(told),
            Err(fault) if fault.is_outage() || fault == Fault::Unreachable => {
                told.verdict = Verdict::NodeAway {
                    cause: fault.as_str(),
                };
                Ok(told)
            }
            Err(fault) => Err(unavailable(DOING, fault)),
        }
    }

    async fn fill_in(&self, told: &mut Explanation, expected: &Expected) -> Result<(), Fault> {
        let looked = self.look(&told.name).await?;
        told.node_ms = Some(looked.node.ms);
        told.run = Some(hex(&looked.node.run_id));
        told.kept_ms = looked.kept_ms;
        told.lease = looked
            .lease
            .clone()
            .map(|found| lease(found, looked.lease_ms));
        let Some(entry) = looked.entry else {
            told.verdict = match &told.lease {
                _ if looked.is_other_type => foreign(Fault::WrongType.as_str()),
                Some(lease) if lease.is_held() => Verdict::Loading,
                _ => Verdict::NeverStored,
            };
            return Ok(());
        };
        told.bytes = Some(entry.len());
        let Some(stamps) = stamps_of(&entry).await else {
            let cause = frame::parse(&entry).err().unwrap_or(Unreadable::Decode);
            told.verdict = foreign(cause.as_str());
            return Ok(());
        };
        let beside = self.beside(stamps).await?;
        let judging = Judging {
            name: told.name.clone(),
            entry,
            namespace: told.namespace.clone(),
            beside,
            node_ms: looked.node.ms,
            run_id: looked.node.run_id,
            spans_nodes: self.cache.tiers().spans_nodes(),
            expected: expected.clone(),
            keys: self.cache.tiers().keys.clone(),
            max_value: self.cache.tiers().limits.max_value,
        };
        let missing = judging.missing();
        told.evicted_keys = match missing {
            Some(stamp) => self.evicted(&stamp).await,
            None => None,
        };
        let evicts = told.evicted_keys.is_some_and(|count| count > 0);
        let is_large = frame::extent(&judging.entry) >= LARGE;
        let judged = match is_large {
            true => aside(move || judging.judge(evicts)).await,
            false => Some(judging.judge(evicts)),
        };
        let judged = judged.unwrap_or_else(|| Judged::foreign(Unreadable::Decode));
        (told.header, told.stamps, told.verdict) = (judged.header, judged.stamps, judged.verdict);
        Ok(())
    }

    async fn look(&self, name: &str) -> Result<Looked, Fault> {
        let redis = self.redis().map_err(|_| Fault::Down)?;
        let lease = [name, ":lease"].concat();
        let read = redis
            .read(Keys::from_iter([name.into(), lease.as_str().into()]))
            .await?;
        let mut found = read.found.into_iter();
        let entry = found.next().and_then(|found| found.bytes);
        let lease_found = found.next().filter(|found| found.bytes.is_some());
        let (pttl, kind) = (b"PTTL".as_slice(), b"TYPE".as_slice());
        let said = redis
            .say(&[
                (name, &[pttl, name.as_bytes()]),
                (name, &[pttl, lease.as_bytes()]),
                (name, &[kind, name.as_bytes()]),
            ])
            .await;
        let mut said = said.into_iter();
        let mut left = || {
            let said = said.next()?.ok()?;
            u64::try_from(said.number()?).ok()
        };
        let (kept_ms, lease_ms) = (left(), left());
        let kind = said.next().and_then(Result::ok);
        let kind = kind.as_ref().and_then(|kind| kind.text());
        Ok(Looked {
            is_other_type: entry.is_none() && !matches!(kind, None | Some("none" | "string")),
            entry,
            lease: lease_found,
            node: read.node,
            kept_ms,
            lease_ms,
        })
    }

    /// What Redis has in the places of the stamps.
    async fn beside(&self, stamps: Vec<Stamped>) -> Result<Beside, Fault> {
        let redis = self.redis().map_err(|_| Fault::Down)?;
        let names: Keys = stamps
            .iter()
            .filter_map(|stamped| self.stamp_name(stamped))
            .collect();
        let mut found = match names.is_empty() {
            true => Vec::new().into_iter(),
            false => redis.read(names).await?.found.into_vec().into_iter(),
        };
        let beside = stamps.into_iter().map(|stamped| {
            let is_named = stamped.kind != frame::StampKind::Node;
            let there = is_named.then(|| found.next()).flatten();
            (stamped, there)
        });
        Ok(beside.collect())
    }

    /// How many keys the node of a stamp has evicted since it started.
    async fn evicted(&self, stamped: &Stamped) -> Option<u64> {
        let name = self.stamp_name(stamped)?;
        let info: &[&[u8]] = &[b"INFO", b"stats"];
        let said = self.redis().ok()?.say(&[(&*name, info)]).await.pop()?;
        let said = said.ok()?;
        let mut lines = said.text()?.lines();
        let count = lines.find_map(|line| line.strip_prefix("evicted_keys:"))?;
        count.trim().parse().ok()
    }
}

/// The stamps that an entry carries; a large one is read away from the runtime's threads.
async fn stamps_of(entry: &Bytes) -> Option<Vec<Stamped>> {
    let bytes = entry.clone();
    let read = move || {
        let frame = frame::parse(&bytes).ok()?;
        let stamps = frame.header.stamps.iter().map(|stamped| Stamped {
            kind: stamped.kind,
            name: stamped.name.into(),
            stamp: stamped.stamp,
        });
        Some(stamps.collect())
    };
    match entry.len() < LARGE {
        true => read(),
        false => aside(read).await.flatten(),
    }
}

/// All that an entry is judged by.
struct Judging {
    name: String,
    namespace: String,
    entry: Bytes,
    beside: Beside,
    node_ms: u64,
    run_id: [u8; 8],
    spans_nodes: bool,
    expected: Expected,
    keys: Option<crate::frame::EncryptionKeys>,
    max_value: usize,
}

/// What an entry turned out to be.
struct Judged {
    header: Option<EntryHeader>,
    stamps: Vec<StampSeen>,
    verdict: Verdict,
}

impl Judged {
    fn foreign(cause: Unreadable) -> Self {
        Self {
            header: None,
            stamps: Vec::new(),
            verdict: foreign(cause.as_str()),
        }
    }
}

impl Judging {
    /// The first stamp of which Redis has nothing.
    fn missing(&self) -> Option<Stamped> {
        let missing = |(stamped, there): &&(Stamped, Option<Found>)| {
            stamped.kind != frame::StampKind::Node
                && there.as_ref().is_none_or(|found| found.bytes.is_none())
        };
        let first = self.beside.iter().find(missing);
        first.map(|(stamped, _)| stamped.clone())
    }

    fn judge(&self, evicts: bool) -> Judged {
        let frame = match frame::parse(&self.entry) {
            Ok(frame) => frame,
            Err(cause) => return Judged::foreign(cause),
        };
        let stamps: Vec<_> = self.beside.iter().map(|of| self.stamp_seen(of)).collect();
        Judged {
            verdict: self.verdict(&frame, &stamps, evicts),
            header: Some(header(&frame.header)),
            stamps,
        }
    }

    fn verdict(&self, frame: &Frame<'_>, stamps: &[StampSeen], evicts: bool) -> Verdict {
        let header = &frame.header;
        if !is_of_name(&self.name, &header.digest) {
            return foreign(Unreadable::Digest.as_str());
        }
        if self
            .expected
            .shape
            .is_some_and(|shape| shape != header.shape)
        {
            let shape = hex(&header.shape.to_be_bytes());
            return Verdict::OtherShape { shape };
        }
        let by_hand = stamps.iter().any(|seen| seen.state == StampState::Expired);
        match self.standing(header) {
            Standing::Good(left) => self.readable(frame, left, by_hand),
            Standing::Expired => Verdict::Expired { by_hand },
            Standing::OfAnotherRun => Verdict::OtherRun,
            Standing::Invalidated | Standing::Unknown(_) => fallen(stamps, evicts),
        }
    }

    /// What a read makes of it.
    fn standing(&self, header: &Header<&str>) -> Standing {
        let stamps = self.beside.iter().filter_map(|(stamped, there)| {
            let own = Stamped {
                kind: stamped.kind,
                name: &*stamped.name,
                stamp: stamped.stamp,
            };
            Some((subject_of(&own)?, there.clone().and_then(Found::stamp)))
        });
        let stamps: BySubject<Option<Stamp>> = stamps.collect();
        let stale = self.expected.stale;
        let demands = Demands {
            stamped: &[Subject::Namespace(self.namespace.as_str().into())],
            stale_ms: stale.map_or(u64::MAX, |stale| {
                u64::try_from(stale.as_millis()).unwrap_or(u64::MAX)
            }),
            spans_nodes: self.spans_nodes,
        };
        let sight = Sight {
            stamps: &stamps,
            node_ms: self.node_ms,
            run_id: self.run_id,
        };
        standing(&demands, header, &sight)
    }

    /// One that may be served, if its payload can be had.
    fn readable(&self, frame: &Frame<'_>, left: Left, by_hand: bool) -> Verdict {
        let lock = Lock {
            keys: self.keys.as_ref(),
            name: &self.name,
        };
        match frame::unpacked(frame, lock, Room::for_values(self.max_value)) {
            // That there is no key here says nothing of the programs that read it.
            Ok(_) | Err(Unreadable::NoKey) if left.fresh_ms > 0 => Verdict::Fresh {
                for_ms: left.fresh_ms,
            },
            Ok(_) | Err(Unreadable::NoKey) => Verdict::Stale {
                for_ms: left.stale_ms,
                by_hand,
            },
            Err(cause) => foreign(cause.as_str()),
        }
    }

    fn stamp_seen(&self, (stamped, there): &(Stamped, Option<Found>)) -> StampSeen {
        StampSeen {
            kind: kind(stamped.kind),
            name: shown(&stamped.name).to_owned(),
            carried: hex(&stamped.stamp),
            state: match stamped.kind {
                frame::StampKind::Node if stamped.stamp[16..] == self.run_id => StampState::Holds,
                frame::StampKind::Node => StampState::OtherRun,
                _ => state(&stamped.stamp, there.as_ref()),
            },
        }
    }
}

/// How a stamp compares, by the rule of a read; where that says that it is another, how so.
fn state(carried: &Stamp, there: Option<&Found>) -> StampState {
    let counts = there.cloned().and_then(Found::stamp);
    match (compare(carried, counts.as_ref()), counts) {
        (Compared::Same, _) => StampState::Holds,
        (Compared::Expired, _) => StampState::Expired,
        (Compared::Another, Some(there)) if there[16..] == carried[16..] => StampState::Another,
        (Compared::Another, Some(_)) => StampState::OtherRun,
        (Compared::Another, None) => match there.and_then(|found| found.bytes.as_ref()) {
            None => StampState::Gone,
            Some(_) => StampState::OtherRun,
        },
    }
}

/// Why an entry does not stand whose stamps don't.
fn fallen(stamps: &[StampSeen], evicts: bool) -> Verdict {
    let holds = |seen: &StampSeen| matches!(seen.state, StampState::Holds | StampState::Expired);
    let Some(first) = stamps.iter().find(|seen| !holds(seen)) else {
        // Each entry carries the stamp of its namespace.
        return foreign("no_namespace_stamp");
    };
    match (first.state, first.kind) {
        (StampState::OtherRun, _) | (_, StampKind::Node) => Verdict::OtherRun,
        (StampState::Gone, kind) if evicts => Verdict::StampEvicted {
            kind,
            name: first.name.clone(),
        },
        (_, StampKind::Tag) => Verdict::TagInvalidated {
            tag: first.name.clone(),
        },
        (_, StampKind::Namespace) => Verdict::NamespaceCleared {
            namespace: first.name.clone(),
        },
    }
}

/// Whether a digest is the one that a name has the beginning of.
pub(super) fn is_of_name(name: &str, digest: &[u8; 32]) -> bool {
    let digits = name.strip_suffix('}').unwrap_or(name);
    let digits = digits.rsplit(['-', '{']).next().unwrap_or_default();
    !digits.is_empty() && hex(digest).starts_with(digits)
}

fn foreign(cause: &'static str) -> Verdict {
    Verdict::Foreign { cause }
}

fn kind(kind: frame::StampKind) -> StampKind {
    match kind {
        frame::StampKind::Tag => StampKind::Tag,
        frame::StampKind::Namespace => StampKind::Namespace,
        frame::StampKind::Node => StampKind::Node,
    }
}

fn lease(found: Found, left_ms: Option<u64>) -> LeaseSeen {
    let held = found.lease();
    LeaseSeen {
        left_ms,
        kind: match held.as_deref() {
            None => LeaseKind::OtherRun,
            Some(held) if held.starts_with(b"nostore") => LeaseKind::NotStored,
            Some(held) => match Writer::of(held) {
                Writer::Put => LeaseKind::Put,
                Writer::Load => LeaseKind::Load,
            },
        },
    }
}

impl LeaseSeen {
    /// Whether a process is to store the entry.
    fn is_held(&self) -> bool {
        matches!(self.kind, LeaseKind::Load | LeaseKind::Put)
    }
}

pub(super) fn header(header: &Header<&str>) -> EntryHeader {
    EntryHeader {
        id: hex(&header.id),
        loader: hex(&Writer::loader(&header.id)),
        digest: hex(&header.digest),
        shape: hex(&header.shape.to_be_bytes()),
        codec: header.codec.as_str(),
        compression: header.compression.as_str(),
        is_encrypted: header.is_encrypted,
        is_put: Writer::of(&header.id) == Writer::Put,
        is_restored: header.is_restored(),
        born_ms: header.born_ms,
        fresh_until_ms: header.fresh_until_ms,
        stale_until_ms: header.stale_until_ms,
        load_us: header.load_us,
    }
}
