//! Tags in a response's fields: `Surrogate-Key`, `Cache-Tag` and `Cache-Groups` (RFC 9875).

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::list::outside_quotes;

/// Where services name what a response is made of.
const TAG_FIELDS: [(&str, char); 3] = [
    ("cache-tag", ','),
    ("surrogate-key", ' '),
    ("cache-groups", ','),
];

/// The tags that a response names itself.
pub(crate) fn named(response: &HeaderMap) -> Vec<String> {
    let mut tags = Vec::new();
    for (name, between) in TAG_FIELDS {
        let lines = response.get_all(HeaderName::from_static(name)).iter();
        for line in lines.filter_map(|line| line.to_str().ok()) {
            match between {
                ',' => tags.extend(outside_quotes(line).map(unquoted)),
                _ => tags.extend(line.split_ascii_whitespace().map(str::to_owned)),
            }
        }
    }
    tags
}

/// A string of a structured field (RFC 9651, 3.3.3), or a bare word.
pub(crate) fn unquoted(item: &str) -> String {
    let inside = item
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inside {
        Some(inside) => inside.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => item.to_owned(),
    }
}

/// For a CDN in front, by the names that these read. A tag that can't stand in one is left out there.
pub(crate) fn tell(headers: &mut HeaderMap, tags: &[String]) {
    let words: Vec<&str> = tags
        .iter()
        .map(String::as_str)
        .filter(|tag| {
            tag.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b',')
        })
        .collect();
    let groups = tags
        .iter()
        .filter(|tag| tag.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    let groups: Vec<String> = groups
        .map(|tag| format!("\"{}\"", tag.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    let fields = [
        ("surrogate-key", words.join(" ")),
        ("cache-tag", words.join(",")),
        ("cache-groups", groups.join(", ")),
    ];
    for (name, text) in fields {
        if let (false, Ok(value)) = (text.is_empty(), HeaderValue::try_from(text)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
