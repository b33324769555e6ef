//! Bombs: little input that asks for much memory, much work or much stack.

use std::thread;

use serde::de::DeserializeOwned;

use super::codecs::{CODECS, COMPRESSIONS, header};
use super::zoo::{Expr, List, Tree};
use crate::frame::{CodecId, Room, Unreadable, compress, decode, encode, parse, write};
use crate::policy::Compression;

const MIB: usize = 1 << 20;

/// What may be read where a setting says nothing else.
const LIMIT: usize = 64 * MIB;

fn read<T: DeserializeOwned>(
    codec: CodecId,
    compression: Compression,
    payload: &[u8],
    limit: usize,
) -> Result<T, Unreadable> {
    let bytes = write(&header(codec, compression), payload);
    decode(&parse(&bytes)?, Room::within(limit))
}

/// A stream with the length it claims in front.
fn claiming(declared: usize, stream: &[u8]) -> Vec<u8> {
    [&(declared as u64).to_le_bytes()[..], stream].concat()
}

/// The compressions of this build that make anything smaller.
fn shrinking() -> impl Iterator<Item = Compression> {
    let each = COMPRESSIONS.iter().copied();
    each.filter(|compression| *compression != Compression::None)
}

fn zeros(compression: Compression, len: usize) -> Vec<u8> {
    let zeros = vec![0; len];
    match compression {
        Compression::None => zeros,
        #[cfg(feature = "lz4")]
        Compression::Lz4 => lz4_flex::block::compress(&zeros),
        #[cfg(feature = "zstd")]
        Compression::Zstd => zstd::encode_all(&zeros[..], 3).expect("compresses"),
        #[cfg(feature = "gzip")]
        Compression::Gzip => {
            use std::io::Write as _;

            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&zeros).expect("compresses");
            encoder.finish().expect("compresses")
        }
    }
}

#[test]
fn a_bomb_is_too_large_whether_it_says_so_or_lies() {
    for compression in shrinking() {
        let bomb = zeros(compression, 8 * MIB);
        let read = |declared, limit| {
            let payload = claiming(declared, &bomb);
            read::<String>(CodecId::Bincode, compression, &payload, limit)
        };
        assert_eq!(
            read(8 * MIB, MIB),
            Err(Unreadable::TooLarge),
            "{compression:?} honest"
        );
        assert_eq!(
            read(1000, MIB),
            Err(Unreadable::TooLarge),
            "{compression:?} understated"
        );
        assert_eq!(read(usize::MAX, LIMIT), Err(Unreadable::TooLarge));
        assert_eq!(
            read(8 * MIB + 1, 16 * MIB),
            Err(Unreadable::Compression),
            "overstated"
        );
    }
    // Without compression the payload is its own length.
    let plain = read::<String>(CodecId::Bincode, Compression::None, &[0; 1001], 1000);
    assert_eq!(plain, Err(Unreadable::TooLarge));
}

#[cfg(feature = "lz4")]
#[test]
fn an_lz4_stream_too_short_for_its_claim_gets_no_memory() {
    let payload = claiming(LIMIT, &[0; 16]);
    let found = read::<String>(CodecId::Bincode, Compression::Lz4, &payload, LIMIT);
    assert_eq!(found, Err(Unreadable::TooLarge));
}

#[test]
fn bytes_after_a_stream_or_a_value_are_wrong() {
    let value = "x".repeat(4000);
    for codec in CODECS {
        let bytes = encode(codec, &value).expect("encodes");
        for wanted in COMPRESSIONS.iter().copied() {
            let (compression, mut payload) = compress(bytes.clone(), wanted);
            assert_eq!(compression, wanted);
            payload.push(0);
            assert!(
                read::<String>(codec, compression, &payload, MIB).is_err(),
                "{wanted:?}"
            );
        }
        let mut longer = bytes;
        longer.push(0xC1);
        let found = read::<String>(codec, Compression::None, &longer, MIB);
        assert_eq!(found, Err(Unreadable::Decode));
    }
}

