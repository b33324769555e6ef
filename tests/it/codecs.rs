//! `codec`: how values are encoded for Redis.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, Codec, Policy, SharedWith, cached};
use cache_tests::Server;
use redis::Value;
use serde::{Deserialize, Serialize};

use crate::log::Log;
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);

/// Where a frame says how its value is encoded, and by which byte.
const CODEC: usize = 5;
const BINCODE: u8 = 1;
const MESSAGE_PACK: u8 = 2;
const JSON: u8 = 3;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u32,
    name: Option<String>,
    ratio: f64,
}

/// What it is stands in the value alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u32),
    Text(String),
}

fn user(id: u32) -> User {
    let name = id.is_multiple_of(2).then(|| format!("user {id}"));
    let ratio = f64::from(id) / 3.0;
    User { id, name, ratio }
}

static RUNS: AtomicU32 = AtomicU32::new(0);

/// The same function for each codec: how it is cached, called, called with many and refreshed in the background.
macro_rules! by {
    ($module:ident, $codec:literal) => {
        mod $module {
            use super::*;

            #[cached(ns = $codec, ttl = "1h", codec = $codec)]
            pub(super) async fn one(id: u32) -> Result<User, String> {
                Ok(user(id))
            }

            #[cached(ns = $codec, ttl = "1h", codec = $codec, batch(id in ids))]
            pub(super) async fn many(ids: &[u32]) -> HashMap<u32, User> {
                ids.iter().map(|id| (*id, user(*id))).collect()
            }

            #[cached(ns = $codec, ttl = "1h", stale = "1h", refresh = "background", codec = $codec)]
            pub(super) async fn aged(id: u32) -> User {
                user(id + 10 * RUNS.fetch_add(1, Ordering::SeqCst))
            }

            pub(super) async fn comes_back(server: &Server, byte: u8) {
                let cache = || cache(server);
                let (writer, reader) = (cache(), cache());
                let calls = async || {
                    (
                        one(1).await,
                        one(2).await,
                        many(&[3, 4]).await,
                        aged(5).await,
                    )
                };
                let written = writer.scope(calls()).await;
                assert_eq!(reader.scope(calls()).await, written);
                let row = reader.stats().namespace($codec).unwrap().clone();
                assert_eq!((row.loads, row.redis_hits), (0, 5), "{row:?}");
                assert_eq!(codecs(server, $codec).await, [byte; 5]);
                writer
                    .scope(async {
                        assert_eq!(many_entry(&3).get().await, Some(Some(user(3))));
                        aged_entry(5).expire().await.unwrap();
                        assert_eq!(aged(5).await, written.3);
                        until(LIMIT, async || aged(5).await != written.3).await;
                    })
                    .await;
                assert_eq!(codecs(server, $codec).await, [byte; 5]);
            }
        }
    };
}

by!(bincode, "bincode");
by!(msgpack, "msgpack");
by!(json, "json");

/// A cache that has all it serves from Redis. A debug build takes long to read its own executable.
fn cache(server: &Server) -> Cache {
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    builder.op_timeout(Duration::from_secs(2)).build().unwrap()
}

/// What the entries of a namespace say of their codec.
async fn codecs(server: &Server, namespace: &str) -> Vec<u8> {
    let mut found = Vec::new();
    for key in server.keys().await.unwrap() {
        if key.contains(&format!(":e:{namespace}:")) && !key.ends_with(":lease") {
            match server.command(&[b"GET", key.as_bytes()]).await.unwrap() {
                Value::BulkString(bytes) => found.push(bytes[CODEC]),
                other => panic!("{key}: {other:?}"),
            }
        }
    }
    found
}

#[tokio::test]
async fn values_come_back_by_the_codec_that_was_asked_for() {
    let server = server().await;
    bincode::comes_back(&server, BINCODE).await;
    msgpack::comes_back(&server, MESSAGE_PACK).await;
    json::comes_back(&server, JSON).await;
}

#[tokio::test]
async fn an_entry_is_read_as_it_was_written_whatever_its_function_says_now() {
    let server = server().await;
    let cache = cache(&server);
    let policy = Policy::new(Duration::from_secs(60));
    let policies = [
        policy.codec(Codec::MessagePack),
        policy.codec(Codec::Bincode),
        policy.codec(Codec::Json),
        policy,
    ];
    let bytes = [MESSAGE_PACK, BINCODE, JSON, BINCODE];
    for (n, (writes, byte)) in policies.iter().zip(bytes).enumerate() {
        let namespace = &format!("written {n}");
        for (hits, reads) in std::iter::once(writes).chain(&policies).enumerate() {
            let load = async { Ok::<_, String>(user(7)) };
            let value = cache.get_or_load(namespace, &1, reads, load).await;
            assert_eq!(value, Ok(user(7)));
            let row = cache.stats().namespace(namespace).unwrap().clone();
            assert_eq!((row.loads, row.redis_hits), (1, hits as u64), "{row:?}");
        }
        assert_eq!(codecs(&server, namespace).await, [byte]);
    }
}

#[cached(ns = "hidden", ttl = "1h", codec = "bincode")]
async fn hidden(id: u32) -> Either {
    match id {
        0 => Either::Text("none".to_owned()),
        id => Either::Number(id),
    }
}

#[tokio::test]
async fn a_type_that_bincode_cannot_read_back_is_stored_with_names_and_told_of_once() {
    let (log, server) = (Log::default(), server().await);
    let _guard = log.listen();
    let (writer, reader) = (cache(&server), cache(&server));
    for id in [0, 1] {
        let written = writer.scope(hidden(id)).await;
        assert_eq!(reader.scope(hidden(id)).await, written);
    }
    let row = reader.stats().namespace("hidden").unwrap().clone();
    assert_eq!((row.loads, row.redis_hits), (0, 2), "{row:?}");
    assert_eq!(codecs(&server, "hidden").await, [MESSAGE_PACK; 2]);
    let said = log.lines("bincode can't read this type back");
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("codec = \"msgpack\""), "{said:#?}");
}

#[tokio::test]
async fn what_is_written_with_names_says_who_shares_it() {
    let server = server().await;
    let cache = cache(&server);
    let shared = cache
        .scope(async {
            bincode::one(9).await.unwrap();
            msgpack::one(9).await.unwrap();
            json::one(9).await.unwrap();
            let of = async |seen: Option<cache_runtime::Inspection>| seen.unwrap().shared_with;
            [
                of(bincode::one_entry(9).inspect().await).await,
                of(msgpack::one_entry(9).inspect().await).await,
                of(json::one_entry(9).inspect().await).await,
            ]
        })
        .await;
    assert_eq!(shared[0], SharedWith::EveryBuild);
    match &shared[1] {
        SharedWith::SameExecutable { why } => assert!(why.contains("`codec`"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(shared[2], shared[1]);
    let sites = cache.sites();
    let site = sites
        .iter()
        .find(|site| site.function.ends_with("msgpack::one"));
    assert_eq!(site.unwrap().shared_with.as_ref(), Some(&shared[1]));
}
