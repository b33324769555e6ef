//! What `docs/operations.md` says, for the tests that hold it to its word.

/// The document.
const TEXT: &str = include_str!("../../docs/operations.md");

/// Sources whose words the document explains.
const FAULTS: &str = include_str!("../../cache-runtime/src/redis/terms/fault.rs");
const UNREADABLE: &str = include_str!("../../cache-runtime/src/frame/unreadable.rs");
const ENVIRONMENT: &str = include_str!("../../cache-runtime/src/cache/environment.rs");
const LOG: &str = include_str!("../../cache-runtime/src/events/log.rs");

/// The `ACL SETUSER` lines under a heading, each as the words behind the user's name.
pub(crate) fn acl(heading: &str) -> Vec<Vec<&'static str>> {
    let start = TEXT.find(&format!("\n### {heading}\n")).unwrap();
    let section = &TEXT[start + 1..];
    let end = section[3..]
        .find("\n##")
        .map_or(section.len(), |end| end + 3);
    let lines = section[..end].lines();
    let lines = lines.filter_map(|line| line.strip_prefix("ACL SETUSER cache "));
    lines.map(|line| line.split(' ').collect()).collect()
}

/// The text literals of a part of a source file.
fn literals<'a>(source: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let start = source.find(from).unwrap();
    let part = &source[start..];
    let part = &part[..part.find(to).unwrap()];
    let found: Vec<_> = part.split('"').skip(1).step_by(2).collect();
    assert!(found.len() > 4, "{found:?}");
    found
}

/// Those of some words that the document does not have between backticks.
fn unexplained<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let is_missing = |word: &&str| !TEXT.contains(&format!("`{word}`"));
    words.into_iter().filter(is_missing).collect()
}

#[test]
fn every_cause_has_its_row() {
    let causes = literals(FAULTS, "fn as_str", "\n    }\n");
    assert_eq!(unexplained(causes), [""; 0]);
    let causes = literals(UNREADABLE, "fn as_str", "\n    }\n");
    assert_eq!(unexplained(causes), [""; 0]);
}

#[test]
fn every_variable_and_every_line_of_the_log_is_explained() {
    let texts = literals(ENVIRONMENT, "fn variables", "#[cfg(test)]");
    let variables = texts.into_iter().filter(|text| {
        let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
        text.contains('_') && text.chars().all(is_name)
    });
    assert_eq!(unexplained(variables), [""; 0]);
    let texts = literals(LOG, "impl Log", "#[cfg(test)]");
    let said = texts.into_iter().filter(|text| {
        let is_a_step = ["cache", "connect", "encrypt", "load", "refresh", "tag"].contains(text);
        !is_a_step && !text.starts_with('{')
    });
    let said = said.map(|text| text.split(';').next().unwrap());
    let missing: Vec<_> = said.filter(|text| !TEXT.contains(text)).collect();
    assert_eq!(missing, [""; 0]);
}
