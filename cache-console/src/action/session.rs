//! Whether a form was sent by the page that this process made, in the browser that it was made for.
//!
//! The cookie says nothing of who somebody is: it binds a token to one browser. So it may be sent over plain HTTP, as
//! within a cluster. It has no path, by which a browser takes that of the page, wherever that is nested.

use std::fmt::Write as _;

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Uri};
use sha2::{Digest as _, Sha256};

const COOKIE_NAME: &str = "cache_console";

/// The length of a session's name: 128 random bits in hexadecimal digits.
const DIGITS: usize = 32;

/// One browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session(String);

impl Session {
    pub(super) fn new() -> Self {
        Self(hexadecimal(&rand::random::<[u8; DIGITS / 2]>()))
    }

    /// That of the browser that sent these, if it has one.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).into_iter();
        let cookies = cookies.filter_map(|cookies| cookies.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
        pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            let is_one = value.len() == DIGITS && value.bytes().all(|c| c.is_ascii_hexdigit());
            (name == COOKIE_NAME && is_one).then(|| Self(value.to_owned()))
        })
    }

    pub(super) fn cookie(&self) -> String {
        format!("{COOKIE_NAME}={}; HttpOnly; SameSite=Strict", self.0)
    }

    /// What a form carries that this one may send, for this person. The parts before the last are of a fixed length, so
    /// that no two run together, and nothing can be added to them.
    pub(super) fn token(&self, secret: &[u8; 32], who: &str) -> String {
        let mut hash = Sha256::new();
        let who = Sha256::digest(who);
        for part in [secret.as_slice(), self.0.as_bytes(), who.as_slice()] {
            hash.update(part);
        }
        hexadecimal(&hash.finalize())
    }

    /// Whether it is that token. What is compared are hashes of both, so that the time it takes says nothing of them.
    pub(super) fn has_made(&self, token: &str, secret: &[u8; 32], who: &str) -> bool {
        Sha256::digest(token) == Sha256::digest(self.token(secret, who))
    }
}

/// Whether a request came from a page of this origin. Browsers say so of every form; one that says nothing is refused.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let origin = text(ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
    match (origin.as_ref().and_then(Uri::authority), text(HOST)) {
        (Some(origin), Some(host)) => origin.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// Whether a browser sent a request for a page of another origin. What is no browser says nothing of that.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let says = headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site");
    says && !is_own(headers)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = lines.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn a_token_is_of_one_session_one_person_and_one_process() {
        let (one, other) = (Session::new(), Session::new());
        let (secret, elsewhere) = ([1; 32], [2; 32]);
        let token = one.token(&secret, "ada");
        assert!(one.has_made(&token, &secret, "ada"));
        assert!(!other.has_made(&token, &secret, "ada"));
        assert!(!one.has_made(&token, &secret, "bob"));
        assert!(!one.has_made(&token, &elsewhere, "ada"));
        assert!(!one.has_made("", &secret, "ada"));
    }

    #[test]
    fn a_cookie_is_read_among_others_and_one_of_another_form_is_none() {
        let session = Session::new();
        let cookie = session.cookie();
        let own = cookie.split(';').next().unwrap();
        let found = Session::of(&headers(&[("cookie", &format!("a=b; {own}; c=d"))]));
        assert_eq!(found, Some(session));
        for bad in [
            "",
            "cache_console=",
            "cache_console=12",
            "x=1; cache_console=zz",
        ] {
            assert_eq!(Session::of(&headers(&[("cookie", bad)])), None);
        }
    }

    #[test]
    fn only_a_page_of_the_same_origin_may_act() {
        let host = ("host", "ops.example:8080");
        let is = |more: &[(&'static str, &str)]| is_own(&headers(&[&[host], more].concat()));
        assert!(is(&[("origin", "http://ops.example:8080")]));
        assert!(is(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://front.example")
        ]));
        assert!(!is(&[]), "a request that says nothing");
        assert!(!is(&[("origin", "null")]));
        assert!(!is(&[("origin", "http://ops.example")]), "another port");
        assert!(!is(&[("origin", "http://evil.example")]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!is(&[
                ("sec-fetch-site", site),
                ("origin", "http://ops.example:8080")
            ]));
        }
    }
}
