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
    // The others are pictures.
    let chapters = files.filter(|name| name.ends_with(".md") && name != "SUMMARY.md");
    let chapters: BTreeSet<String> = chapters.collect();
    let summary = fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    let listed = summary
        .lines()
        .filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    assert_eq!(
        listed.map(ToOwned::to_owned).collect::<BTreeSet<_>>(),
        chapters
    );
    // With the package that its code is of.
    let libs = [
        "cache-runtime/src/lib.rs",
        "cache-console/src/lib.rs",
        "cache-backup/src/lib.rs",
        "cache-insight/src/lib.rs",
        "cache-toolkit/src/lib.rs",
    ];
    let libs = libs.map(|lib| fs::read_to_string(root.join(lib)).unwrap());
    for chapter in &chapters {
        let names = [format!("\"{chapter}\""), format!("/guide/src/{chapter}\"")];
        let is_compiled = |lib: &String| names.iter().any(|name| lib.contains(name.as_str()));
        assert!(libs.iter().any(is_compiled), "{chapter} is not compiled");
    }
}
