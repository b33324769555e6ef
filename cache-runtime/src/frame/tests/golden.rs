//! A frame as it was first written: whatever changes, it stays readable.

use std::fmt::Write;

use super::zoo::Plain;
use crate::frame::{
    CodecId, Header, ID_OFFSET, Room, StampKind, Stamped, decode, encode, parse, write,
};
use crate::policy::Compression;

const GOLDEN: &str = include_str!("golden.hex");

pub(super) fn header<'a>() -> Header<&'a str> {
    Header {
        codec: CodecId::Bincode,
        is_encrypted: false,
        compression: Compression::None,
        flags: 0b1000_0001,
        id: *b"0123456789abcdef",
        digest: [0xD1; 32],
        shape: 0x5A5A_0000_0000_0001,
        born_ms: 1_700_000_000_000,
        fresh_until_ms: 1_700_000_300_000,
        stale_until_ms: 1_700_000_900_000,
        load_us: 1_234,
        stamps: [
            Stamped {
                kind: StampKind::Tag,
                name: "user:42",
                stamp: [0xA1; 24],
            },
            Stamped {
                kind: StampKind::Namespace,
                name: "user",
                stamp: [0xB2; 24],
            },
        ]
        .into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for line in bytes.chunks(32) {
        for byte in line {
            write!(out, "{byte:02x}").expect("writing to a string");
        }
        out.push('\n');
    }
    out
}

fn golden() -> Vec<u8> {
    golden_of(GOLDEN)
}

pub(super) fn golden_of(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("hex"))
        .collect()
}

#[test]
fn frames_are_written_as_ever() {
    let payload = encode(CodecId::Bincode, &Plain::sample()).expect("encodes");
    assert_eq!(hex(&write(&header(), &payload)), GOLDEN);
}

#[test]
fn old_frames_stay_readable() {
    let bytes = golden();
    let frame = parse(&bytes).expect("parses");
    assert_eq!(frame.header, header());
    assert_eq!(
        decode::<Plain>(&frame, Room::for_values(8 << 20)),
        Ok(Plain::sample())
    );
}

#[test]
fn json_is_the_text_that_programs_of_others_read() {
    let payload = encode(CodecId::Json, &Plain::sample()).expect("encodes");
    assert_eq!(payload, br#"{"id":42,"name":"Ada","admin":true}"#);
    let of_json = Header {
        codec: CodecId::Json,
        ..header()
    };
    let bytes = write(&of_json, &payload);
    assert_eq!(bytes[5], 3);
    assert_eq!(
        bytes[bytes.len() - 8 - payload.len()..bytes.len() - 8],
        payload
    );
}

#[test]
fn the_id_stands_where_scripts_read_it() {
    assert_eq!(golden()[ID_OFFSET..ID_OFFSET + 16], *b"0123456789abcdef");
}
