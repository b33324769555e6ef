//! The header: what an entry says of itself before its payload.
//!
//! All integers are little-endian.
//!
//! | at | what |
//! |---|---|
//! | 0 | magic, 4 bytes |
//! | 4 | format version, codec, compression, flags: a byte each; the highest bit of the codec says that the payload is encrypted |
//! | 8 | entry id, 16 bytes |
//! | 24 | length of the whole frame, u64 |
//! | 32 | digest of the key, 32 bytes |
//! | 64 | shape, born, fresh until, stale until, load time: u64 each |
//! | 104 | number of stamps, u32; then each: kind u8, length of its name u32, name, stamp |
//! | … | payload |
//! | end − 8 | xxh3-64 of all the bytes before it |

use std::sync::Arc;

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use super::{CodecId, Unreadable};
use crate::policy::Compression;
use crate::tag::MOST_TAGS;

/// How many bytes a stamp has.
pub(crate) const STAMP_LEN: usize = 24;

/// Where the entry id stands in a frame: scripts read it there without parsing the rest.
pub(crate) const ID_OFFSET: usize = 8;

const MAGIC: [u8; 4] = [0xC5, b'f', b'r', b'm'];
const VERSION: u8 = 1;
const FIXED_LEN: usize = 108;
const CHECKSUM_LEN: usize = 8;

/// The bit of the codec's byte that says that the payload is encrypted. A build that knows of no encryption knows no
/// such codec, so the entry is a miss there and never taken for a value.
const ENCRYPTED: u8 = 0x80;

/// The flag of an entry that came from a backup: what was invalidated since is not known of it.
const RESTORED: u8 = 0b0010;

/// The flag of a reservation for such an entry, which has no value.
const RESERVED: u8 = 0b0100;

/// How many times its bytes an encrypted payload is taken to hold, if it is compressed: how many they are stands
/// inside.
const PACKED: usize = 8;

/// The least a stamp with its name can take, which bounds how many a frame can claim.
const STAMPED_MIN: usize = 1 + 4 + STAMP_LEN;

/// The most that an entry rests on: its tags, its namespace, its node.
const MOST_STAMPS: usize = MOST_TAGS + 2;

/// A stamp: 8 random bytes whose change makes entries invalid, 8 whose change makes them stale,
/// and 8 of the run id of the node that keeps it.
pub(crate) type Stamp = [u8; STAMP_LEN];

/// 16 bytes, one such id per load: the half of its process's, and a random half.
pub(crate) type EntryId = [u8; 16];

/// What a stamp belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StampKind {
    /// A tag.
    Tag,
    /// A namespace.
    Namespace,
    /// The node that keeps the entry, which has no name; of its stamp only the run id counts.
    Node,
}

impl StampKind {
    fn to_byte(self) -> u8 {
        match self {
            Self::Tag => 0,
            Self::Namespace => 1,
            Self::Node => 2,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Tag),
            1 => Some(Self::Namespace),
            2 => Some(Self::Node),
            _ => None,
        }
    }
}

/// A name and the stamp it had before the load began. In a frame that was read the name is a part of
/// the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamped<N = Arc<str>> {
    pub(crate) kind: StampKind,
    pub(crate) name: N,
    pub(crate) stamp: Stamp,
}

impl Stamped {
    /// That the entry is kept by this run of a node.
    pub(crate) fn node(run_id: [u8; 8]) -> Self {
        let mut stamp = [0; STAMP_LEN];
        stamp[16..].copy_from_slice(&run_id);
        Self {
            kind: StampKind::Node,
            name: "".into(),
            stamp,
        }
    }
}

/// What an entry says of itself. Times are in milliseconds of the clock of the node that keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header<N = Arc<str>> {
    pub(crate) codec: CodecId,
    pub(crate) is_encrypted: bool,
    pub(crate) compression: Compression,
    pub(crate) flags: u8,
    pub(crate) id: EntryId,
    pub(crate) digest: [u8; 32],
    pub(crate) shape: u64,
    pub(crate) born_ms: u64,
    pub(crate) fresh_until_ms: u64,
    pub(crate) stale_until_ms: u64,
    /// How long the load took, in microseconds.
    pub(crate) load_us: u64,
    pub(crate) stamps: SmallVec<[Stamped<N>; 2]>,
}