#[test]
fn only_large_payloads_that_shrink_are_compressed() {
    for wanted in shrinking() {
        assert_eq!(
            compress(vec![0; 1024], wanted),
            (Compression::None, vec![0; 1024])
        );
        assert_eq!(compress(vec![0; 1025], wanted).0, wanted);
        let noise: Vec<u8> = (0..512_u64)
            .flat_map(|seed| xxhash_rust::xxh3::xxh3_64(&seed.to_le_bytes()).to_le_bytes())
            .collect();
        assert_eq!(compress(noise.clone(), wanted), (Compression::None, noise));
    }
    assert_eq!(
        compress(vec![0; 4096], Compression::None).0,
        Compression::None
    );
}

#[test]
fn lengths_that_lie_end_in_an_error() {
    // bincode: 0xFD announces eight bytes of length.
    let huge = [[0xFD].as_slice(), &[0xFF; 8]].concat();
    let bincode = |tail: &[u8]| [&huge[..], tail].concat();
    let none = Compression::None;
    let read_bincode = |payload: &[u8]| {
        [
            read::<String>(CodecId::Bincode, none, payload, MIB).is_err(),
            read::<Vec<u64>>(CodecId::Bincode, none, payload, MIB).is_err(),
            // Elements without bytes: the loop would go on for centuries.
            read::<Vec<()>>(CodecId::Bincode, none, payload, MIB).is_err(),
            read::<Vec<Vec<()>>>(CodecId::Bincode, none, payload, MIB).is_err(),
            read::<std::ffi::CString>(CodecId::Bincode, none, payload, MIB).is_err(),
            read::<uuid::Uuid>(CodecId::Bincode, none, payload, MIB).is_err(),
        ]
    };
    assert_eq!(read_bincode(&bincode(&[])), [true; 6]);
    assert_eq!(read_bincode(&bincode(&huge)), [true; 6]);
    for marker in [0xDD, 0xDF, 0xDB, 0xC6, 0xC9] {
        let payload = [marker, 0xFF, 0xFF, 0xFF, 0xFF, 1];
        let codec = CodecId::MessagePack;
        assert!(read::<String>(codec, none, &payload, MIB).is_err());
        assert!(read::<Vec<u64>>(codec, none, &payload, MIB).is_err());
        assert!(read::<serde_json::Value>(codec, none, &payload, MIB).is_err());
    }
}

/// Runs on half of what a worker thread of tokio has.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new()
        .stack_size(MIB)
        .spawn(test)
        .expect("a thread");
    thread.join().expect("no overflow, no panic");
}

#[test]
fn nesting_without_end_is_an_error_and_not_a_stack_overflow() {
    on_a_small_stack(|| {
        let none = Compression::None;
        // A list whose every element says that there is one more; an addition of additions.
        let list = read::<List>(CodecId::Bincode, none, &[1; 200_000], MIB).map(drop);
        assert_eq!(list, Err(Unreadable::Decode));
        let expr = read::<Expr>(CodecId::Bincode, none, &[0; 200_000], MIB).map(drop);
        assert_eq!(expr, Err(Unreadable::Decode));
        let tree = read::<Tree>(CodecId::Bincode, none, &[1; 200_000], MIB).map(drop);
        assert_eq!(tree, Err(Unreadable::Decode));
        for opening in ["[", "{\"\":", "[{\"\":"] {
            let text = opening.repeat(200_000 / opening.len());
            let value = read::<serde_json::Value>(CodecId::Json, none, text.as_bytes(), MIB);
            assert_eq!(value.map(drop), Err(Unreadable::Decode));
            let skipped = read::<serde::de::IgnoredAny>(CodecId::Json, none, text.as_bytes(), MIB);
            assert_eq!(skipped.map(drop), Err(Unreadable::Decode));
        }
        let list = "{\"head\":1,\"tail\":".repeat(10_000);
        let list = read::<List>(CodecId::Json, none, list.as_bytes(), MIB).map(drop);
        assert_eq!(list, Err(Unreadable::Decode));
        let tree = "{\"role\":\"Guest\",\"children\":[".repeat(10_000);
        let tree = read::<Tree>(CodecId::Json, none, tree.as_bytes(), MIB).map(drop);
        assert_eq!(tree, Err(Unreadable::Decode));
        let expr = "{\"Add\":[".repeat(10_000);
        let expr = read::<Expr>(CodecId::Json, none, expr.as_bytes(), MIB).map(drop);
        assert_eq!(expr, Err(Unreadable::Decode));
        for marker in [0x91, 0x81] {
            let bytes = vec![marker; 200_000];
            let codec = CodecId::MessagePack;
            let value = read::<serde_json::Value>(codec, none, &bytes, MIB).map(drop);
            assert_eq!(value, Err(Unreadable::Decode));
            let skipped = read::<serde::de::IgnoredAny>(codec, none, &bytes, MIB).map(drop);
            assert_eq!(skipped, Err(Unreadable::Decode));
        }
    });
}

