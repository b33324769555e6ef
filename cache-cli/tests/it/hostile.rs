//! Keys, tags and namespaces that would steer a terminal.

use cache_runtime::{Cache, cached};

use crate::{builder, program, ran, run};

/// What steers a terminal, turns the order of characters round, or breaks a line.
const HOSTILE: &str = "\u{1b}[2J\u{202e}gnirts\r\n\u{9b}31m\u{200f}{brace}%\\";

#[cached(ns = "hostile", key = "key:{text}", ttl = "5m", tags = [format!("tag:{text}")])]
async fn hostile(text: String) -> String {
    text
}

fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200f}'
}

async fn stored(url: &str, text: &str) -> Cache {
    let cache = builder(url).build().unwrap();
    cache.scope(hostile(text.to_owned())).await;
    cache
}

#[tokio::test]
async fn a_hostile_key_and_tag_break_no_table_and_are_whole_in_json() {
    let server = crate::server().await;
    let url = server.url();
    stored(&url, HOSTILE).await;
    // Written past the cache: a name that no annotation makes.
    let planted = format!("cache:e:ns\u{1b}]0;title\u{7}:{{{}-00000000}}", "\u{202e}x");
    server
        .command(&[b"SET", planted.as_bytes(), b"garbage"])
        .await
        .unwrap();
    let told = run(&url, &["scan", "--json"]).json();
    let entries = told["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "{told}");
    assert!(
        entries.iter().any(|entry| entry["name"] == planted),
        "untouched: {told}"
    );
    let names = entries
        .iter()
        .map(|entry| entry["name"].as_str().unwrap().to_owned());
    for name in names {
        for arguments in [
            vec!["explain", &name],
            vec!["get", &name],
            vec!["invalidate", "key", &name],
        ] {
            let shown = run(&url, &arguments);
            for text in [&shown.out, &shown.err] {
                assert_eq!(
                    text.chars().find(|c| is_hidden(*c)),
                    None,
                    "{arguments:?}: {text:?}"
                );
            }
        }
    }
    stored(&url, HOSTILE).await;
    let tag = format!("tag:{HOSTILE}");
    let by_tag = run(&url, &["scan", "--tag", &tag, "--json"]).json();
    assert_eq!(by_tag["entries"].as_array().unwrap().len(), 1, "{by_tag}");
    for arguments in [
        vec!["scan"],
        vec!["invalidate", "tag", &tag, "--count"],
        vec!["expire", "namespace", HOSTILE],
        vec!["scan", HOSTILE],
        vec!["log"],
        vec!["doctor"],
    ] {
        let shown = run(&url, &arguments);
        for text in [&shown.out, &shown.err] {
            assert_eq!(
                text.chars().find(|c| is_hidden(*c)),
                None,
                "{arguments:?}: {text:?}"
            );
        }
    }
    let log = run(&url, &["log", "--json"]).json();
    assert!(
        log["actions"]
            .as_array()
            .unwrap()
            .iter()
            .any(|action| action["target"] == format!("tag {tag}"))
    );
}

#[tokio::test]
async fn megabytes_of_key_are_cut_for_people_and_refused_where_they_are_no_name() {
    let server = crate::server().await;
    let url = server.url();
    let long = "k".repeat(1 << 20);
    let planted = format!("cache:e:long:{{{long}-00000000}}");
    server
        .command(&[b"SET", planted.as_bytes(), b"garbage"])
        .await
        .unwrap();
    let shown = run(&url, &["scan"]);
    assert!(
        shown.out.len() < 4_096 && shown.out.contains("more characters"),
        "{}",
        shown.out.len()
    );
    let told = run(&url, &["scan", "--json"]).json();
    assert_eq!(
        told["entries"][0]["key"].as_str().unwrap().len(),
        long.len()
    );
    let too_long = "k".repeat(100_000);
    let refused = run(&url, &["explain", &too_long]);
    assert_eq!(refused.exit, 2);
    assert!(refused.err.len() < 1_000, "{}", refused.err.len());
}

#[tokio::test]
async fn a_table_is_as_wide_as_it_is_told_and_colours_are_for_terminals() {
    let server = crate::server().await;
    let url = server.url();
    stored(&url, "narrow").await;
    let narrow = ran(program(&url, &["scan"]).env("COLUMNS", "60"));
    let widest = narrow
        .out
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap();
    assert!(widest <= 60, "{widest}: {}", narrow.out);
    let plain = run(&url, &["explain", "key:narrow"]);
    assert!(!plain.out.contains('\u{1b}'), "no terminal: {plain:?}");
    let forced = ran(program(&url, &["explain", "key:narrow"]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.out.contains("\u{1b}["), "{forced:?}");
    let mut none = program(&url, &["explain", "key:narrow"]);
    let none = ran(none.env("NO_COLOR", "1"));
    assert!(!none.out.contains('\u{1b}'), "{none:?}");
}
