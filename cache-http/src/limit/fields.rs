//! The fields `RateLimit` and `RateLimit-Policy`: lists of structured fields (RFC 9651), an item a policy.

use std::time::Duration;

use cache_toolkit::{Decision, Limiter};
use http::header::{HeaderMap, HeaderName, HeaderValue};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// As much of a policy's name as is told.
const LONGEST: usize = 64;

/// A name as what stands between the quotes of a string of a field.
pub(super) fn text(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars().take(LONGEST) {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            ' '..='~' => text.push(c),
            _ => text.push('_'),
        }
    }
    text
}

/// Whole seconds, a part of one counted as one: who waits for so long has waited long enough.
pub(super) fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// Adds the policy, and where the caller stands if that is known.
pub(super) fn add(
    headers: &mut HeaderMap,
    policy: &str,
    limiter: &Limiter,
    decision: Option<&Decision>,
) {
    let (quota, window) = (limiter.limit(), seconds(limiter.period()));
    add_item(
        headers,
        POLICY,
        &format!("\"{policy}\";q={quota};w={window}"),
    );
    if let Some(decision) = decision.filter(|decision| decision.is_limited) {
        let (left, reset) = (decision.remaining, seconds(decision.reset));
        add_item(headers, LIMIT, &format!("\"{policy}\";r={left};t={reset}"));
    }
}

/// One line for all, as many clients read no more than one.
fn add_item(headers: &mut HeaderMap, name: HeaderName, item: &str) {
    let mut line = Vec::new();
    for before in headers.get_all(&name) {
        line.extend_from_slice(before.as_bytes());
        line.extend_from_slice(b", ");
    }
    line.extend_from_slice(item.as_bytes());
    // It is visible ASCII, by `text`, and what stood there was a value already.
    if let Ok(value) = HeaderValue::from_bytes(&line) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_ends_the_string_it_stands_in() {
        assert_eq!(text("api"), "api");
        assert_eq!(text("a\"b\\c"), "a\\\"b\\\\c");
        assert_eq!(text("é\r\nx: 1"), "___x: 1");
        assert_eq!(text(&"\"".repeat(1_000)).len(), 2 * LONGEST);
    }

    #[test]
    fn a_part_of_a_second_is_told_as_a_second() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(60)), 60);
    }

    #[test]
    fn an_item_goes_behind_those_that_are_there() {
        let mut headers = HeaderMap::new();
        add_item(&mut headers, LIMIT, "\"a\";r=1;t=2");
        headers.append(LIMIT, HeaderValue::from_static("\"b\";r=3;t=4"));
        add_item(&mut headers, LIMIT, "\"c\";r=5;t=6");
        assert_eq!(headers.get_all(LIMIT).iter().count(), 1);
        assert_eq!(
            headers[LIMIT],
            "\"a\";r=1;t=2, \"b\";r=3;t=4, \"c\";r=5;t=6"
        );
    }
}
