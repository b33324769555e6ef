//! The documents point only at files and headings that are there. Paths of Rust items are rustdoc's to
//! check, and what is elsewhere is nobody's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_link_of_a_document_points_at_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut documents = Vec::new();
    find(&root, &mut documents);
    assert!(documents.len() > 5, "{documents:?}");
    let mut broken = Vec::new();
    for document in &documents {
        let text = prose(&fs::read_to_string(document).unwrap());
        for link in links(&text).filter(|link| !leads_there(document, link)) {
            broken.push(format!("{}: {link}", document.display()));
        }
    }
    assert_eq!(broken, [""; 0]);
}

/// The documents in a folder, but for what is built or hidden there.
fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            find(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// A document without its blocks of code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What stands in the brackets behind each text, and behind `[text]:`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let inline = text.split("](").skip(1);
    let inline = inline.filter_map(|rest| Some(rest.split_once(')')?.0));
    let apart = text.lines().filter(|line| line.starts_with('['));
    let apart = apart.filter_map(|line| Some(line.split_once("]: ")?.1));
    inline.chain(apart)
}

fn leads_there(document: &Path, link: &str) -> bool {
    let is_item = link.contains("::") || link.contains('@');
    if link.contains("://") || is_item {
        return true;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => document.to_owned(),
        _ => document.parent().unwrap().join(file),
    };
    match heading {
        "" => target.exists(),
        _ => fs::read_to_string(target).is_ok_and(|text| {
            anchors(&prose(&text))
                .iter()
                .any(|anchor| anchor == heading)
        }),
    }
}

/// The names that a reader's program gives to the headings: small letters, hyphens for spaces, and a
/// number where one has the name already.
fn anchors(text: &str) -> Vec<String> {
    let mut taken = BTreeMap::new();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchors = headings.map(|line| {
        let heading = line.trim_start_matches('#').trim();
        let stays = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
        let name: String = heading.chars().filter(stays).collect();
        let name = name.to_lowercase().replace(' ', "-");
        let before = taken.entry(name.clone()).or_insert(0);
        *before += 1;
        match *before {
            1 => name,
            times => format!("{name}-{}", times - 1),
        }
    });
    anchors.collect()
}

#[test]
fn a_broken_link_is_found() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("model/README.md");
    let text =
        "# One `two`: 3\n```\n# code [a](b)\n```\n## One two 3\n[a](b.md) and [c](#d)\n[e]: f";
    let text = prose(text);
    assert_eq!(anchors(&text), ["one-two-3", "one-two-3-1"]);
    assert_eq!(links(&text).collect::<Vec<_>>(), ["b.md", "#d", "f"]);
    for (link, is_there) in [
        ("main.rs", true),
        ("missing.rs", false),
        ("#no-such-heading", false),
        ("../../ARCHITECTURE.md#invariants", true),
        ("../../ARCHITECTURE.md#no-such-heading", false),
        ("crate::Cache", true),
        ("https://redis.io", true),
    ] {
        assert_eq!(leads_there(&document, link), is_there, "{link}");
    }
}
