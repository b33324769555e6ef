//! Whatever bytes are read: a value or a cause, never a panic, never another value.

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use super::codecs::{CODECS, COMPRESSIONS, header};
use super::validated::Validated;
use super::zoo::{Everything, Expr, Foreign, List, Plain, Tree};
use crate::frame::{
    CodecId, Frame, Room, StampKind, Stamped, Unreadable, compress, decode, encode, parse, write,
};
use crate::policy::Compression;
use crate::tag::MOST_TAGS;

const LIMIT: usize = 1 << 20;

fn attempt<T: DeserializeOwned>(frame: &Frame<'_>) {
    let _: Result<T, Unreadable> = decode(frame, Room::within(LIMIT));
}

/// Decodes as every kind of type there is; that it returns is the test.
fn attempt_all(frame: &Frame<'_>) {
    attempt::<Plain>(frame);
    attempt::<Everything>(frame);
    attempt::<Foreign>(frame);
    attempt::<Tree>(frame);
    attempt::<Expr>(frame);
    attempt::<List>(frame);
    attempt::<Validated>(frame);
    attempt::<serde_json::Value>(frame);
    attempt::<Vec<()>>(frame);
    attempt::<Vec<Option<Vec<String>>>>(frame);
}

/// Makes a body pass as whole: the length and the checksum are set right.
fn seal(mut body: Vec<u8>) -> Vec<u8> {
    let total = body.len() as u64 + 8;
    if let Some(field) = body.get_mut(24..32) {
        field.copy_from_slice(&total.to_le_bytes());
    }
    let checksum = xxh3_64(&body);
    body.extend_from_slice(&checksum.to_le_bytes());
    body
}

fn valid(codec: CodecId, wanted: Compression) -> Vec<u8> {
    let values = vec![Everything::sample(); 12];
    let payload = encode(codec, &values).expect("encodes");
    let (compression, payload) = compress(payload, wanted);
    assert_eq!(compression, wanted);
    let mut header = header(codec, compression);
    let stamped = Stamped {
        kind: StampKind::Tag,
        name: "user:1",
        stamp: [7; 24],
    };
    header.stamps = std::iter::repeat_n(stamped, 3).collect();
    write(&header, &payload)
}

fn any_codec() -> impl Strategy<Value = CodecId> {
    prop::sample::select(&CODECS[..])
}

fn any_compression() -> impl Strategy<Value = Compression> {
    prop::sample::select(COMPRESSIONS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_unreadable(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(parse(&bytes).is_err());
    }

    #[test]
    fn any_bytes_behind_a_right_beginning_are_a_frame_or_a_cause(
        start in (any_codec(), any_compression()),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut body = write(&header(start.0, start.1), &[]);
        body.truncate(24 + 8);
        body.extend_from_slice(&bytes);
        if let Ok(frame) = parse(&seal(body)) {
            attempt_all(&frame);
        }
    }

    #[test]
    fn any_payload_is_a_value_or_a_cause(
        codec in any_codec(),
        compression in any_compression(),
        declared in prop_oneof![0..2048_u64, any::<u64>()],
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut payload = Vec::new();
        if compression != Compression::None {
            payload.extend_from_slice(&declared.to_le_bytes());
        }
        payload.extend_from_slice(&bytes);
        let bytes = write(&header(codec, compression), &payload);
        attempt_all(&parse(&bytes).expect("a frame around anything parses"));
    }

    #[test]
    fn a_flipped_bit_never_passes(
        codec in any_codec(),
        wanted in any_compression(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut bytes = valid(codec, wanted);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(parse(&bytes).is_err(), "byte {at}");
    }

    #[test]
    fn a_frame_cut_or_continued_never_passes(
        wanted in any_compression(),
        at in any::<prop::sample::Index>(),
        more in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut bytes = valid(CodecId::Bincode, wanted);
        prop_assert!(parse(&bytes[..at.index(bytes.len())]).is_err());
        bytes.extend_from_slice(&more);
        prop_assert_eq!(parse(&bytes), Err(Unreadable::Truncated));
    }

    #[test]
    fn a_change_under_a_right_checksum_is_a_value_or_a_cause(
        codec in any_codec(),
        wanted in any_compression(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in 0..64_usize,
    ) {
        let mut body = valid(codec, wanted);
        body.truncate(body.len() - 8 - cut);
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Ok(frame) = parse(&seal(body)) {
            attempt::<Vec<Everything>>(&frame);
            attempt_all(&frame);
        }
    }
}

#[test]
fn a_frame_has_as_many_stamps_as_an_entry_may_and_no_more() {
    let with = |count: usize| {
        let names: Vec<_> = (0..count).map(|n| format!("tag:{n}")).collect();
        let mut header = header(CodecId::Bincode, Compression::None);
        let stamped = |name| Stamped {
            kind: StampKind::Tag,
            name,
            stamp: [7; 24],
        };
        header.stamps = names.iter().map(String::as_str).map(stamped).collect();
        parse(&write(&header, &[])).map(|frame| frame.header.stamps.len())
    };
    let most = MOST_TAGS + 2;
    assert_eq!(with(most), Ok(most));
    assert_eq!(with(most + 1), Err(Unreadable::TooManyStamps));
    assert_eq!(with(40_000), Err(Unreadable::TooManyStamps));
}

#[test]
fn every_cause_is_told_apart() {
    let good = write(&header(CodecId::Bincode, Compression::None), &[1, 2, 3]);
    let with = |at: usize, byte: u8| {
        let mut body = good[..good.len() - 8].to_vec();
        body[at] = byte;
        seal(body)
    };
    assert!(parse(&good).is_ok());
    assert_eq!(parse(&[]), Err(Unreadable::Truncated));
    assert_eq!(parse(b"{\"a\": 1}"), Err(Unreadable::Magic));
    assert_eq!(parse(&with(4, 9)), Err(Unreadable::Version));
    assert_eq!(parse(&with(5, 9)), Err(Unreadable::Codec));
    assert_eq!(parse(&with(6, 9)), Err(Unreadable::Compression));
    assert_eq!(parse(&good[..good.len() - 1]), Err(Unreadable::Truncated));
    assert_eq!(parse(&good[..30]), Err(Unreadable::Truncated));
    // A number of stamps that the bytes can't hold.
    assert_eq!(parse(&with(107, 0xFF)), Err(Unreadable::Truncated));
    let mut flipped = good.clone();
    flipped[80] ^= 1;
    assert_eq!(parse(&flipped), Err(Unreadable::Checksum));
}
