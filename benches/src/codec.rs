//! What it takes to write a value as bytes and to read it back, and how many bytes: the codecs and
//! compressions that the cache uses, with its settings, by themselves; and what of them a hit shows.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::report::figure;
use crate::rounds::{Contender, alternate};
use crate::tasks::{Boxed, Calls, boxed, processor_micros};
use crate::user::{User, user};
use crate::worker;

/// Elements of a small value and of a large one.
const SIZES: [u64; 2] = [1, 100];

const BINCODE: bincode::config::Configuration = bincode::config::standard();

/// A codec with a compression: the name, and both ways.
struct Codec {
    name: &'static str,
    encode: fn(&[User]) -> Vec<u8>,
    decode: fn(&[u8]) -> Vec<User>,
}

const CODECS: [Codec; 5] = [
    Codec {
        name: "bincode",
        encode: to_bincode,
        decode: from_bincode,
    },
    Codec {
        name: "message_pack",
        encode: |users| rmp_serde::to_vec_named(users).expect("bytes"),
        decode: |bytes| rmp_serde::from_slice(bytes).expect("users"),
    },
    Codec {
        name: "bincode_lz4",
        encode: |users| lz4_flex::compress_prepend_size(&to_bincode(users)),
        decode: |bytes| from_bincode(&lz4_flex::decompress_size_prepended(bytes).expect("bytes")),
    },
    Codec {
        name: "bincode_zstd",
        encode: |users| zstd::encode_all(&to_bincode(users)[..], 3).expect("bytes"),
        decode: |bytes| from_bincode(&zstd::decode_all(bytes).expect("bytes")),
    },
    Codec {
        name: "bincode_gzip",
        encode: to_gzip,
        decode: from_gzip,
    },
];

fn to_bincode(users: &[User]) -> Vec<u8> {
    bincode::serde::encode_to_vec(users, BINCODE).expect("bytes")
}

fn from_bincode(bytes: &[u8]) -> Vec<User> {
    let (users, _) = bincode::serde::decode_from_slice(bytes, BINCODE).expect("users");
    users
}

fn to_gzip(users: &[User]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&to_bincode(users)).expect("memory");
    encoder.finish().expect("memory")
}

fn from_gzip(bytes: &[u8]) -> Vec<User> {
    let mut unpacked = Vec::new();
    let mut decoder = flate2::bufread::GzDecoder::new(bytes);
    decoder.read_to_end(&mut unpacked).expect("bytes");
    from_bincode(&unpacked)
}

#[cached(ns = "codec", ttl = "1h")]
async fn uncompressed(count: u64) -> Vec<User> {
    (0..count).map(user).collect()
}

#[cached(ns = "codec", ttl = "1h", compress = "lz4")]
async fn lz4(count: u64) -> Vec<User> {
    (0..count).map(user).collect()
}

#[cached(ns = "codec", ttl = "1h", compress = "zstd")]
async fn zstd(count: u64) -> Vec<User> {
    (0..count).map(user).collect()
}

#[cached(ns = "codec", ttl = "1h", compress = "gzip")]
async fn gzip(count: u64) -> Vec<User> {
    (0..count).map(user).collect()
}

/// What is flattened has no shape that a positional codec could read: it is stored with names.
#[derive(Clone, Serialize, Deserialize)]
struct Named {
    #[serde(flatten)]
    user: User,
}

#[cached(ns = "codec", ttl = "1h")]
async fn named(count: u64) -> Vec<Named> {
    let named = |id| Named { user: user(id) };
    (0..count).map(named).collect()
}

pub(crate) fn run() {
    for elements in SIZES {
        alone(elements);
    }
    let runtime = worker::background();
    let server = runtime.block_on(Server::start()).expect("a server");
    in_hits(&runtime, &server);
}

