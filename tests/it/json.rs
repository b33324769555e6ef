//! `codec = "json"`: what stands in Redis is text that others read, and what would come back as something else is not there.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use cache_runtime::{Cache, CacheError, cached};
use cache_tests::Server;
use redis::Value;
use serde::{Deserialize, Serialize};

use crate::log::Log;
use crate::server;

/// What stands behind the payload in a frame.
const CHECKSUM: usize = 8;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Product {
    id: u32,
    name: String,
    seller: IpAddr,
    prices: BTreeMap<u16, Option<f64>>,
}

fn product(id: u32) -> Product {
    Product {
        id,
        name: format!("\"No. {id}\"\n"),
        seller: Ipv4Addr::LOCALHOST.into(),
        prices: [(1, Some(0.1)), (2, None)].into(),
    }
}

#[cached(ns = "json product", ttl = "1h", codec = "json", tags = ["product:{id}"])]
async fn stored(id: u32) -> Product {
    product(id)
}

#[cached(ns = "json ratio", ttl = "1h", codec = "json")]
async fn ratio(of: f64) -> f64 {
    1.0 / of
}

/// What it is stands in the value alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Counts {
    ByNumber(BTreeMap<u32, u32>),
    ByName(BTreeMap<String, u32>),
}

#[cached(ns = "json counts", ttl = "1h", codec = "json")]
async fn counts(by_number: bool) -> Counts {
    match by_number {
        true => Counts::ByNumber([(7, 1)].into()),
        false => Counts::ByName([("7".to_owned(), 1)].into()),
    }
}

/// A cache that has all it serves from Redis.
fn cache(server: &Server) -> Cache {
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    builder.op_timeout(Duration::from_secs(5)).build().unwrap()
}

/// The entries of a namespace, by a plain `GET`.
async fn entries(server: &Server, namespace: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for key in server.keys().await.unwrap() {
        if key.contains(&format!(":e:{namespace}:")) && !key.ends_with(":lease") {
            match server.command(&[b"GET", key.as_bytes()]).await.unwrap() {
                Value::BulkString(bytes) => found.push(bytes),
                other => panic!("{key}: {other:?}"),
            }
        }
    }
    found
}

#[tokio::test]
async fn a_plain_get_shows_the_value_as_text_behind_the_header() {
    let server = server().await;
    let written = cache(&server).scope(stored(7)).await;
    let frames = entries(&server, "json product").await;
    let [frame] = &frames[..] else {
        panic!("{frames:?}");
    };
    let text = r#"{"id":7,"name":"\"No. 7\"\n","seller":"127.0.0.1","prices":{"1":0.1,"2":null}}"#;
    let payload = &frame[..frame.len() - CHECKSUM];
    assert!(
        payload.ends_with(text.as_bytes()),
        "{}",
        String::from_utf8_lossy(frame)
    );
    assert_eq!(written, product(7));
    let reader = cache(&server);
    assert_eq!(reader.scope(stored(7)).await, product(7));
    assert_eq!(
        reader.stats().namespace("json product").unwrap().redis_hits,
        1
    );
}

/// One test for both, as a line that a test without a log comes by first may be out of reach of another's.
#[tokio::test]
async fn what_would_come_back_as_something_else_is_returned_and_not_stored_and_the_log_says_why() {
    let (log, server) = (Log::default(), server().await);
    let _guard = log.listen();
    let cache = cache(&server);
    cache
        .scope(async {
            let endless = (f64::INFINITY, f64::INFINITY);
            assert_eq!((ratio(0.0).await, ratio(0.0).await), endless);
            assert_eq!((ratio(4.0).await, ratio(4.0).await), (0.25, 0.25));
            let put = ratio_entry(1.0).put(f64::NAN).await;
            assert!(matches!(put, Err(CacheError::Encode)), "{put:?}");
            for by_number in [true, true, false, false] {
                let found = counts(by_number).await;
                assert_eq!(matches!(found, Counts::ByNumber(_)), by_number, "{found:?}");
            }
        })
        .await;
    let figures = |namespace| {
        let row = cache.stats().namespace(namespace).unwrap().clone();
        (row.loads, row.redis_hits, row.unstored.encode)
    };
    assert_eq!(figures("json ratio"), (3, 1, 3));
    assert_eq!(figures("json counts"), (3, 1, 2));
    assert_eq!(entries(&server, "json ratio").await.len(), 1);
    let said = log.lines("a value can't be encoded");
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].contains("a NaN or an infinity"), "{said:#?}");
    assert!(
        said[1].contains("its type asks what was written"),
        "{said:#?}"
    );
}

#[tokio::test]
async fn text_that_was_changed_or_is_of_an_unknown_codec_is_a_miss_with_its_cause() {
    let server = server().await;
    let cache = cache(&server);
    cache.scope(stored(8)).await;
    let keys = server.keys().await.unwrap();
    let key = keys
        .iter()
        .find(|key| key.contains(":e:json product:") && !key.ends_with(":lease"))
        .unwrap();
    let [frame] = &entries(&server, "json product").await[..] else {
        panic!("{keys:?}");
    };
    let mut unknown = frame.clone();
    unknown[5] = 99;
    let mut changed = frame.clone();
    let at = changed.len() - CHECKSUM - 2;
    changed[at] = b'9';
    for (count, wrong) in (1..).zip([unknown, changed]) {
        server
            .command(&[b"SET", key.as_bytes(), &wrong])
            .await
            .unwrap();
        assert_eq!(cache.scope(stored(8)).await, product(8));
        let row = cache.stats().namespace("json product").unwrap().clone();
        assert_eq!(
            (row.loads, row.misses.unreadable),
            (1 + count, count),
            "{row:?}"
        );
    }
}
