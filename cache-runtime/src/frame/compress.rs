//! Compression of payloads, and its undoing under a cap.
//!
//! A compressed payload is the length it had before, as a little-endian u64, then the stream.

use std::borrow::Cow;
use std::io;
#[cfg(any(feature = "zstd", feature = "gzip"))]
use std::io::{Read, Write};

#[cfg(feature = "gzip")]
use flate2::{bufread::GzDecoder, write::GzEncoder};

use super::Unreadable;
use crate::policy::Compression;

/// Payloads up to this many bytes are left as they are.
const THRESHOLD: usize = 1024;

/// The largest payload that is compressed only to see what it would be: some 100 µs.
#[cfg(feature = "lz4")]
const LARGEST_TRIED: usize = 64 << 10;

/// What zstd may keep as its window: 8 MiB, above what any level used here asks for.
#[cfg(feature = "zstd")]
const ZSTD_WINDOW_LOG: u32 = 23;

/// The level of zstd: its own default.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 3;

/// The most that one byte of lz4 can stand for, and what a stream can hold beyond that.
#[cfg(feature = "lz4")]
const LZ4_RATIO: usize = 255;
#[cfg(feature = "lz4")]
const LZ4_SLACK: usize = 64;

/// How much is set aside before a stream has shown that it holds as much as it claims.
#[cfg(any(feature = "zstd", feature = "gzip"))]
const FIRST_ALLOCATION: usize = 1 << 20;

impl Compression {
    pub(crate) fn to_byte(self) -> u8 {
        match self {
            Self::None => 0,
            #[cfg(feature = "lz4")]
            Self::Lz4 => 1,
            #[cfg(feature = "zstd")]
            Self::Zstd => 2,
            #[cfg(feature = "gzip")]
            Self::Gzip => 3,
        }
    }

    /// As annotations spell it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            #[cfg(feature = "lz4")]
            Self::Lz4 => "lz4",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::None),
            #[cfg(feature = "lz4")]
            1 => Some(Self::Lz4),
            #[cfg(feature = "zstd")]
            2 => Some(Self::Zstd),
            #[cfg(feature = "gzip")]
            3 => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// Compresses a payload as wanted if that pays, and says how it was left.
pub(crate) fn compress(payload: Vec<u8>, wanted: Compression) -> (Compression, Vec<u8>) {
    if payload.len() <= THRESHOLD {
        return (Compression::None, payload);
    }
    match squeeze(&payload, wanted) {
        // At least 10 % smaller, in integers: packed <= 0.9 * payload.
        Ok(Some(packed)) if packed.len() <= payload.len() - payload.len() / 10 => (wanted, packed),
        _ => (Compression::None, payload),
    }
}

/// How large a payload would be with LZ4, if that pays; as large as it is else. `None` where it would be left as it is
/// for its size, or is too large to be compressed only to see.
#[cfg(feature = "lz4")]
pub(crate) fn tried(payload: &[u8]) -> Option<usize> {
    if payload.len() <= THRESHOLD || payload.len() > LARGEST_TRIED {
        return None;
    }
    let packed = squeeze(payload, Compression::Lz4).ok()??;
    Some(packed.len())
        .filter(|packed| *packed <= payload.len() - payload.len() / 10)
        .or(Some(payload.len()))
}

#[cfg(not(feature = "lz4"))]
pub(crate) fn tried(_: &[u8]) -> Option<usize> {
    None
}

/// Whether a payload of so many bytes is compressed at all.
pub(crate) fn is_compressed(len: usize) -> bool {
    len > THRESHOLD
}

fn squeeze(payload: &[u8], wanted: Compression) -> io::Result<Option<Vec<u8>>> {
    let mut out = Vec::with_capacity(payload.len() / 2);
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    let is_squeezed = match wanted {
        Compression::None => false,
        #[cfg(feature = "lz4")]
        Compression::Lz4 => {
            out.extend_from_slice(&lz4_flex::block::compress(payload));
            true
        }
        #[cfg(feature = "zstd")]
        Compression::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(&mut out, ZSTD_LEVEL)?;
            encoder.set_pledged_src_size(Some(payload.len() as u64))?;
            encoder.write_all(payload)?;
            encoder.finish()?;
            true
        }
        #[cfg(feature = "gzip")]
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(&mut out, flate2::Compression::default());
            encoder.write_all(payload)?;
            encoder.finish()?;
            true
        }
    };
    Ok(is_squeezed.then_some(out))
}

