//! Lifetimes of several kinds: elided in types, bounded, `'static`, of impl blocks, unused, in fn pointers.

use std::borrow::Cow;

use cache_runtime::{CacheError, CacheKey, cached};

#[derive(Clone, CacheKey)]
pub struct Name<'a> {
    pub text: Cow<'a, str>,
}

pub struct Reader<'r, 'n> {
    pub names: &'r [Name<'n>],
}

#[cached(ttl = "5m")]
pub async fn elided(name: Name<'_>, names: &[Name<'_>]) -> usize {
    name.text.len() + names.len()
}

#[cached(ttl = "5m")]
pub async fn bounded<'a, 'b: 'a>(long: &'b Name<'b>, short: &'a Name<'a>) -> String {
    let one: &'a Name<'a> = if long.text.is_empty() { short } else { long };
    one.text.clone().into_owned()
}

#[cached(ttl = "5m", skip(changed))]
pub async fn changed<'a>(changed: &'a mut Vec<&'static str>, name: &'static str) -> usize
where
    'static: 'a,
{
    changed.push(name);
    changed.len()
}

#[cached(ttl = "5m", skip(read))]
pub async fn by_pointer(read: for<'a> fn(&'a str) -> &'a str, name: &str) -> String {
    read(name).to_owned()
}

impl<'r, 'n> Reader<'r, 'n> {
    #[cached(ttl = "5m", skip(self))]
    pub async fn find<'k>(&'r self, key: &'k str, name: &Name<'n>) -> Option<String> {
        let mut found = self
            .names
            .iter()
            .filter(|one| one.text == key || one.text == name.text);
        found.next().map(|name| name.text.to_string())
    }
}

impl Reader<'_, '_> {
    #[cached(ttl = "5m", key = self.names.len())]
    pub async fn count(&self) -> usize {
        self.names.len()
    }
}

pub async fn clear(reader: &Reader<'_, '_>) -> Result<(), CacheError> {
    let name = Name {
        text: "name".into(),
    };
    elided_entry(name.clone(), &[name.clone()])
        .invalidate()
        .await?;
    bounded_entry(&name, &name).invalidate().await?;
    by_pointer_entry("name").invalidate().await?;
    Reader::find_entry("key", &name).invalidate().await?;
    reader.count_entry().invalidate().await
}
