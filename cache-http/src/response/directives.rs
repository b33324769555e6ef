//! The directives of a `Cache-Control` field (RFC 9111, 5.2).

use std::time::Duration;

use http::header::{HeaderMap, HeaderName};

use crate::list::outside_quotes;

/// Those of all lines of one field. What is there twice counts as it stands first.
#[derive(Debug, Default)]
pub(super) struct Directives(Vec<(String, Option<String>)>);

impl Directives {
    pub(super) fn of(headers: &HeaderMap, name: &HeaderName) -> Self {
        let mut all = Self::default();
        for line in headers.get_all(name) {
            if let Ok(line) = line.to_str() {
                all.read(line);
            }
        }
        all
    }

    fn read(&mut self, line: &str) {
        for part in outside_quotes(line) {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name, Some(value.trim().trim_matches('"').to_owned())),
                None => (part, None),
            };
            let name = name.trim().to_ascii_lowercase();
            if !name.is_empty() && !self.has(&name) {
                self.0.push((name, value));
            }
        }
    }

    /// Whether a field is a dictionary as structured fields have it (RFC 9651, 3.2), whose numbers are numbers.
    pub(super) fn is_dictionary(headers: &HeaderMap, name: &HeaderName) -> bool {
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        let is_member = |part: &str| {
            let item = part.split(';').next().unwrap_or_default().trim_end();
            let (name, value) = item.split_once('=').unwrap_or((item, "?1"));
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '*')
                && name.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)
                });
            let takes_number = [
                "max-age",
                "s-maxage",
                "stale-while-revalidate",
                "stale-if-error",
            ]
            .contains(&name);
            let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            is_name && (is_number || !takes_number)
        };
        let is_line = |line: &&http::HeaderValue| {
            line.to_str()
                .is_ok_and(|line| outside_quotes(line).all(is_member))
        };
        !lines.is_empty() && lines.iter().all(is_line) && !Self::of(headers, name).is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(one, _)| one == name)
    }

    /// The value of one that has a value.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(one, _)| one == name)?;
        value.as_deref()
    }

    /// Where a field is one number of seconds, as `Age` is: that.
    pub(super) fn first_number(&self) -> Option<Duration> {
        let (text, _) = self.0.first()?;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Duration::from_secs(text.parse().unwrap_or(LONGEST).min(LONGEST)))
    }

    /// Of one that is a number of seconds. What is too large for a number is as long as can be (RFC 9111, 1.2.2); what is
    /// no number is none.
    pub(super) fn seconds(&self, name: &str) -> Option<Duration> {
        let digits = self.value(name)?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Duration::from_secs(digits.parse().unwrap_or(LONGEST).min(LONGEST)))
    }
}

/// 2^31 seconds, which is for ever.
const LONGEST: u64 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{CACHE_CONTROL, HeaderValue};

    fn directives(lines: &[&'static str]) -> Directives {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::from_static(line));
        }
        Directives::of(&headers, &CACHE_CONTROL)
    }

    #[test]
    fn directives_are_read_of_all_lines_in_any_case_quoted_or_not() {
        let all = directives(&[
            "Max-Age=\"60\", private=\"set-cookie, x\"",
            "no-cache,,s-maxage=5x",
        ]);
        assert_eq!(all.seconds("max-age"), Some(Duration::from_secs(60)));
        assert_eq!(all.value("private"), Some("set-cookie, x"));
        assert!(all.has("no-cache") && !all.has("x"));
        assert_eq!(all.seconds("s-maxage"), None, "it is no number");
    }

    #[test]
    fn a_number_that_is_too_large_is_for_ever() {
        let all = directives(&["max-age=99999999999999999999999"]);
        assert_eq!(all.seconds("max-age"), Some(Duration::from_secs(LONGEST)));
    }
}