impl<N: Clone> Header<N> {
    /// This header, fresh no longer. Its stale window begins now, if it has one, and does not reach
    /// beyond its old end.
    pub(crate) fn expired(&self, now_ms: u64) -> Self {
        let fresh_until_ms = self.fresh_until_ms.min(now_ms);
        let has_window = self.stale_until_ms > self.fresh_until_ms;
        Self {
            fresh_until_ms,
            stale_until_ms: match has_window {
                true => self.stale_until_ms,
                false => fresh_until_ms,
            },
            ..self.clone()
        }
    }
}

impl<N> Header<N> {
    /// Whether it came from a backup.
    pub(crate) fn is_restored(&self) -> bool {
        self.flags & RESTORED != 0
    }

    /// Whether it stands for an entry that is about to come from a backup.
    pub(crate) fn is_reservation(&self) -> bool {
        self.flags & RESERVED != 0
    }

    /// Its flags as those of an entry that did not come from a backup.
    pub(super) fn own_flags(&self) -> u8 {
        self.flags & !RESTORED
    }

    /// Marks it as of an entry that came from a backup.
    #[cfg(feature = "redis")]
    pub(crate) fn mark_restored(&mut self) {
        self.flags |= RESTORED;
    }

    /// Marks it as of a reservation.
    #[cfg(feature = "redis")]
    pub(crate) fn mark_reservation(&mut self) {
        self.flags |= RESERVED;
    }
}

/// A frame as read: its header, and its payload still encoded, compressed and encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) header: Header<&'a str>,
    pub(crate) payload: &'a [u8],
}

impl Frame<'_> {
    /// Checks that the frame was written for this key and this shape.
    pub(crate) fn expect(&self, is_of_key: bool, shape: u64) -> Result<(), Unreadable> {
        if !is_of_key {
            return Err(Unreadable::Digest);
        }
        if self.header.shape != shape {
            return Err(Unreadable::Shape);
        }
        Ok(())
    }
}

/// Writes a frame around a payload that is already encoded, compressed and encrypted as the header says.
pub(crate) fn write<N: AsRef<str>>(header: &Header<N>, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(total(header, payload.len()));
    begin(header, payload.len(), &mut out);
    out.extend_from_slice(payload);
    let checksum = xxh3_64(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// How long a frame is around so many bytes.
fn total<N: AsRef<str>>(header: &Header<N>, payload: usize) -> usize {
    let stamps: usize = (header.stamps.iter())
        .map(|stamped| STAMPED_MIN + stamped.name.as_ref().len())
        .sum();
    FIXED_LEN + stamps + payload + CHECKSUM_LEN
}

/// Writes what stands in a frame before a payload of so many bytes.
pub(super) fn begin<N: AsRef<str>>(header: &Header<N>, payload: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    out.push(VERSION);
    let encrypted = if header.is_encrypted { ENCRYPTED } else { 0 };
    out.push(header.codec.to_byte() | encrypted);
    out.push(header.compression.to_byte());
    out.push(header.flags);
    out.extend_from_slice(&header.id);
    out.extend_from_slice(&(total(header, payload) as u64).to_le_bytes());
    out.extend_from_slice(&header.digest);
    for word in [
        header.shape,
        header.born_ms,
        header.fresh_until_ms,
        header.stale_until_ms,
        header.load_us,
    ] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&length(header.stamps.len()));
    for stamped in &header.stamps {
        out.push(stamped.kind.to_byte());
        let name = stamped.name.as_ref();
        out.extend_from_slice(&length(name.len()));
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&stamped.stamp);
    }
}

/// A length no `u32` holds is written as the largest, which no reader accepts: a miss, no panic.
fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// Reads a frame and checks everything that can be checked without the key and the type.
///
/// # Errors
///
/// The first thing found wrong, in the order of [`Unreadable`].
pub(crate) fn parse(bytes: &[u8]) -> Result<Frame<'_>, Unreadable> {
    let (mut reader, first) = First::read(bytes)?;
    if first.len != bytes.len() as u64 {
        return Err(Unreadable::Truncated);
    }
    let body = verified(bytes)?;
    // From here on the checksum's own bytes are out of reach of every length in the header.
    reader.rest = body.get(FIRST_LEN..).ok_or(Unreadable::Truncated)?;
    let header = reader.header(first)?;
    let payload = reader.rest;
    Ok(Frame { header, payload })
}

/// What the beginning of a frame says of it, and how long all of it is: to list entries, of which nothing is served.
/// The checksum is at the end and is not looked at.
///
/// # Errors
///
/// As [`parse`]; [`Unreadable::Truncated`] where the header is longer than what is there.
#[cfg(feature = "redis")]
pub(crate) fn outline(beginning: &[u8]) -> Result<(Header<&str>, u64), Unreadable> {
    let (mut reader, first) = First::read(beginning)?;
    let len = first.len;
    Ok((reader.header(first)?, len))
}

