//! Encrypted frames: what was sealed, where it was and with the key that it was; else a cause, never a panic.

use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::codecs::{CODECS, COMPRESSIONS, header};
use super::golden::{golden_of, header as golden_header};
use super::zoo::Plain;
use crate::frame::{
    CodecId, EncryptionKeys, Header, Lock, Room, StampKind, Stamped, Unreadable, compress,
    decode_payload, encode, extent, parse, unpacked, write, write_encrypted,
};
use crate::policy::Compression;

const GOLDEN: &str = include_str!("encrypted.hex");
const KEY: [u8; 32] = [3; 32];
const NAME: &str = "cache:e:user:{00112233445566778899aabbccddeeff}";

/// What stands before the payload of a frame without stamps.
const HEADER_LEN: usize = 108;

fn lock<'a>(keys: &'a EncryptionKeys, name: &'a str) -> Lock<'a> {
    Lock {
        keys: Some(keys),
        name,
    }
}

fn sealed(header: &Header<&str>, payload: &[u8]) -> Vec<u8> {
    write_encrypted(header, payload, lock(&EncryptionKeys::new(&KEY), NAME)).expect("seals")
}

/// Makes changed bytes pass as whole.
fn with_checksum(mut frame: Vec<u8>) -> Vec<u8> {
    let total = (frame.len() as u64).to_le_bytes();
    frame[24..32].copy_from_slice(&total);
    let end = frame.len() - 8;
    let checksum = xxh3_64(&frame[..end]);
    frame[end..].copy_from_slice(&checksum.to_le_bytes());
    frame
}

fn opened(frame: &[u8], lock: Lock<'_>) -> Result<Vec<u8>, Unreadable> {
    let frame = parse(frame)?;
    unpacked(&frame, lock, Room::within(1 << 20)).map(std::borrow::Cow::into_owned)
}

fn opened_as_ever(frame: &[u8]) -> Result<Vec<u8>, Unreadable> {
    opened(frame, lock(&EncryptionKeys::new(&KEY), NAME))
}

fn plain() -> Header<&'static str> {
    header(CodecId::Bincode, Compression::None)
}

#[test]
fn values_come_back_by_every_codec_and_compression_and_none_is_there_in_plain() {
    let value = vec!["what nobody is to read".to_owned(); 200];
    for codec in CODECS {
        for wanted in COMPRESSIONS.iter().copied() {
            let payload = encode(codec, &value).expect("encodes");
            let (compression, payload) = compress(payload, wanted);
            assert_eq!(compression, wanted);
            let frame = sealed(&header(codec, compression), &payload);
            let found = frame.windows(6).any(|part| part == b"nobody");
            assert!(!found, "{codec:?} {wanted:?}");
            let unpacked = opened_as_ever(&frame).expect("opens");
            let back = decode_payload::<Vec<String>>(codec, &unpacked, Room::within(1 << 20));
            assert_eq!(back.as_ref(), Ok(&value), "{codec:?} {wanted:?}");
        }
    }
}

#[test]
fn no_two_frames_of_a_value_are_alike() {
    let (one, other) = (sealed(&plain(), b"value"), sealed(&plain(), b"value"));
    let bytes = |frame: &[u8]| frame[HEADER_LEN + 48..frame.len() - 8].to_vec();
    assert_ne!(bytes(&one), bytes(&other));
}

#[test]
fn a_frame_opens_with_its_key_and_under_its_name_alone() {
    let frame = sealed(&plain(), b"value");
    let (own, other) = (EncryptionKeys::new(&KEY), EncryptionKeys::new(&[4; 32]));
    assert_eq!(opened(&frame, lock(&own, NAME)), Ok(b"value".to_vec()));
    let elsewhere = opened(&frame, lock(&own, "cache:e:users:{00}"));
    assert_eq!(elsewhere, Err(Unreadable::NotAuthentic));
    assert_eq!(opened(&frame, lock(&other, NAME)), Err(Unreadable::NoKey));
    let both = other.and_earlier(&KEY);
    assert_eq!(opened(&frame, lock(&both, NAME)), Ok(b"value".to_vec()));
    let none = Lock {
        keys: None,
        name: NAME,
    };
    assert_eq!(opened(&frame, none), Err(Unreadable::NoKey));
    assert!(write_encrypted(&plain(), b"value", none).is_none());
}

