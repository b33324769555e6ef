//! Names in Redis: `P:e:ns:{digest}`, `P:e:ns:{digest}:lease`, `P:t:{tag}`, `P:n:{ns}`.
//!
//! The braces are written as such: they put an entry and its lease in one slot of a cluster.

use std::fmt::Write as _;

use super::Digest;

/// Makes the names of one cache from its prefix.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
}

/// An entry's name and its lease's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryNames {
    pub(crate) entry: String,
    pub(crate) lease: String,
}

impl Names {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// `readable` stands before 8 hex of the digest; without it there are 32 hex, 128 bits.
    pub(crate) fn entry(
        &self,
        namespace: &str,
        digest: &Digest,
        readable: Option<&str>,
    ) -> EntryNames {
        let mut entry = String::with_capacity(self.prefix.len() + namespace.len() + 48);
        entry.push_str(&self.prefix);
        entry.push_str(":e:");
        entry.push_str(namespace);
        entry.push_str(":{");
        match readable {
            Some(text) => {
                entry.push_str(text);
                entry.push('-');
                hex(&mut entry, &digest[..4]);
            }
            None => hex(&mut entry, &digest[..16]),
        }
        entry.push('}');
        let lease = format!("{entry}:lease");
        EntryNames { entry, lease }
    }

    pub(crate) fn tag(&self, tag: &str) -> String {
        format!("{}:t:{{{tag}}}", self.prefix)
    }

    pub(crate) fn namespace(&self, namespace: &str) -> String {
        format!("{}:n:{{{namespace}}}", self.prefix)
    }
}

fn hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_documented() {
        let names = Names::new("app");
        let digest: Digest = std::array::from_fn(|i| i as u8);
        let entry = names.entry("user", &digest, None);
        assert_eq!(entry.entry, "app:e:user:{000102030405060708090a0b0c0d0e0f}");
        assert_eq!(entry.lease, format!("{}:lease", entry.entry));
        let readable = names.entry("user", &digest, Some("user-42"));
        assert_eq!(readable.entry, "app:e:user:{user-42-00010203}");
        assert_eq!(names.tag("user:42"), "app:t:{user:42}");
        assert_eq!(names.namespace("user"), "app:n:{user}");
    }
}
