//! The crates that are compiled.

use std::fmt::Write as _;
use std::path::Path;

/// Functions of each.
const FUNCTIONS: u32 = 50;

/// How the functions of a crate are annotated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Plain,
    Ours,
    #[cfg(feature = "peers")]
    Cached,
}

#[cfg(not(feature = "peers"))]
pub(super) const CRATES: &[Kind] = &[Kind::Plain, Kind::Ours];
#[cfg(feature = "peers")]
pub(super) const CRATES: &[Kind] = &[Kind::Plain, Kind::Ours, Kind::Cached];

/// The workspace around them, with the profile of most programs.
pub(super) fn workspace() -> String {
    let names: Vec<String> = CRATES
        .iter()
        .map(|kind| format!("{:?}", kind.package()))
        .collect();
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n",
        names.join(", ")
    )
}

impl Kind {
    /// The package's name.
    pub(super) fn package(self) -> String {
        // Not that of what it depends on.
        format!("many_{}", self.name())
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Ours => "ours",
            #[cfg(feature = "peers")]
            Self::Cached => "cached",
        }
    }

    pub(super) fn manifest(self, root: &Path) -> String {
        let dependency = match self {
            Self::Plain => String::new(),
            Self::Ours => format!(
                "cache-runtime = {{ path = {:?} }}\n",
                root.join("cache-runtime")
            ),
            #[cfg(feature = "peers")]
            Self::Cached => {
                let features = r#"["ahash", "async", "proc_macro", "time_stores"]"#;
                format!(
                    "cached = {{ version = \"=4.1.0\", default-features = false, features = {features} }}\n"
                )
            }
        };
        // Every crate has them, so that only annotations tell one from another.
        format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n",
            self.package()
        )
    }

    /// A program of many functions, each of a type of its own; an edit changes what one returns.
    pub(super) fn source(self, edit: u32) -> String {
        let mut source = String::new();
        for at in 0..FUNCTIONS {
            let name = if at == 0 { edit } else { at };
            let attribute = self.attribute(at);
            let _ = write!(
                source,
                "#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Row{at} {{ pub id: u64, pub name: String, pub tags: Vec<String> }}

{attribute}
pub async fn row_{at}(id: u64, region: &str) -> Row{at} {{
    let name = format!(\"{{region}} {{id}} {name}\");
    Row{at} {{ id, name, tags: Vec::new() }}
}}

"
            );
        }
        source.push_str("#[tokio::main]\nasync fn main() {\n");
        for at in 0..FUNCTIONS {
            let _ = writeln!(
                source,
                "    println!(\"{{:?}}\", row_{at}({at}, \"eu\").await);"
            );
        }
        source.push_str("}\n");
        source
    }

    fn attribute(self, at: u32) -> String {
        match self {
            Self::Plain => String::new(),
            Self::Ours => format!("#[cache_runtime::cached(ns = \"row_{at}\", ttl = \"1h\")]"),
            #[cfg(feature = "peers")]
            Self::Cached => r#"#[cached::macros::concurrent_cached(max_size = 1000, ttl_secs = 3600, key = "(u64, String)", convert = "{ (id, region.to_owned()) }")]"#.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CRATES;

    #[test]
    fn an_edit_changes_one_line() {
        for kind in CRATES {
            let (before, after) = (kind.source(0), kind.source(1));
            let lines = before.lines().zip(after.lines());
            assert_eq!(lines.filter(|(one, other)| one != other).count(), 1);
            assert_eq!(before.lines().count(), after.lines().count());
        }
    }
}
