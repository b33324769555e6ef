//! A value with a lifetime.

use cache_runtime::cached;

use std::borrow::Cow;

#[cached(ttl = "5m")]
async fn user<'a>(name: &'a str) -> Option<Cow<'a, str>> {
    Some(name.into())
}

fn main() {}
