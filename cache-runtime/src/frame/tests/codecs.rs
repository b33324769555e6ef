//! Values come back as they were, by every codec and compression.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::zoo::for_each_sample;
use crate::frame::{
    CodecId, Header, Room, Verdict, compress, decode, encode, encoded_len, parse, serializes_as,
    shape, write,
};
use crate::policy::Compression;

pub(super) const CODECS: [CodecId; 3] = [CodecId::Bincode, CodecId::MessagePack, CodecId::Json];

/// Those of this build.
pub(super) const COMPRESSIONS: &[Compression] = &[
    Compression::None,
    #[cfg(feature = "lz4")]
    Compression::Lz4,
    #[cfg(feature = "zstd")]
    Compression::Zstd,
    #[cfg(feature = "gzip")]
    Compression::Gzip,
];

pub(super) fn header<'a>(codec: CodecId, compression: Compression) -> Header<&'a str> {
    Header {
        codec,
        is_encrypted: false,
        compression,
        flags: 0,
        id: [1; 16],
        digest: [2; 32],
        shape: 3,
        born_ms: 4,
        fresh_until_ms: 5,
        stale_until_ms: 6,
        load_us: 7,
        stamps: std::iter::empty().collect(),
    }
}

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    for codec in CODECS {
        let bytes = encode(codec, &value).expect("encodes");
        assert_eq!(encoded_len(codec, &value), Ok(bytes.len()));
        for wanted in COMPRESSIONS.iter().copied() {
            let (compression, payload) = compress(bytes.clone(), wanted);
            let frame = write(&header(codec, compression), &payload);
            let frame = parse(&frame).expect("parses");
            let back: T = decode(&frame, Room::for_values(8 << 20)).expect("decodes");
            assert_eq!(back, value, "{codec:?} {wanted:?}");
        }
    }
}

#[test]
fn every_value_comes_back_by_every_codec_and_compression() {
    for_each_sample!(round_trip);
    // Long enough that each compression is kept.
    round_trip(vec![super::zoo::Plain::sample(); 500]);
}

fn fully_known<T: Serialize + DeserializeOwned>(value: T) {
    let shape = shape::<T>();
    assert_eq!(shape.verdict, Verdict::Full, "{}", shape.text());
    assert_eq!(serializes_as(&value, &shape), Ok(()), "{}", shape.text());
}

#[test]
fn every_ordinary_type_is_known_in_full_and_raises_no_alarm() {
    for_each_sample!(fully_known);
}
