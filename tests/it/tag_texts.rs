//! Tags of any text: what comes from outside is cached, shared and invalidated like plain text.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, CacheError, Tag, cache_invalidate, cached};
use cache_tests::Server;
use futures_util::future::join_all;

#[derive(Default)]
struct Loads(AtomicU32);

impl Loads {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Texts that would break a name in Redis, and some that look like what stands for them.
fn texts() -> Vec<String> {
    let long = "x".repeat(257);
    let mut texts: Vec<String> = [
        "{",
        "}",
        "a{b}",
        "a%7Bb%7D",
        "%7B",
        "%257B",
        "a\nb",
        "a%0Ab",
        "\u{1}a",
        "\u{1}a%7Bb%7D",
        "\u{2}",
        "\0",
        "\u{85}",
        "é{",
        "{user}:1",
        "%",
        " ",
    ]
    .map(str::to_owned)
    .into();
    // Too long, alike in their beginning, and too long only once they are escaped.
    texts.extend([long.clone(), format!("{long}x"), format!("{long}y")]);
    texts.extend(["{".repeat(100), "{".repeat(256), "é".repeat(200)]);
    texts
}

#[cached(ns = "mailed", ttl = "1m", tags = ["mail:{mail}"], skip(loads))]
async fn mailed(loads: &Loads, mail: &str) -> u32 {
    let _ = mail;
    tokio::time::sleep(Duration::from_millis(20)).await;
    loads.next()
}

#[cached(ns = "owned", ttl = "1m", tags_from = |mail| [format!("mail:{mail}")], skip(loads))]
async fn owned(loads: &Loads, mail: &str) -> String {
    loads.next();
    mail.to_owned()
}

#[cache_invalidate(tags = ["mail:{mail}"])]
async fn moved(mail: &str) {
    let _ = mail;
}

fn caches(server: &Server) -> [Cache; 3] {
    let redis = || Cache::builder().url(server.url());
    [
        Cache::memory(),
        redis().build().unwrap(),
        redis().prefix("bare").memory_bytes(0).build().unwrap(),
    ]
}

#[tokio::test]
async fn fifty_callers_with_a_tag_of_any_text_load_once() {
    let server = crate::server().await;
    for cache in caches(&server) {
        for text in texts() {
            let loads = Loads::default();
            let calls = (0..50).map(|_| cache.scope(mailed(&loads, &text)));
            let answers = join_all(calls).await;
            assert_eq!(loads.count(), 1, "{text:?}");
            assert!(answers.iter().all(|answer| *answer == 1), "{text:?}");
        }
        assert!(
            cache
                .stats()
                .namespace("mailed")
                .unwrap()
                .troubles
                .is_empty()
        );
    }
}

#[tokio::test]
async fn an_invalidation_of_a_tag_of_any_text_clears_what_carries_it_and_nothing_else() {
    let server = crate::server().await;
    for cache in caches(&server) {
        let loads = Loads::default();
        let all = || async {
            let mut seen = Vec::new();
            for text in texts() {
                seen.push(cache.scope(mailed(&loads, &text)).await);
            }
            seen
        };
        let mut before = all().await;
        for (at, text) in texts().iter().enumerate() {
            match at % 2 {
                0 => cache
                    .tag(format!("mail:{text}"))
                    .invalidate()
                    .await
                    .unwrap(),
                _ => cache.scope(moved(text)).await,
            }
            let after = all().await;
            let changed = (0..after.len()).filter(|i| after[*i] != before[*i]);
            assert_eq!(changed.collect::<Vec<_>>(), [at], "{text:?}");
            before = after;
        }
    }
}

#[tokio::test]
async fn a_tag_of_the_value_may_be_any_text() {
    let server = crate::server().await;
    for cache in caches(&server) {
        for text in texts() {
            let loads = Loads::default();
            for _ in 0..2 {
                assert_eq!(cache.scope(owned(&loads, &text)).await, text);
            }
            assert_eq!(loads.count(), 1, "{text:?}");
            cache
                .tag(format!("mail:{text}"))
                .invalidate()
                .await
                .unwrap();
            cache.scope(owned(&loads, &text)).await;
            assert_eq!(loads.count(), 2, "{text:?}");
        }
    }
}

#[tokio::test]
async fn each_text_has_a_stamp_of_its_own_and_a_plain_one_its_own_name() {
    let server = crate::server().await;
    let cache = Cache::builder().url(server.url()).build().unwrap();
    let loads = Loads::default();
    for text in texts().iter().map(String::as_str).chain(["a@b.c"]) {
        cache.scope(mailed(&loads, text)).await;
    }
    let keys = server.keys().await.unwrap();
    let stamps: HashSet<_> = keys.iter().filter(|key| key.contains(":t:{")).collect();
    assert_eq!(stamps.len(), texts().len() + 1, "{stamps:?}");
    for plain in ["mail:a@b.c", "mail:a%7Bb%7D", "mail:%"] {
        let name = format!("cache:t:{{{plain}}}");
        assert!(stamps.contains(&name), "{name} is not in {stamps:?}");
    }
    for stamp in stamps {
        assert!(stamp.len() <= "cache:t:{}".len() + 256, "{stamp:?}");
        assert_eq!(stamp.matches(['{', '}']).count(), 2, "{stamp:?}");
    }
}

#[tokio::test]
async fn an_owed_tag_of_any_text_is_shown_on_one_line() {
    let mut server = crate::server().await;
    let cache = Cache::builder().url(server.url()).build().unwrap();
    server.kill9().unwrap();
    assert!(cache.tag("a{b}\nc").invalidate().await.is_err());
    assert_eq!(cache.health().owed, ["tag a%7Bb%7D%0Ac"]);
}

#[test]
fn a_tag_gives_back_the_text_that_it_was_made_of() {
    for text in texts() {
        let tag = Tag::from(&text);
        assert_eq!(tag.as_str(), text);
        assert_eq!(tag.to_string(), text);
        assert_eq!(tag, Tag::from(tag.as_str()));
    }
}

/// Shows itself half-way and then fails.
#[derive(Clone, Copy)]
struct Unshowable;

impl fmt::Display for Unshowable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[cached(ns = "unshowable", ttl = "1m", tags = ["of:{what}"], skip(loads, what))]
async fn unshowable<W: fmt::Display>(loads: &Loads, what: W, id: u32) -> u32 {
    let _ = (what, id);
    loads.next()
}

#[cache_invalidate(tags = ["of:{what}"])]
async fn changed<W: fmt::Display>(what: W) {
    let _ = what;
}

#[tokio::test]
async fn a_tag_whose_display_fails_is_no_panic_but_a_load_that_is_counted() {
    let server = crate::server().await;
    for cache in caches(&server) {
        let loads = Loads::default();
        cache
            .scope(async {
                assert_eq!(unshowable(&loads, "half", 1).await, 1);
                assert_eq!(unshowable(&loads, Unshowable, 1).await, 2);
                assert_eq!(unshowable(&loads, Unshowable, 1).await, 3);
                changed(Unshowable).await;
            })
            .await;
        let stats = cache.stats();
        let troubles = &stats.namespace("unshowable").unwrap().troubles;
        assert_eq!(troubles.get("name the entry: bad_name"), Some(&2));
        let entry = cache.scope(async { unshowable_entry(Unshowable, 1).put(7).await });
        let refused = entry.await;
        assert!(
            matches!(&refused, Err(CacheError::Name { what: "tag", reason, .. }) if reason.contains("Display")),
            "{refused:?}"
        );
    }
}
