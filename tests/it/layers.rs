//! The layers of ARCHITECTURE.md: a module imports only from those below it.

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up; modules in one row may not import each other but where listed in `WITHIN`.
const LAYERS: &[&[&str]] = &[
    &[
        "error",
        "boxed",
        "clock",
        "events",
        "executable",
        "own_thread",
        "patience",
    ],
    &["key", "likeness", "tag", "value", "returns", "policy"],
    &["frame", "site"],
    &["stamp", "memory", "redis"],
    &["flight", "lease", "owed"],
    &["tiers"],
    &["load", "invalidate", "expire"],
    &["cache"],
    &["private"],
];

/// Imports within a row, each in one direction.
const WITHIN: &[(&str, &str)] = &[
    ("events", "clock"),
    ("own_thread", "clock"),
    ("patience", "clock"),
    ("likeness", "returns"),
    ("patience", "own_thread"),
    ("returns", "value"),
    ("tag", "error"),
    ("site", "frame"),
    ("memory", "stamp"),
    ("redis", "stamp"),
    ("load", "invalidate"),
    ("expire", "load"),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cache-runtime/src")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The top-level module that a file is of.
fn module(file: &Path) -> String {
    let inside = file.strip_prefix(source()).unwrap();
    let first = inside.components().next().unwrap();
    Path::new(first.as_os_str())
        .file_stem()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

/// The modules that a file names as `crate::module`.
fn named(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect()
}

#[test]
fn a_module_imports_only_from_below() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    let mut wrong = Vec::new();
    for file in all
        .iter()
        .filter(|file| !file.ends_with("lib.rs") && !is_test(file))
    {
        let from = module(file);
        let Some(height) = layer(&from) else {
            wrong.push(format!("{from} is in no layer"));
            continue;
        };
        for to in named(&fs::read_to_string(file).unwrap()) {
            let allowed = match layer(&to) {
                Some(other) if other < height || to == from => true,
                Some(other) if other == height => WITHIN.contains(&(&from, &to)),
                Some(_) => false,
                // A name at the crate's root, in docs' links for one.
                None => true,
            };
            if !allowed {
                wrong.push(format!("{} names crate::{to}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_switch_that_plants_a_bug_is_in_no_build_that_does_not_ask_for_it() {
    const FEATURE: &str = "__planted";
    let mut all = Vec::new();
    files(&source(), &mut all);
    let (mut seen, gate) = (0, format!("#[cfg(feature = \"{FEATURE}\")]"));
    for file in &all {
        let text = fs::read_to_string(file).unwrap();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let plants = line.starts_with("mod planted") || line.contains("skip_cells");
            if plants && !file.ends_with("planted.rs") {
                // Of the line, or of the fn or the statement that it stands in.
                let before = &lines[at.saturating_sub(3)..at];
                assert!(before.contains(&&*gate), "{}:{}", file.display(), at + 1);
                seen += 1;
            }
        }
    }
    assert!(seen > 0, "it goes by another name");
    let manifest = fs::read_to_string(source().join("../Cargo.toml")).unwrap();
    assert!(manifest.contains("default = []") && manifest.contains("__planted = []"));
    let root = source().join("../..");
    for package in ["cache-macros", "examples", "benches", "xtask"] {
        let manifest = fs::read_to_string(root.join(package).join("Cargo.toml")).unwrap();
        assert!(!manifest.contains(FEATURE), "{package}");
    }
}

#[test]
fn only_redis_names_the_redis_crate_and_only_the_clock_asks_for_the_time() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    for file in &all {
        let text = fs::read_to_string(file).unwrap();
        let own = module(file);
        if own != "redis" {
            assert!(
                !text.contains("use redis") && !text.contains(" ::redis"),
                "{}",
                file.display()
            );
        }
        if own != "clock" && !is_test(file) {
            for asking in ["Instant::now", "SystemTime::now"] {
                let code = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                assert!(
                    !code.into_iter().any(|line| line.contains(asking)),
                    "{}",
                    file.display()
                );
            }
        }
    }
}

/// What hangs on a caller's runtime stands still with it.
#[test]
fn only_the_own_thread_makes_tasks_and_timers() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    for file in all.iter().filter(|file| !is_test(file)) {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let makes = ["tokio::spawn", "tokio::time"];
        assert!(
            module(file) == "own_thread" || !makes.iter().any(|make| code.contains(make)),
            "{}",
            file.display()
        );
    }
}

#[test]
fn the_macros_do_not_depend_on_the_runtime() {
    let manifest = source().join("../../cache-macros/Cargo.toml");
    assert!(
        !fs::read_to_string(manifest)
            .unwrap()
            .contains("cache-runtime.workspace")
    );
}

fn is_test(file: &Path) -> bool {
    let inside = file.strip_prefix(source()).unwrap();
    inside
        .components()
        .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}
