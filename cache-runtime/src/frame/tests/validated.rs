//! Types that refuse most values: in their visitor, or after their parts were read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::zoo::Role;

/// Refuses any text without an `@`, after the text was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') {
            Ok(Self(text))
        } else {
            Err("no @")
        }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// A URL with a visitor of its own, as the `url` crate has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Url(String);

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Url;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a URL")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Url, E> {
                url::Url::parse(text)
                    .map(|url| Url(url.into()))
                    .map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawSpan")]
pub(super) struct Span {
    low: u32,
    high: u32,
}

#[derive(Deserialize)]
struct RawSpan {
    low: u32,
    high: u32,
}

impl TryFrom<RawSpan> for Span {
    type Error = &'static str;

    fn try_from(raw: RawSpan) -> Result<Self, Self::Error> {
        if raw.low < raw.high {
            Ok(Self {
                low: raw.low,
                high: raw.high,
            })
        } else {
            Err("empty")
        }
    }
}

/// At least two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u16>")]
pub(super) struct Pair(Vec<u16>);

impl TryFrom<Vec<u16>> for Pair {
    type Error = &'static str;

    fn try_from(items: Vec<u16>) -> Result<Self, Self::Error> {
        if items.len() < 2 {
            Err("too few")
        } else {
            Ok(Self(items))
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Validated {
    email: Email,
    emails: Vec<Email>,
    home: Url,
    span: Span,
    pair: Pair,
    role: Role,
}

impl Validated {
    pub(super) fn sample() -> Self {
        let email = Email("ada@example.org".to_owned());
        Self {
            email: email.clone(),
            emails: vec![email],
            home: Url("http://localhost/".to_owned()),
            span: Span { low: 3, high: 9 },
            pair: Pair(vec![1, 2]),
            role: Role::Admin,
        }
    }
}
