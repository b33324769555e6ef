//! Patterns of readable keys, as Redis matches them against names.

use super::Names;
use crate::error::{Result, check_name};

/// How many hex digits of the digest a readable name ends in.
const DIGITS: usize = 8;

/// A glob over whole names in Redis.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn glob(&self) -> &str {
        &self.0
    }
}

impl Names {
    /// The readable names whose keys match a glob, in every namespace.
    pub(crate) fn pattern(&self, glob: &str) -> Result<Pattern> {
        check_name("pattern", glob)?;
        let prefix = escaped(self.prefix());
        let digest = "?".repeat(DIGITS);
        Ok(Pattern(format!("{prefix}:e:*:{{{glob}-{digest}}}")))
    }

    /// The names of all entries, of leases too, in one namespace or in every one.
    #[cfg(feature = "redis")]
    pub(crate) fn entries(&self, namespace: Option<&str>) -> Pattern {
        let namespace = namespace.map_or_else(|| "*".to_owned(), escaped);
        Pattern(format!("{}:e:{namespace}:{{*", escaped(self.prefix())))
    }

    /// The names of all namespaces' stamps.
    pub(crate) fn namespaces(&self) -> Pattern {
        Pattern(format!("{}:n:*", escaped(self.prefix())))
    }

    /// The namespace and the readable key of an entry's name, if it has one.
    pub(crate) fn readable<'a>(&self, name: &'a str) -> Option<(&'a str, &'a str)> {
        let (namespace, inside) = self.parts(name)?;
        let (key, digest) = inside.rsplit_once('-')?;
        let is_digest = digest.len() == DIGITS && digest.bytes().all(|b| b.is_ascii_hexdigit());
        is_digest.then_some((namespace, key))
    }
}

/// Text that a glob matches as it is.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '^') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_of_readable_names_under_the_prefix() {
        let names = Names::new("a*b");
        let pattern = names.pattern("user:4*").unwrap();
        assert_eq!(pattern.glob(), r"a\*b:e:*:{user:4*-????????}");
        assert_eq!(names.namespaces().glob(), r"a\*b:n:*");
        #[cfg(feature = "redis")]
        {
            assert_eq!(names.entries(None).glob(), r"a\*b:e:*:{*");
            assert_eq!(names.entries(Some("a[1]")).glob(), r"a\*b:e:a\[1\]:{*");
        }
        for refused in ["", "a{b", "a}b", "a\nb", &"x".repeat(257)] {
            assert!(names.pattern(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_readable_name_is_read_back() {
        let names = Names::new("app");
        let name = names.entry("shop::user", &[7; 32], Some("user-42"));
        assert_eq!(
            names.readable(name.as_str()),
            Some(("shop::user", "user-42"))
        );
        let hashed = names.entry("user", &[7; 32], None);
        assert_eq!(names.readable(hashed.as_str()), None);
        for other in [
            &name.lease(),
            "app:t:{tag-00000000}",
            "other:e:user:{a-00000000}",
        ] {
            assert_eq!(names.readable(other), None, "{other}");
        }
    }
}