#[test]
fn nesting_that_is_meant_fits_on_a_small_stack() {
    on_a_small_stack(|| {
        let list = List::of(120);
        for codec in CODECS {
            let bytes = encode(codec, &list).expect("encodes");
            let back = read::<List>(codec, Compression::None, &bytes, MIB);
            assert_eq!(back.as_ref(), Ok(&list));
        }
    });
}

/// The setting of the largest value at first.
const MAX_VALUE: usize = 8 * MIB;

fn of_max_value<T: DeserializeOwned>(codec: CodecId, payload: &[u8]) -> Result<T, Unreadable> {
    let bytes = write(&header(codec, Compression::None), payload);
    decode(&parse(&bytes)?, Room::for_values(MAX_VALUE))
}

/// A number of elements of bincode, each of the same bytes.
fn elements(count: usize, each: &[u8]) -> Vec<u8> {
    let mut payload = vec![0xFC];
    payload.extend_from_slice(&u32::try_from(count).expect("a count").to_le_bytes());
    payload.extend(each.repeat(count));
    payload
}

#[test]
fn a_payload_over_the_largest_value_pays_for_no_more_memory_than_that_does() {
    let read = |mib: usize| {
        let payload = elements(mib * MIB - 5, &[0]);
        of_max_value::<Vec<String>>(CodecId::Bincode, &payload).map(|value| value.len())
    };
    assert_eq!(read(8), Ok(8 * MIB - 5));
    assert_eq!(read(16), Err(Unreadable::TooLarge));
}

#[test]
fn a_list_of_json_pays_for_its_memory_as_it_is_read() {
    let read = |mib: usize| {
        let text = format!("[{}[]]", "[],".repeat(mib * MIB / 3));
        of_max_value::<Vec<[u64; 0]>>(CodecId::Json, text.as_bytes()).map(|value| value.len())
    };
    assert_eq!(read(8), Ok(8 * MIB / 3 + 1));
    let read = |mib: usize| {
        let text = format!("[{}null]", "null,".repeat(mib * MIB / 5));
        let read = of_max_value::<Vec<Option<[u64; 32]>>>(CodecId::Json, text.as_bytes());
        read.map(|value| value.len())
    };
    assert_eq!(read(1), Ok(MIB / 5 + 1));
    assert_eq!(read(16), Err(Unreadable::TooLarge));
}

#[test]
fn a_value_of_small_elements_that_may_be_stored_is_read_whatever_they_take() {
    fn there_and_back<T>(value: &T)
    where
        T: serde::Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        for codec in CODECS {
            let Ok(bytes) = encode(codec, value) else {
                continue;
            };
            assert!(bytes.len() <= MAX_VALUE, "{}", bytes.len());
            let back = of_max_value::<T>(codec, &bytes);
            assert!(back.as_ref() == Ok(value), "{codec:?}");
        }
    }
    there_and_back(&vec![(); 1_000_000]);
    there_and_back(&vec![None::<Box<[u64; 4]>>; 1_000_000]);
    there_and_back(&vec![None::<[u64; 32]>; 200_000]);
    there_and_back(&vec![String::new(); 1_000_000]);
    there_and_back(&vec![Vec::<u64>::new(); 1_000_000]);
    there_and_back(&vec!["ab".to_owned(); 1_000_000]);
    there_and_back(&vec![[0_u8; 32]; 100_000]);
    let map = (0..200_000_u32).map(|n| (n, n.to_string()));
    there_and_back(&map.clone().collect::<std::collections::HashMap<_, _>>());
    there_and_back(&map.collect::<std::collections::BTreeMap<_, _>>());
}
