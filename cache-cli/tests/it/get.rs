//! `get` shows a value as far as that can be done without its type.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

use crate::{builder, cache, program, run};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    name: String,
    age: u8,
    notes: Vec<Option<String>>,
}

fn ada() -> User {
    User {
        name: "Ada \u{1b}[31m".to_owned(),
        age: 36,
        notes: vec![None, Some("x".repeat(3_000))],
    }
}

#[cached(
    ns = "json",
    key = "json:{id}",
    ttl = "5m",
    codec = "json",
    compress = "lz4"
)]
async fn json(id: u32) -> User {
    let _ = id;
    ada()
}

#[cached(
    ns = "pack",
    key = "pack:{id}",
    ttl = "5m",
    codec = "msgpack",
    compress = "zstd"
)]
async fn pack(id: u32) -> User {
    let _ = id;
    ada()
}

#[cached(ns = "plain", key = "plain:{id}", ttl = "5m")]
async fn plain(id: u32) -> u32 {
    id
}

#[cached(
    ns = "secret",
    key = "secret:{id}",
    ttl = "5m",
    codec = "json",
    encrypt
)]
async fn secret(id: u32) -> String {
    format!("secret {id}")
}

#[tokio::test]
async fn values_with_names_are_shown_as_json_however_they_are_packed() {
    let server = crate::server().await;
    let url = server.url();
    let cache = cache(&url);
    cache.scope(async { (json(1).await, pack(1).await) }).await;
    for (key, codec, compression) in [("json:1", "json", "lz4"), ("pack:1", "msgpack", "zstd")] {
        let ran = run(&url, &["get", key, "--json"]);
        let told = ran.json();
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert_eq!(
            (&told["header"]["codec"], &told["header"]["compression"]),
            (&codec.into(), &compression.into())
        );
        assert!(
            told["stored_bytes"].as_u64() < told["bytes"].as_u64(),
            "{told}"
        );
        assert_eq!(
            told["value"]["json"],
            serde_json::to_value(ada()).unwrap(),
            "{key}"
        );
        let raw = run(&url, &["get", key, "--raw"]);
        let value: User = serde_json::from_str(&raw.out).unwrap();
        assert_eq!(value, ada());
        let shown = run(&url, &["get", key]);
        assert!(
            shown.out.contains("\"age\": 36") && !shown.out.contains('\u{1b}'),
            "{shown:?}"
        );
    }
}

#[tokio::test]
async fn bincode_is_shown_as_bytes_and_an_encrypted_value_takes_its_key() {
    let server = crate::server().await;
    let url = server.url();
    let key = "5e".repeat(32);
    let keys = cache_runtime::EncryptionKeys::new(&[0x5e; 32]);
    let cache = builder(&url).encryption(keys).build().unwrap();
    cache
        .scope(async { (plain(77).await, secret(1).await) })
        .await;
    let told = run(&url, &["get", "plain:77", "--json"]).json();
    assert_eq!(told["value"]["hex"], "4d", "{told}");

    let locked = run(&url, &["get", "secret:1"]);
    assert_eq!(locked.exit, 1, "{locked:?}");
    assert!(
        locked.err.contains("no_key") && locked.err.contains("CACHE_ENCRYPTION_KEYS"),
        "{locked:?}"
    );
    let opened = crate::ran(
        program(&url, &["get", "secret:1", "--json"]).env("CACHE_ENCRYPTION_KEYS", &key),
    );
    assert_eq!(opened.json()["value"]["json"], "secret 1", "{opened:?}");
    let explained = run(&url, &["explain", "secret:1", "--json"]).json();
    assert_eq!(
        explained["verdict"]["is"], "fresh",
        "the program has the key: {explained}"
    );
}

#[tokio::test]
async fn what_is_not_stored_and_what_is_several_is_said() {
    let server = crate::server().await;
    let none = run(&server.url(), &["get", "plain:1"]);
    assert_eq!(none.exit, 1, "{none:?}");
    assert_eq!(none.out, "");
}
