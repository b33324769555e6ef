//! Whether a request says who asks.

use http::header::{self, HeaderMap};

/// By what a request says who asks: `Authorization`, and cookies, but for those that matter to no handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credentials {
    /// Names of cookies, or how they begin, with a `*` behind.
    ignored: Vec<String>,
}

impl Credentials {
    pub(crate) fn ignore<N: Into<String>>(&mut self, names: impl IntoIterator<Item = N>) {
        self.ignored.extend(names.into_iter().map(Into::into));
    }

    /// Whether what is answered to a request with these fields may be for who asks alone.
    pub(crate) fn are_in(&self, asked: &HeaderMap) -> bool {
        if asked.contains_key(header::AUTHORIZATION) {
            return true;
        }
        let mut lines = asked.get_all(header::COOKIE).iter();
        lines.any(|line| match line.to_str() {
            Ok(line) => line.split(';').any(|pair| self.matters(pair.trim())),
            Err(_) => true,
        })
    }

    fn matters(&self, pair: &str) -> bool {
        let name = pair.split('=').next().unwrap_or_default().trim_end();
        let is_it = |ignored: &String| match ignored.strip_suffix('*') {
            Some(begins) => name.starts_with(begins),
            None => name == ignored,
        };
        !pair.is_empty() && !self.ignored.iter().any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_that_matter_to_nobody_say_nothing() {
        let mut credentials = Credentials::default();
        credentials.ignore(["theme", "_ga*"]);
        let are_in = |name: header::HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a value"));
            credentials.are_in(&headers)
        };
        for cookie in ["theme=dark", "_ga=1; _ga_X=2", " theme = dark ;", ""] {
            assert!(!are_in(header::COOKIE, cookie), "{cookie}");
        }
        for cookie in [
            "id=1",
            "theme=dark; id=1",
            "themes=1",
            "theme2",
            "=x",
            "g_a=1",
        ] {
            assert!(are_in(header::COOKIE, cookie), "{cookie}");
        }
        assert!(are_in(header::AUTHORIZATION, "Basic eA=="));
        assert!(!credentials.are_in(&HeaderMap::new()));
    }
}