/// Undoes [`compress`]. Nothing over `limit` bytes is produced, and nothing near it is set aside
/// for a stream that only claims to be that long.
pub(crate) fn decompress(
    packed: &[u8],
    compression: Compression,
    limit: usize,
) -> Result<Cow<'_, [u8]>, Unreadable> {
    if compression == Compression::None {
        return if packed.len() > limit {
            Err(Unreadable::TooLarge)
        } else {
            Ok(Cow::Borrowed(packed))
        };
    }
    #[cfg_attr(
        not(any(feature = "lz4", feature = "zstd", feature = "gzip")),
        expect(unused_variables, reason = "nothing that could be undone")
    )]
    let (declared, stream) = packed
        .split_first_chunk::<8>()
        .ok_or(Unreadable::Compression)?;
    #[cfg_attr(
        not(any(feature = "lz4", feature = "zstd", feature = "gzip")),
        expect(unused_variables, reason = "nothing that could be undone")
    )]
    let declared = usize::try_from(u64::from_le_bytes(*declared))
        .ok()
        .filter(|declared| *declared <= limit)
        .ok_or(Unreadable::TooLarge)?;
    let out: Result<_, Unreadable> = match compression {
        Compression::None => Ok(packed.to_vec()),
        #[cfg(feature = "lz4")]
        Compression::Lz4 => unpack_lz4(stream, declared),
        #[cfg(feature = "zstd")]
        Compression::Zstd => unpack_zstd(stream, declared),
        #[cfg(feature = "gzip")]
        Compression::Gzip => unpack_gzip(stream, declared),
    };
    out.map(Cow::Owned)
}

#[cfg(feature = "lz4")]
fn unpack_lz4(stream: &[u8], declared: usize) -> Result<Vec<u8>, Unreadable> {
    let possible = stream.len().saturating_mul(LZ4_RATIO) + LZ4_SLACK;
    if declared > possible {
        return Err(Unreadable::TooLarge);
    }
    let mut out = vec![0; declared];
    match lz4_flex::block::decompress_into(stream, &mut out) {
        Ok(written) if written == declared => Ok(out),
        Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) => Err(Unreadable::TooLarge),
        _ => Err(Unreadable::Compression),
    }
}

#[cfg(feature = "zstd")]
fn unpack_zstd(stream: &[u8], declared: usize) -> Result<Vec<u8>, Unreadable> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(stream)
        .map_err(|_| Unreadable::Compression)?
        .single_frame();
    decoder
        .window_log_max(ZSTD_WINDOW_LOG)
        .map_err(|_| Unreadable::Compression)?;
    let out = drain(&mut decoder, declared)?;
    if decoder.finish().is_empty() {
        Ok(out)
    } else {
        Err(Unreadable::Compression)
    }
}

#[cfg(feature = "gzip")]
fn unpack_gzip(stream: &[u8], declared: usize) -> Result<Vec<u8>, Unreadable> {
    let mut decoder = GzDecoder::new(stream);
    let out = drain(&mut decoder, declared)?;
    if decoder.into_inner().is_empty() {
        Ok(out)
    } else {
        Err(Unreadable::Compression)
    }
}

/// Reads exactly the declared number of bytes to the stream's end, one more at the most.
#[cfg(any(feature = "zstd", feature = "gzip"))]
fn drain(stream: &mut impl Read, declared: usize) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::with_capacity(declared.min(FIRST_ALLOCATION));
    stream
        .take(declared as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| Unreadable::Compression)?;
    match out.len() {
        len if len == declared => Ok(out),
        len if len > declared => Err(Unreadable::TooLarge),
        _ => Err(Unreadable::Compression),
    }
}

#[cfg(all(test, any(feature = "zstd", feature = "gzip")))]
mod tests {
    use super::*;

    /// Zeros that go on far longer than claimed, then fail.
    struct Endless {
        left: usize,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.left = (self.left.checked_sub(buffer.len())).ok_or(io::ErrorKind::Other)?;
            buffer.fill(0);
            Ok(buffer.len())
        }
    }

    #[test]
    fn no_stream_is_read_further_than_it_claims() {
        let mut stream = Endless { left: 1 << 20 };
        assert_eq!(drain(&mut stream, 1000), Err(Unreadable::TooLarge));
        assert_eq!(stream.left, (1 << 20) - 1001);
    }
}
