//! What `docs/operations.md` says, for the tests that hold it to its word.

/// The document.
pub(crate) const TEXT: &str = include_str!("../../docs/operations.md");

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
