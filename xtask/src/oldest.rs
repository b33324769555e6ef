//! The oldest that the published packages are said to build with: the compiler that their manifest names, and the
//! first version that each requirement of theirs allows.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::Run;

/// What is published.
const PACKAGES: &[&str] = &["cache-macros", "cache-runtime"];

/// Checks a copy of the packages, as the others of the workspace ask for more.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let copy = root.join("target/oldest");
    packages(root, &copy)?;
    let manifest = read(&copy.join("cache-runtime/Cargo.toml"))?;
    let compiler = version(&manifest).ok_or("cache-runtime/Cargo.toml has no `rust-version`")?;
    let compiler = format!("{compiler}.0");
    let cargo = |words: &[&str]| {
        let words = [&["run", "--install", &compiler, "cargo"], words].concat();
        Run::new("rustup", &words).within(&copy)
    };
    cargo(&["update", "-Zdirect-minimal-versions"])
        .env("RUSTC_BOOTSTRAP", "1")
        .status("to choose the oldest versions")?;
    cargo(&["check", "--package", "cache-runtime", "--all-features"]).status(&format!(
        "a build by Rust {compiler} with the oldest versions"
    ))
}

/// Writes the packages, without what they are only tested with, as a workspace of their own.
fn packages(root: &Path, copy: &Path) -> Result<(), String> {
    if copy.exists() {
        // What was built there stays.
        for package in PACKAGES {
            let there = copy.join(package);
            fs::remove_dir_all(&there).map_err(|error| format!("{}: {error}", there.display()))?;
        }
    }
    for package in PACKAGES {
        folder(&root.join(package), &copy.join(package))?;
        let manifest = read(&root.join(package).join("Cargo.toml"))?;
        write(&copy.join(package).join("Cargo.toml"), &untested(&manifest))?;
    }
    write(&copy.join("README.md"), &read(&root.join("README.md"))?)?;
    let manifest = read(&root.join("Cargo.toml"))?;
    write(&copy.join("Cargo.toml"), &alone(&manifest))
}

/// A manifest without its `dev-dependencies`.
fn untested(manifest: &str) -> String {
    let tables = manifest.split("\n[");
    let kept: Vec<&str> = tables
        .filter(|table| !table.starts_with("dev-dependencies]"))
        .collect();
    kept.join("\n[")
}

/// The workspace's manifest, of these packages alone.
fn alone(manifest: &str) -> String {
    let lines = manifest.lines().filter_map(|line| {
        if line.starts_with("members = ") {
            return Some(format!("members = {PACKAGES:?}\n"));
        }
        let is_of_all = line.starts_with("default-members = ");
        (!is_of_all).then(|| format!("{line}\n"))
    });
    lines.collect()
}

fn version(manifest: &str) -> Option<&str> {
    let line = manifest
        .lines()
        .find(|line| line.starts_with("rust-version"))?;
    line.split('"').nth(1)
}

fn folder(from: &Path, to: &Path) -> Result<(), String> {
    let entries = fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    for entry in entries {
        let from: PathBuf = entry.map_err(|error| error.to_string())?.path();
        let to = to.join(from.file_name().unwrap_or_default());
        match from.is_dir() {
            true => folder(&from, &to)?,
            false => write(&to, &read(&from)?)?,
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(file, text));
    written.map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{alone, untested, version};

    #[test]
    fn a_copy_is_of_what_is_published_alone() {
        let workspace = "[workspace]\nmembers = [\"cache-macros\", \"benches\"]\ndefault-members = [\"benches\"]\n";
        let expected = "[workspace]\nmembers = [\"cache-macros\", \"cache-runtime\"]\n";
        assert_eq!(alone(workspace), expected);
        let package =
            "[package]\nrust-version = \"1.88\"\n[dev-dependencies]\na = \"1\"\n[lints]\n";
        assert_eq!(
            untested(package),
            "[package]\nrust-version = \"1.88\"\n[lints]\n"
        );
        assert_eq!(version(package), Some("1.88"));
    }
}