/// How long what stands before the digest is.
const FIRST_LEN: usize = 32;

/// What stands before the digest.
struct First {
    codec: u8,
    compression: u8,
    flags: u8,
    id: EntryId,
    len: u64,
}

impl First {
    fn read(bytes: &[u8]) -> Result<(Reader<'_>, Self), Unreadable> {
        let mut reader = Reader { rest: bytes };
        if reader.array::<4>()? != MAGIC {
            return Err(Unreadable::Magic);
        }
        let [version, codec, compression, flags] = reader.array()?;
        if version != VERSION {
            return Err(Unreadable::Version);
        }
        let first = Self {
            codec,
            compression,
            flags,
            id: reader.array()?,
            len: reader.u64()?,
        };
        Ok((reader, first))
    }
}

/// How many bytes there are to work on: the frame's, or those that its payload says it has once
/// decompressed. Nothing is checked.
pub(crate) fn extent(bytes: &[u8]) -> usize {
    const CODEC: usize = 5;
    const COMPRESSION: usize = 6;
    let is_encrypted = (bytes.get(CODEC)).is_some_and(|byte| byte & ENCRYPTED != 0);
    let is_compressed = (bytes.get(COMPRESSION)).is_some_and(|byte| *byte != 0);
    if is_compressed && is_encrypted {
        return bytes.len().saturating_mul(PACKED);
    }
    let declared = || {
        let rest = bytes.get(FIXED_LEN - 4..)?;
        let mut reader = Reader { rest };
        reader.stamps().ok()?;
        usize::try_from(reader.u64().ok()?).ok()
    };
    let declared = is_compressed.then(declared).flatten();
    declared.map_or(bytes.len(), |declared| declared.max(bytes.len()))
}

/// The bytes that the checksum covers, if it matches.
fn verified(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let (body, checksum) = bytes
        .split_last_chunk::<CHECKSUM_LEN>()
        .ok_or(Unreadable::Truncated)?;
    if xxh3_64(body) == u64::from_le_bytes(*checksum) {
        Ok(body)
    } else {
        Err(Unreadable::Checksum)
    }
}

/// A cursor that can't step past the end.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (head, rest) = (self.rest)
            .split_first_chunk::<N>()
            .ok_or(Unreadable::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    fn u64(&mut self) -> Result<u64, Unreadable> {
        self.array().map(u64::from_le_bytes)
    }

    fn length(&mut self) -> Result<usize, Unreadable> {
        let length = u32::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| Unreadable::Truncated)
    }

    /// The rest of a header behind its beginning.
    fn header(&mut self, first: First) -> Result<Header<&'a str>, Unreadable> {
        let First {
            codec,
            compression,
            flags,
            id,
            ..
        } = first;
        let digest = self.array()?;
        Ok(Header {
            codec: CodecId::from_byte(codec & !ENCRYPTED).ok_or(Unreadable::Codec)?,
            is_encrypted: codec & ENCRYPTED != 0,
            compression: Compression::from_byte(compression).ok_or(Unreadable::Compression)?,
            flags,
            id,
            digest,
            shape: self.u64()?,
            born_ms: self.u64()?,
            fresh_until_ms: self.u64()?,
            stale_until_ms: self.u64()?,
            load_us: self.u64()?,
            stamps: self.stamps()?,
        })
    }

    fn stamps(&mut self) -> Result<SmallVec<[Stamped<&'a str>; 2]>, Unreadable> {
        let count = self.length()?;
        if count > self.rest.len() / STAMPED_MIN {
            return Err(Unreadable::Truncated);
        }
        if count > MOST_STAMPS {
            return Err(Unreadable::TooManyStamps);
        }
        let mut stamps = SmallVec::with_capacity(count);
        for _ in 0..count {
            stamps.push(self.stamped()?);
        }
        Ok(stamps)
    }

    fn stamped(&mut self) -> Result<Stamped<&'a str>, Unreadable> {
        let [kind] = self.array()?;
        let kind = StampKind::from_byte(kind).ok_or(Unreadable::Decode)?;
        let length = self.length()?;
        let (name, rest) = (self.rest)
            .split_at_checked(length)
            .ok_or(Unreadable::Truncated)?;
        self.rest = rest;
        Ok(Stamped {
            kind,
            name: std::str::from_utf8(name).map_err(|_| Unreadable::Decode)?,
            stamp: self.array()?,
        })
    }
}
