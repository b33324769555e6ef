//! The features that tests are built with.

use std::fs;
use std::path::Path;

const MANIFEST: &str = "cache-runtime/Cargo.toml";

/// Others under which there are tests. `peers` of the benches has none and brings the libraries that are
/// measured beside ours, which take long to build: clippy checks it.
const OTHERS: &str = "cache-bench/charts";

/// All of the runtime's and those others, as cargo takes them.
pub(crate) fn features(root: &Path) -> Result<String, String> {
    let text = fs::read_to_string(root.join(MANIFEST));
    let text = text.map_err(|error| format!("{MANIFEST}: {error}"))?;
    let names: Vec<String> = names(&text)
        .map(|name| format!("cache-runtime/{name}"))
        .collect();
    match names.is_empty() {
        true => Err(format!("{MANIFEST} has no features")),
        false => Ok(format!("{OTHERS},{}", names.join(","))),
    }
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