#[test]
fn times_may_come_sooner_and_nothing_else_of_a_header_may_change() {
    let stamped = Stamped {
        kind: StampKind::Tag,
        name: "user:1",
        stamp: [7; 24],
    };
    let made = Header {
        born_ms: 1_000,
        fresh_until_ms: 2_000,
        stale_until_ms: 3_000,
        stamps: std::iter::once(stamped).collect(),
        ..plain()
    };
    let frame = sealed(&made, b"value");
    let with = |change: &dyn Fn(&mut Header<&str>)| {
        let read = parse(&frame).expect("parses");
        let mut header = read.header.clone();
        change(&mut header);
        opened_as_ever(&write(&header, read.payload))
    };
    let (whole, refused) = (Ok(b"value".to_vec()), Err(Unreadable::NotAuthentic));
    assert_eq!(with(&|_| {}), whole);
    assert_eq!(with(&|header| *header = header.expired(1_500)), whole);
    assert_eq!(with(&|header| header.stale_until_ms = 1_500), whole);
    #[cfg(feature = "redis")]
    assert_eq!(with(&|header| header.mark_restored()), whole);
    assert_eq!(with(&|header| header.fresh_until_ms += 1), refused);
    assert_eq!(with(&|header| header.stale_until_ms += 1), refused);
    assert_eq!(with(&|header| header.born_ms += 1), refused);
    assert_eq!(with(&|header| header.id[0] ^= 1), refused);
    assert_eq!(with(&|header| header.digest[31] ^= 1), refused);
    assert_eq!(with(&|header| header.shape ^= 1), refused);
    assert_eq!(with(&|header| header.load_us ^= 1), refused);
    assert_eq!(with(&|header| header.flags ^= 1), refused);
    assert_eq!(with(&|header| header.codec = CodecId::MessagePack), refused);
    assert_eq!(with(&|header| header.stamps[0].stamp[0] ^= 1), refused);
    assert_eq!(with(&|header| header.stamps[0].name = "user:2"), refused);
    assert_eq!(with(&|header| header.stamps.clear()), refused);
    #[cfg(feature = "lz4")]
    assert_eq!(
        with(&|header| header.compression = Compression::Lz4),
        refused
    );
    // Its bytes, as if they had not been encrypted, are not the value's.
    let bytes = with(&|header| header.is_encrypted = false).expect("it is a frame");
    assert!(!bytes.windows(5).any(|part| part == b"value"));
}

#[test]
fn a_build_that_knows_of_no_encryption_finds_a_codec_that_it_does_not_know() {
    let frame = sealed(&plain(), b"value");
    assert_eq!(frame[5], 0x81);
}

#[cfg(feature = "lz4")]
#[test]
fn a_compressed_frame_whose_length_is_hidden_is_taken_for_a_larger_one() {
    let taken_for = |compression| {
        let header = header(CodecId::Bincode, compression);
        extent(&sealed(&header, &[0; 100]))
    };
    let len = HEADER_LEN + 48 + 100 + 16 + 8;
    assert_eq!(taken_for(Compression::None), len);
    assert_eq!(taken_for(Compression::Lz4), 8 * len);
}

#[test]
fn old_frames_stay_readable() {
    let bytes = golden_of(GOLDEN);
    let frame = parse(&bytes).expect("parses");
    let header = Header {
        is_encrypted: true,
        ..golden_header()
    };
    assert_eq!(frame.header, header);
    let payload = opened_as_ever(&bytes).expect("opens");
    let value = decode_payload(CodecId::Bincode, &payload, Room::within(1 << 20));
    assert_eq!(value, Ok(Plain::sample()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_payload_behind_the_mark_of_an_encrypted_one_is_a_cause(
        compression in prop::sample::select(COMPRESSIONS),
        knows_the_key in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut payload = bytes;
        if knows_the_key {
            let known = sealed(&plain(), b"");
            let id = &known[HEADER_LEN..HEADER_LEN + 8];
            payload.splice(0..0, id.iter().copied());
        }
        let mut header = header(CodecId::Bincode, compression);
        header.is_encrypted = true;
        let found = opened_as_ever(&write(&header, &payload));
        prop_assert!(found.is_err(), "{found:?}");
    }

    #[test]
    fn a_change_under_a_right_checksum_is_a_cause(
        change in (any::<prop::sample::Index>(), 1..=255_u8),
        cut in 0..64_usize,
    ) {
        let mut frame = sealed(&plain(), &[5; 100]);
        let at = change.0.index(frame.len() - 8);
        // Those of the frame's length are set right again.
        prop_assume!(!(24..32).contains(&at) || cut > 0);
        frame[at] ^= change.1;
        frame.truncate(frame.len() - cut);
        let found = opened_as_ever(&with_checksum(frame));
        // The time may come sooner; without the mark it is a frame whose value nobody wrote.
        let may_open = (80..96).contains(&at) && cut == 0;
        let is_plain = at == 5 && change.1 & 0x80 != 0;
        prop_assert!(found.is_err() || may_open || is_plain, "byte {at}: {found:?}");
    }
}
