//! The layers of ARCHITECTURE.md: a module imports only from those below it. Inside `redis/` the same
//! holds of its floors, and no files there or in `load/` go in a circle.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up; modules in one row may not import each other but where listed in `WITHIN`.
const LAYERS: &[&[&str]] = &[
    &[
        "error",
        "boxed",
        "clock",
        "curve",
        "events",
        "executable",
        "extensions",
        "listeners",
        "own_thread",
        "patience",
        "sketch",
    ],
    &["key", "likeness", "tag", "value", "returns", "policy"],
    &["frame", "site", "overrides"],
    &["stamp", "memory", "redis"],
    &["flight", "kind", "lease", "owed"],
    &["tiers"],
    &["load", "invalidate", "expire"],
    &["cache"],
    &["admin", "commands"],
    &["private"],
];

/// Imports within a row, each in one direction.
const WITHIN: &[(&str, &str)] = &[
    ("curve", "clock"),
    ("curve", "sketch"),
    ("events", "clock"),
    ("events", "sketch"),
    ("sketch", "clock"),
    ("own_thread", "clock"),
    ("patience", "clock"),
    ("likeness", "returns"),
    ("patience", "own_thread"),
    ("returns", "value"),
    ("tag", "error"),
    ("site", "frame"),
    ("overrides", "site"),
    ("memory", "stamp"),
    ("redis", "stamp"),
    ("load", "invalidate"),
    ("expire", "invalidate"),
    ("expire", "load"),
];

