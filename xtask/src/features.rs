//! The runtime's features: all of them, with which tests are built, and each alone.

use std::fs;
use std::path::Path;

use crate::run::cargo;

const MANIFEST: &str = "cache-runtime/Cargo.toml";

/// Others under which there are tests. `peers` of the benches has none and brings the libraries that are
/// measured beside ours, which take long to build: clippy checks it.
const OTHERS: &str = "cache-bench/charts";

/// All of the runtime's and those others, as cargo takes them.
pub(crate) fn features(root: &Path) -> Result<String, String> {
    let text = manifest(root)?;
    let names: Vec<String> = names(&text)
        .map(|name| format!("cache-runtime/{name}"))
        .collect();
    match names.is_empty() {
        true => Err(format!("{MANIFEST} has no features")),
        false => Ok(format!("{OTHERS},{}", names.join(","))),
    }
}

/// Lints the runtime with each feature alone: what one needs of another it says itself.
pub(crate) fn check_each(root: &Path) -> Result<(), String> {
    let text = manifest(root)?;
    // `default` is what the workspace is built with; one that begins so is not for use.
    let alone = names(&text).filter(|name| *name != "default" && !name.starts_with("__"));
    for name in alone {
        let words = [
            "clippy",
            "--locked",
            "--package",
            "cache-runtime",
            "--lib",
            "--no-default-features",
            "--features",
            name,
            "--",
            "-D",
            "warnings",
        ];
        cargo(root, &words).status(&format!("a build with `{name}` alone"))?;
    }
    Ok(())
}

fn manifest(root: &Path) -> Result<String, String> {
    let text = fs::read_to_string(root.join(MANIFEST));
    text.map_err(|error| format!("{MANIFEST}: {error}"))
}

/// The names in the table of features.
fn names(manifest: &str) -> impl Iterator<Item = &str> {
    let lines = manifest.lines();
    let table = lines.skip_while(|line| *line != "[features]").skip(1);
    table
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with([' ', '#', ']']))
        .filter_map(|line| Some(line.split_once(" = ")?.0))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_feature_is_a_line_of_its_table() {
        let manifest = "name = \"a\"\n[features]\n# One\none = []\ntwo = [\n    \"three = 3\",\n]\n[dependencies]\nfour = \"1\"\n";
        assert!(names(manifest).eq(["one", "two"]));
    }
}
