//! What an annotation says of its function; the macro writes it.

use std::sync::OnceLock;

use super::interned::Refused;
use super::origin::{Origin, Role};
use super::{Site, path};
use crate::policy::Policy;

#[doc(hidden)]
#[derive(Debug)]
pub struct Spec {
    pub(super) function: &'static str,
    pub(crate) namespace: &'static str,
    pub(super) id: Option<&'static str>,
    pub(crate) shape: Option<&'static str>,
    pub(super) version: u32,
    pub(crate) parts: &'static [&'static str],
    pub(super) names_self: bool,
    /// The annotation's arguments as they are written; the companion's site leaves them to the function's.
    pub(crate) arguments: &'static str,
    /// Its tags as they are written.
    pub(crate) tags: &'static [&'static str],
    /// What it allows, where that is the same for each type that the function is used at.
    pub(crate) policy: Option<&'static Policy>,
    /// Whether the function has type parameters of its own in its key.
    pub(super) is_generic: bool,
    /// The module it stands in, by `module_path!()`.
    pub(super) module: &'static str,
    pub(super) origin: Origin,
    pub(super) role: Role,
}

impl Spec {
    #[must_use]
    pub const fn new(
        function: &'static str,
        namespace: &'static str,
        parts: &'static [&'static str],
    ) -> Self {
        Self {
            function,
            namespace,
            id: None,
            shape: None,
            version: 1,
            parts,
            names_self: false,
            arguments: "",
            tags: &[],
            policy: None,
            is_generic: false,
            module: "",
            origin: Origin { place: "", text: 0 },
            role: Role::Function,
        }
    }

    /// Stands for the path in keys, so that moving or renaming the function keeps its entries.
    #[must_use]
    pub const fn id(self, id: &'static str) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }

    /// Stands for what can't be seen of the value's type, in place of the executable.
    #[must_use]
    pub const fn shape(self, shape: &'static str) -> Self {
        Self {
            shape: Some(shape),
            ..self
        }
    }

    #[must_use]
    pub const fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// `Self` is among its types: without it, a function of a generic impl can't be told from its
    /// sisters, and is not cached.
    #[must_use]
    pub const fn naming_self(self) -> Self {
        Self {
            names_self: true,
            ..self
        }
    }

    /// What its keys look like: the `key = ".."` that is written, else what their parts are called.
    pub(crate) fn pattern(&self) -> String {
        literal(self.arguments, "key").unwrap_or_else(|| {
            let parts = self.parts.iter().map(|part| format!("{{{part}}}"));
            parts.collect::<Vec<_>>().join(", ")
        })
    }

    /// What its author wrote: the arguments, and of these the tags.
    #[must_use]
    pub const fn written(self, arguments: &'static str, tags: &'static [&'static str]) -> Self {
        Self {
            arguments,
            tags,
            ..self
        }
    }

    #[must_use]
    pub const fn policy(self, policy: &'static Policy) -> Self {
        Self {
            policy: Some(policy),
            ..self
        }
    }

    #[must_use]
    pub const fn generic(self) -> Self {
        Self {
            is_generic: true,
            ..self
        }
    }

    /// The site of the function, by its module, its place in the sources and a hash of its text.
    #[must_use]
    pub const fn of_function(self, module: &'static str, place: &'static str, text: u64) -> Site {
        self.at(Role::Function, module, Origin { place, text })
    }

    /// The site of the companion, which says the same of the function.
    #[must_use]
    pub const fn of_companion(self, module: &'static str, place: &'static str, text: u64) -> Site {
        self.at(Role::Companion, module, Origin { place, text })
    }

    /// Why its calls run without the cache, if they do wherever it is used.
    pub(super) fn refused(&self, enclosing: &str) -> Option<Refused> {
        let can_tell = self.names_self || !path::is_generic(enclosing);
        (!can_tell).then_some(Refused::GenericImpl)
    }

    /// Where its annotation is: `src/users.rs:14:1`.
    pub(crate) fn place(&self) -> &'static str {
        self.origin.place
    }

    const fn at(self, role: Role, module: &'static str, origin: Origin) -> Site {
        let spec = Self {
            module,
            origin,
            role,
            ..self
        };
        Site {
            spec,
            first: OnceLock::new(),
            path: OnceLock::new(),
        }
    }
}

/// The text that an argument of this name is given in an annotation's list, where it is given a plain one.
fn literal(arguments: &str, name: &str) -> Option<String> {
    let mut rest = arguments;
    while let Some(at) = rest.find(|c: char| c == '"' || c.is_alphabetic() || c == '_') {
        rest = &rest[at..];
        if let Some(text) = rest.strip_prefix('"') {
            rest = &text[end_of_text(text)? + 1..];
            continue;
        }
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let (word, after) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
        rest = after;
        let value = after.trim_start().strip_prefix('=').map(str::trim_start);
        if let Some(text) = value.and_then(|value| value.strip_prefix('"'))
            && word == name
        {
            return Some(text[..end_of_text(text)?].to_owned());
        }
    }
    None
}

/// Where the quote is that ends a text.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.find(|c: char| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_of_keys_is_the_literal_that_is_written() {
        let found = |arguments| literal(arguments, "key");
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found(r#"ns = "user", key = "user:{id}", ttl = "5m""#),
            some("user:{id}")
        );
        assert_eq!(
            found(r#"tags = ["key = \"no\"", "x"], key="a\"b""#),
            some(r#"a\"b"#)
        );
        assert_eq!(found(r#"key = id, monkey = "no""#), None);
        assert_eq!(found(r#"key = (id, "no")"#), None);
        assert_eq!(found(r#"key = "cut"#), None);
        let spec = Spec::new("f", "ns", &["org", "id"]);
        assert_eq!(spec.pattern(), "{org}, {id}");
    }
}
