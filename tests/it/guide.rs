//! The guide: each chapter is listed, and its code is compiled with the crate's documentation.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn each_chapter_is_listed_and_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let source = root.join("docs/guide/src");
    let files = fs::read_dir(&source).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let chapters: BTreeSet<String> = files.filter(|name| name != "SUMMARY.md").collect();
    let summary = fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    let listed = summary
        .lines()
        .filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    assert_eq!(
        listed.map(ToOwned::to_owned).collect::<BTreeSet<_>>(),
        chapters
    );
    let lib = fs::read_to_string(root.join("cache-runtime/src/lib.rs")).unwrap();
    for chapter in &chapters {
        assert!(
            lib.contains(&format!("\"{chapter}\"")),
            "{chapter} is not compiled"
        );
    }
}
