//! What is said in skippable frames.

use std::io::{self, Read};

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use super::Cause;

/// The magic number of a skippable frame (RFC 8878, 3.1.2), the last digit of which is free.
const MAGIC: [u8; 4] = 0x184D_2A5Bu32.to_le_bytes();

const NAME: [u8; 4] = *b"cbk1";

/// What stands before the content: the magic number and the length.
pub(super) const HEAD: u64 = 8;

/// What is in the content beside the JSON: the name, the kind; the JSON's length, the checksum.
const BEFORE: usize = 5;
const BEHIND: usize = 12;

/// The most bytes of JSON.
const MOST: usize = 256 << 10;

/// What is said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Manifest,
    Block,
    Ending,
}

impl Said {
    fn byte(self) -> u8 {
        match self {
            Self::Manifest => b'M',
            Self::Block => b'B',
            Self::Ending => b'E',
        }
    }

    fn of(byte: u8) -> Option<Self> {
        match byte {
            b'M' => Some(Self::Manifest),
            b'B' => Some(Self::Block),
            b'E' => Some(Self::Ending),
            _ => None,
        }
    }
}

/// A skippable frame that was read.
#[derive(Debug)]
pub(super) struct Skippable {
    pub(super) said: Said,
    json: Vec<u8>,
    /// How many bytes it takes in the file.
    pub(super) len: u64,
    pub(super) checksum: u64,
}

impl Skippable {
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Cause> {
        serde_json::from_slice(&self.json).map_err(|_| Cause::Version)
    }

    /// Reads the next; `None` where the file ends.
    pub(super) fn read(from: &mut impl Read) -> Result<Option<Self>, Cause> {
        let mut head = [0; HEAD as usize];
        match read_up_to(from, &mut head)? {
            0 => return Ok(None),
            8 => {}
            _ => return Err(Cause::CutShort),
        }
        let [a, b, c, d, size @ ..] = head;
        if [a, b, c, d] != MAGIC {
            return Err(Cause::Foreign);
        }
        let size = u32::from_le_bytes(size) as usize;
        if !(BEFORE + BEHIND..=BEFORE + MOST + BEHIND).contains(&size) {
            return Err(Cause::Changed);
        }
        let mut content = Vec::new();
        from.take(size as u64).read_to_end(&mut content)?;
        if content.len() < size {
            return Err(Cause::CutShort);
        }
        Self::parse(&content).map(Some)
    }

    fn parse(content: &[u8]) -> Result<Self, Cause> {
        let (body, checksum) = content.split_last_chunk::<8>().ok_or(Cause::Changed)?;
        let checksum = u64::from_le_bytes(*checksum);
        if xxh3_64(body) != checksum {
            return Err(Cause::Changed);
        }
        let (rest, len) = body.split_last_chunk::<4>().ok_or(Cause::Changed)?;
        let (name, rest) = rest.split_first_chunk::<4>().ok_or(Cause::Changed)?;
        let (kind, json) = rest.split_first().ok_or(Cause::Changed)?;
        if *name != NAME || u32::from_le_bytes(*len) as usize != json.len() {
            return Err(Cause::Foreign);
        }
        Ok(Self {
            said: Said::of(*kind).ok_or(Cause::Version)?,
            json: json.to_vec(),
            len: HEAD + content.len() as u64,
            checksum,
        })
    }

    /// How many bytes the last one of a file takes, from the last 12 bytes of that.
    pub(super) fn len_of_last(last: &[u8; BEHIND]) -> Option<u64> {
        let (len, _) = last.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        let is_one = len <= MOST;
        is_one.then_some(HEAD + (BEFORE + len + BEHIND) as u64)
    }

    /// Writes one, and gives its bytes with its checksum.
    pub(super) fn write(said: Said, value: &impl Serialize) -> io::Result<(Vec<u8>, u64)> {
        let json = serde_json::to_vec(value)?;
        if json.len() > MOST {
            return Err(io::Error::other("a manifest is too long"));
        }
        let size = (BEFORE + json.len() + BEHIND) as u32;
        let mut out = Vec::with_capacity(HEAD as usize + size as usize);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&NAME);
        out.push(said.byte());
        out.extend_from_slice(&json);
        out.extend_from_slice(&(json.len() as u32).to_le_bytes());
        let checksum = xxh3_64(&out[HEAD as usize..]);
        out.extend_from_slice(&checksum.to_le_bytes());
        Ok((out, checksum))
    }
}

/// Reads as many bytes as there are, and no more than fit.
fn read_up_to(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
