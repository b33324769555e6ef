//! Lists in header fields (RFC 9110, 5.6.1).

/// The parts of a list, whose quoted texts may have commas.
pub(crate) fn outside_quotes(line: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let parts = line.split(move |c: char| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}