/// Each codec by itself.
fn alone(elements: u64) {
    let users: Vec<User> = (0..elements).map(user).collect();
    let calls = 100_000 / elements;
    let own = |row: &str| {
        CODECS
            .iter()
            .map(|codec| format!("{row}_{elements}.{}", codec.name))
            .collect()
    };
    let names: [Vec<String>; 2] = [own("encode"), own("decode")];
    let encoded: Vec<Vec<u8>> = CODECS.iter().map(|codec| (codec.encode)(&users)).collect();
    for (codec, bytes) in CODECS.iter().zip(&encoded) {
        assert_eq!((codec.decode)(bytes), users, "{}", codec.name);
    }
    let encoders = CODECS.iter().zip(&names[0]).map(|(codec, name)| {
        Contender::new(name, || nanos(calls, || (codec.encode)(black_box(&users))))
    });
    alternate("codec", "ns", encoders.collect());
    let decoders = CODECS
        .iter()
        .zip(&encoded)
        .zip(&names[1])
        .map(|((codec, bytes), name)| {
            Contender::new(name, || nanos(calls, || (codec.decode)(black_box(bytes))))
        });
    alternate("codec", "ns", decoders.collect());
    for (codec, bytes) in CODECS.iter().zip(&encoded) {
        let name = format!("codec.encoded_{elements}.{}", codec.name);
        figure(&name, bytes.len() as f64, "bytes");
    }
}

fn nanos<R>(calls: u64, call: impl Fn() -> R) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// How an annotated function is called, with a cache and a number of elements.
type Read = fn(Cache, u64, Calls) -> Boxed;

const READS: [(&str, Read); 5] = [
    ("bincode", |cache, count, calls| {
        read(cache, count, calls, uncompressed)
    }),
    ("message_pack", |cache, count, calls| {
        read(cache, count, calls, named)
    }),
    ("bincode_lz4", |cache, count, calls| {
        read(cache, count, calls, lz4)
    }),
    ("bincode_zstd", |cache, count, calls| {
        read(cache, count, calls, zstd)
    }),
    ("bincode_gzip", |cache, count, calls| {
        read(cache, count, calls, gzip)
    }),
];

fn read<F>(cache: Cache, count: u64, calls: Calls, of: fn(u64) -> F) -> Boxed
where
    F: Future<Output: Send> + Send + 'static,
{
    boxed(async move {
        let all = async {
            for _ in calls.ids(1) {
                black_box(of(count).await);
            }
        };
        cache.scope(all).await;
    })
}

/// Of entries as they are stored, their bytes in Redis, and what of this process a hit takes.
fn in_hits(runtime: &Runtime, server: &Server) {
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    let cache = builder.op_timeout(Duration::from_secs(5)).build();
    let cache = cache.expect("a cache");
    for elements in SIZES {
        let names = READS.map(|(name, _)| format!("hit_{elements}.{name}"));
        let calls = 20_000 / elements.isqrt();
        let contenders = READS.iter().zip(&names).map(|((_, read), name)| {
            let (cache, runtime) = (&cache, &runtime);
            Contender::new(name, move || {
                let one = |calls| read(cache.clone(), elements, calls);
                runtime.block_on(processor_micros(16, calls, &one))
            })
        });
        alternate("codec", "us", contenders.collect());
        for (name, read) in READS {
            let bytes = runtime.block_on(stored(server, read, elements));
            figure(&format!("codec.stored_{elements}.{name}"), bytes, "bytes");
        }
    }
}

/// The bytes of an entry, with its header, which is the only one of a server that was emptied.
async fn stored(server: &Server, read: Read, elements: u64) -> f64 {
    server.run(&["FLUSHALL"]).await.expect("a reply");
    let cache = Cache::builder().url(server.url()).memory_bytes(0).build();
    let cache = cache.expect("a cache");
    read(cache.clone(), elements, Calls::one()).await;
    let stats = cache.stats();
    let row = stats.namespace("codec").expect("a call");
    assert_eq!(row.stores, 1, "it is stored");
    row.stored_bytes as f64
}
