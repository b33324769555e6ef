//! Names in Redis: `P:e:ns:{digest}`, `P:e:ns:{digest}:lease`, `P:t:{tag}`, `P:n:{ns}`, `P:b:{i}`,
//! `P:f:{fleet}`, `P:f:{fleet}:id`, `P:log`, `P:turn:what`, `P:restored:id`, `P:k:kind:{name}`.
//!
//! The braces are written as such: they put an entry and its lease in one slot of a cluster, and all that processes
//! publish.

use std::cell::Cell;
use std::sync::Arc;

use super::Digest;
use crate::tag::plain;

/// Makes the names of one cache from its prefix.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
}

/// An entry's name, from which its lease's follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryName(Arc<str>);

/// What a name in Redis is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// An entry by its whole name, or the lease of it.
    Entry(&'a str),
    Tag(&'a str),
    Namespace(&'a str),
    Bucket(u8),
    /// A structure of the program's own, by its whole name.
    Kept(&'a str),
}

const LEASE: &str = ":lease";

impl EntryName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a read takes it.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The lease's name; a hit has no need of it.
    pub(crate) fn lease(&self) -> String {
        [&*self.0, LEASE].concat()
    }
}

impl Names {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What to delete of an entry by its name, in this order.
    pub(crate) fn lease_and_entry(&self, entry: &str) -> Vec<String> {
        vec![[entry, LEASE].concat(), entry.to_owned()]
    }

    /// `readable` stands before 8 hex of the digest; without it there are 32 hex, 128 bits.
    pub(crate) fn entry(
        &self,
        namespace: &str,
        digest: &Digest,
        readable: Option<&str>,
    ) -> EntryName {
        EntryName(written(|entry| {
            entry.push_str(&self.prefix);
            entry.push_str(":e:");
            entry.push_str(namespace);
            entry.push_str(":{");
            match readable {
                Some(text) => {
                    entry.push_str(text);
                    entry.push('-');
                    hex::<8>(entry, digest);
                }
                None => hex::<32>(entry, digest),
            }
            entry.push('}');
        }))
    }

    pub(crate) fn tag(&self, tag: &str) -> Arc<str> {
        self.braced(":t:{", tag)
    }

    pub(crate) fn namespace(&self, namespace: &str) -> Arc<str> {
        self.braced(":n:{", namespace)
    }

    /// The stamp of a bucket of tags.
    pub(crate) fn bucket(&self, bucket: u8) -> Arc<str> {
        self.braced(":b:{", &bucket.to_string())
    }

    /// The list of the processes that publish what they count. Each key of theirs is in its slot.
    pub(crate) fn fleet(&self) -> Arc<str> {
        self.braced(":f:{", "fleet")
    }

    /// What the process of this id publishes.
    pub(crate) fn process(&self, id: &str) -> Arc<str> {
        [&*self.fleet(), ":", id].concat().into()
    }

    /// A structure of the program's own. Those of one name are in one slot.
    pub(crate) fn kept(&self, kind: &str, name: &str) -> String {
        let [kind, name] = [kind, name].map(|text| plain(&text.into()));
        // Between braces with nothing in them a cluster looks for no slot: then a mark that no text begins with stands there.
        let name = if name.is_empty() { "\u{1}" } else { &*name };
        [&self.prefix, ":k:", &kind, ":{", name, "}"].concat()
    }

    /// A key that is written so that replicas can be waited for.
    pub(crate) fn marker(&self) -> String {
        [&self.prefix, ":w"].concat()
    }

    /// What the names of this cache and of no other begin with.
    #[cfg(feature = "redis")]
    pub(crate) fn beginning(&self) -> String {
        [&self.prefix, ":"].concat()
    }

    #[cfg(feature = "redis")]
    pub(crate) fn has_prefix(&self, name: &str) -> bool {
        name.starts_with(&self.beginning())
    }

    /// Where what people did by hand is noted.
    #[cfg(feature = "redis")]
    pub(crate) fn log(&self) -> String {
        [&self.prefix, ":log"].concat()
    }

    /// What says whose turn it is to do what one process of the fleet does.
    #[cfg(feature = "redis")]
    pub(crate) fn turn(&self, of: &str) -> String {
        [&self.prefix, ":turn:", of].concat()
    }

    /// What says that all entries of a backup were reserved.
    #[cfg(feature = "redis")]
    pub(crate) fn restored(&self, id: &str) -> String {
        [&self.prefix, ":restored:", id].concat()
    }

    /// The namespace of an entry's name and what stands in its braces, if it is an entry's.
    pub(crate) fn parts<'a>(&self, name: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = name.strip_prefix(&*self.prefix)?.strip_prefix(":e:")?;
        rest.strip_suffix('}')?.split_once(":{")
    }

    /// What a name is of, if it is one of this cache's.
    pub(crate) fn read<'a>(&self, name: &'a [u8]) -> Option<Named<'a>> {
        let name = std::str::from_utf8(name).ok()?;
        let rest = name.strip_prefix(&*self.prefix)?;
        if rest.starts_with(":e:") {
            return Some(Named::Entry(name.strip_suffix(LEASE).unwrap_or(name)));
        }
        if rest.starts_with(":k:") {
            return Some(Named::Kept(name));
        }
        let (kind, braced) = rest.split_once('{')?;
        let inside = braced.strip_suffix('}')?;
        match kind {
            ":t:" => Some(Named::Tag(inside)),
            ":n:" => Some(Named::Namespace(inside)),
            ":b:" => inside.parse().ok().map(Named::Bucket),
            _ => None,
        }
    }

    fn braced(&self, kind: &str, name: &str) -> Arc<str> {
        written(|text| {
            [&self.prefix, kind, name, "}"]
                .iter()
                .for_each(|part| text.push_str(part));
        })
    }
}

