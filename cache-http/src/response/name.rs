//! What a request asks for, as a key, and as a tag by which it is invalidated.

use std::fmt::Write as _;

use http::Uri;
use http::header::{self, HeaderMap};
use http::request::Parts;
use http::uri::Authority;
use xxhash_rust::xxh3::xxh3_128;

use super::stored::lines;

/// Whom a response is for, as far as its request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// It says nothing.
    Anybody,
    /// It has credentials, and nobody says whose they are.
    Somebody,
    /// It is of this user or workspace.
    Of(String),
}

impl Whose {
    pub(super) fn is_known(&self) -> bool {
        matches!(self, Self::Of(_))
    }
}

/// The key of a request: host, path, query in the order of its names, whose it is, and the fields that it always varies
/// by. Each part has its length before it, so that no two requests have one key.
pub(super) fn key(parts: &Parts, vary: &[String], whose: &Whose) -> String {
    let mut key = String::new();
    put(&mut key, &host(&parts.uri, &parts.headers));
    put(&mut key, parts.uri.path());
    put(&mut key, &sorted(parts.uri.query().unwrap_or_default()));
    put(&mut key, if parts.uri.query().is_some() { "?" } else { "" });
    let (kind, name) = match whose {
        Whose::Anybody => ("", ""),
        Whose::Somebody => ("somebody", ""),
        Whose::Of(name) => ("of", &**name),
    };
    put(&mut key, kind);
    put(&mut key, name);
    for name in vary {
        put(&mut key, name);
        put_lines(&mut key, &lines(&parts.headers, name));
    }
    key
}

/// The key of another variant of the same.
pub(super) fn of_variant(key: &str, variant: &[(String, Vec<Vec<u8>>)]) -> String {
    let mut key = key.to_owned();
    put(&mut key, "vary");
    for (name, values) in variant {
        put(&mut key, name);
        put_lines(&mut key, values);
    }
    key
}

fn put(key: &mut String, part: &str) {
    let _ = write!(key, "{}:{part}", part.len());
}

fn put_lines(key: &mut String, lines: &[Vec<u8>]) {
    put(key, &lines.len().to_string());
    for line in lines {
        // Of what is no text two are as good as one, as the fields are compared once more.
        put(key, &String::from_utf8_lossy(line));
    }
}

/// The parts of a query by their names; those of one name stay in their order, as programs may mind it.
fn sorted(query: &str) -> String {
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_by_key(|pair| pair.split('=').next().unwrap_or_default().to_owned());
    pairs.join("&")
}

fn host(uri: &Uri, headers: &HeaderMap) -> String {
    let named = || headers.get(header::HOST)?.to_str().ok();
    let host = uri.authority().map(Authority::as_str).or_else(named);
    host.unwrap_or_default().to_ascii_lowercase()
}

/// The tag that all responses to one target carry, by which an unsafe request to it clears them.
pub(super) fn tag(host: &str, uri: &Uri) -> String {
    let mut target = String::new();
    put(&mut target, host);
    put(&mut target, uri.path());
    put(&mut target, &sorted(uri.query().unwrap_or_default()));
    format!("http:{:032x}", xxh3_128(target.as_bytes()))
}

pub(super) fn tag_of(uri: &Uri, headers: &HeaderMap) -> String {
    tag(&host(uri, headers), uri)
}

/// The tag of what a response names (`Location`, `Content-Location`), if it is of the same host (RFC 9111, 4.4).
pub(super) fn tag_named(
    name: &header::HeaderName,
    response: &HeaderMap,
    asked: (&Uri, &HeaderMap),
) -> Option<String> {
    let host = host(asked.0, asked.1);
    let named = response.get(name)?.to_str().ok()?;
    let named: Uri = match named.starts_with('/') || named.contains("://") {
        true => named.parse().ok()?,
        // Beside what was asked for.
        false => {
            let (folder, _) = asked.0.path().rsplit_once('/')?;
            format!("{folder}/{named}").parse().ok()?
        }
    };
    let is_same = named
        .authority()
        .is_none_or(|other| other.as_str().eq_ignore_ascii_case(&host));
    is_same.then(|| tag(&host, &named))
}