/// The folders of `redis/`, from the bottom up. Above them stand `redis/mod.rs` and its tests.
/// `absent` stands for all above the first in a build without Redis.
const FLOORS: &[&str] = &["terms", "absent", "wire", "link", "topology"];

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
fn a_file_of_redis_names_only_its_own_floor_and_those_below() {
    let height = |module: &str| {
        let first = module.split("::").next().unwrap_or_default();
        FLOORS.iter().position(|floor| *floor == first)
    };
    let mut wrong = Vec::new();
    let arrows = arrows_of("redis");
    for (from, named) in arrows.iter().filter(|(from, _)| !from.is_empty()) {
        let Some(floor) = height(from) else {
            wrong.push(format!("redis::{from} is on no floor"));
            continue;
        };
        let is_above = |to: &&String| height(to).is_none_or(|other| other > floor);
        let above = named.iter().filter(is_above);
        wrong.extend(above.map(|to| format!("redis::{from} names redis::{to}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for floor in FLOORS {
        assert!(arrows.keys().any(|from| from == floor), "{floor} is gone");
    }
}

#[test]
fn no_files_of_redis_or_load_go_in_a_circle() {
    for folder in ["redis", "load"] {
        let circle = circle(arrows_of(folder));
        assert!(circle.is_empty(), "{folder}/ in a circle: {circle:#?}");
    }
}

/// What is left of the arrows where none is that leads nowhere or comes from nowhere.
fn circle(mut arrows: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    // What names nothing that is left is in no circle, nor is what nothing left names.
    loop {
        let left = arrows.clone();
        arrows.retain(|file, named| {
            named.retain(|to| left.contains_key(to));
            !named.is_empty() && left.values().flatten().any(|to| to == file)
        });
        if arrows == left {
            return arrows;
        }
    }
}

/// Which files of a folder each of them names, as the modules they are: `link::state`, and nothing for
/// the folder's own `mod.rs`.
fn arrows_of(folder: &str) -> BTreeMap<String, Vec<String>> {
    let root = source().join(folder);
    let mut all = Vec::new();
    files(&root, &mut all);
    let all: BTreeMap<String, PathBuf> = all
        .into_iter()
        .filter(|file| !is_test(file))
        .map(|file| (module_path(file.strip_prefix(&root).unwrap()), file))
        .collect();
    let arrows = all.iter().map(|(from, file)| {
        let text = fs::read_to_string(file).unwrap();
        // A module of tests stands in its file at the end.
        let code = text.split("\nmod tests {").next().unwrap();
        let code: Vec<_> = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        // How far an item is seen is no use of a module.
        let code = code
            .join("\n")
            .replace(&format!("(in crate::{folder}"), "(");
        let mut named: Vec<_> = paths(&code)
            .iter()
            .filter_map(|path| absolute(folder, from, path, &all))
            .filter_map(|path| file_of(&path, &all))
            .filter(|to| to != from)
            .collect();
        named.sort();
        named.dedup();
        (from.clone(), named)
    });
    arrows.collect()
}

/// `link/reads/mod.rs` as `link::reads`.
fn module_path(file: &Path) -> String {
    let path = file.with_extension("").to_str().unwrap().replace('/', "::");
    match path.strip_suffix("mod") {
        Some(folder) => folder.trim_end_matches("::").to_owned(),
        None => path,
    }
}

/// Every path that code names, with its braces taken apart.
fn paths(code: &str) -> Vec<String> {
    let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let (mut found, mut rest) = (Vec::new(), code);
    while let Some(start) = rest.find(is_of_path) {
        let tail = &rest[start..];
        let end = tail.find(|c| !is_of_path(c)).unwrap_or(tail.len());
        let (path, behind) = tail.split_at(end);
        rest = behind;
        match path.strip_suffix("::") {
            Some(base) if behind.starts_with('{') => {
                let inside = braced(behind);
                rest = &behind[inside.len()..];
                let each = paths(inside);
                found.extend(each.iter().map(|one| format!("{base}::{one}")));
            }
            _ => found.push(path.to_owned()),
        }
    }
    found
}

/// What stands in the braces that a text begins with, and they.
fn braced(text: &str) -> &str {
    let mut depth = 0;
    let is_end = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    };
    let end = text.find(is_end).unwrap();
    &text[..=end]
}

/// A path from the folder on, if it is one into it.
fn absolute(
    folder: &str,
    from: &str,
    path: &str,
    all: &BTreeMap<String, PathBuf>,
) -> Option<String> {
    if let Some(inside) = path.strip_prefix(&format!("crate::{folder}::")) {
        return Some(inside.to_owned());
    }
    let mut base: Vec<_> = from.split("::").filter(|part| !part.is_empty()).collect();
    let mut rest = path.strip_prefix("self::").unwrap_or(path);
    let is_relative = rest != path || rest.starts_with("super::");
    while let Some(above) = rest.strip_prefix("super::") {
        base.pop()?;
        rest = above;
    }
    base.extend(rest.split("::"));
    let first = base.len() - rest.split("::").count() + 1;
    let names_a_child = rest.contains("::") && all.contains_key(&base[..first].join("::"));
    (is_relative || names_a_child).then(|| base.join("::"))
}

/// The file that a path leads into: the deepest that there is.
fn file_of(path: &str, all: &BTreeMap<String, PathBuf>) -> Option<String> {
    let parts: Vec<_> = path.split("::").collect();
    let leads = (0..=parts.len())
        .rev()
        .map(|count| parts[..count].join("::"));
    leads.into_iter().find(|module| all.contains_key(module))
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
            if line.contains("skip_cells") {
                // Of the line, or of the fn or the statement that it stands in.
                let before = &lines[at.saturating_sub(3)..at];
                assert!(before.contains(&&*gate), "{}:{}", file.display(), at + 1);
                seen += 1;
            }
        }
    }
    assert!(seen > 0, "it goes by another name");
    let manifest = fs::read_to_string(source().join("../Cargo.toml")).unwrap();
    assert!(
        manifest.contains("default = [\"redis\", \"lz4\"]") && manifest.contains("__planted = []")
    );
    let root = source().join("../..");
    for package in ["cache-cli", "cache-macros", "examples", "benches", "xtask"] {
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
        let mut code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let makes = |line: &str| line.contains("tokio::spawn") || line.contains("tokio::time");
        assert!(
            module(file) == "own_thread" || !code.any(makes),
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