thread_local! {
    /// Where names are written, so that each costs one allocation, of its own length.
    static TEXT: Cell<String> = const { Cell::new(String::new()) };
}

fn written(write: impl FnOnce(&mut String)) -> Arc<str> {
    let mut text = TEXT.try_with(Cell::take).unwrap_or_default();
    text.clear();
    write(&mut text);
    let name = Arc::from(&*text);
    // A thread that is ending has none.
    let _ = TEXT.try_with(|place| place.set(text));
    name
}

/// Writes the first `N / 2` bytes of a digest.
fn hex<const N: usize>(text: &mut String, digest: &Digest) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; N];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text.push_str(str::from_utf8(&digits).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_documented() {
        let names = Names::new("app");
        let digest: Digest = std::array::from_fn(|i| i as u8);
        let entry = names.entry("user", &digest, None);
        assert_eq!(
            entry.as_str(),
            "app:e:user:{000102030405060708090a0b0c0d0e0f}"
        );
        assert_eq!(
            entry.lease(),
            "app:e:user:{000102030405060708090a0b0c0d0e0f}:lease"
        );
        let readable = names.entry("user", &digest, Some("user-42"));
        assert_eq!(readable.as_str(), "app:e:user:{user-42-00010203}");
        assert_eq!(&*names.tag("user:42"), "app:t:{user:42}");
        assert_eq!(&*names.namespace("user"), "app:n:{user}");
        assert_eq!(&*names.bucket(63), "app:b:{63}");
    }

    #[test]
    fn every_name_is_read_back() {
        let names = Names::new("app");
        let entry = names.entry("n", &[7; 32], Some("user-42"));
        for (name, named) in [
            (entry.shared(), Named::Entry(entry.as_str())),
            (entry.lease().into(), Named::Entry(entry.as_str())),
            (names.tag("t:1"), Named::Tag("t:1")),
            (names.namespace("n"), Named::Namespace("n")),
            (names.bucket(9), Named::Bucket(9)),
            (
                names.kept("lock", "a{b}").into(),
                Named::Kept("app:k:lock:{\u{1}a%7Bb%7D}"),
            ),
        ] {
            assert_eq!(names.read(name.as_bytes()), Some(named));
        }
        let parts = names.parts(entry.as_str());
        assert_eq!(parts, Some(("n", "user-42-07070707")));
        assert_eq!(names.parts(&entry.lease()), None);
        for foreign in [
            "",
            "app",
            "other:t:{a}",
            "app:t:a",
            "app:b:{900}",
            "app:x:{a}",
        ] {
            assert_eq!(names.read(foreign.as_bytes()), None, "{foreign}");
        }
        assert_eq!(names.read(b"app:t:{\xff}"), None);
    }
}
