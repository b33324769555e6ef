//! The names that this process's functions use, so that the log can tell of an invalidation of a
//! misspelt one.
//!
//! A process knows only what its own calls have used: other processes may use other names, and so may
//! its functions that were not called yet. So an unknown name is no mistake, and is logged as a detail.
//! One that is a slip away from a known name is most likely meant to be that, and is a warning. A
//! process that calls no cached function knows no names, and tells nothing.

use std::collections::BTreeSet;

use parking_lot::RwLock;

/// How many names of each kind are kept, and how many are told of, at most.
const NAMES: usize = 256;

/// Names under this length are not compared, as too many of them are alike.
const SHORTEST: usize = 3;

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Namespace,
    /// A tag is known by its beginning, as the rest is most often a number: `user` of `user:42`.
    Tag,
}

#[derive(Debug, Default)]
pub(super) struct Heard {
    namespaces: Names,
    tags: Names,
}

#[derive(Debug, Default)]
struct Names {
    used: RwLock<BTreeSet<Box<str>>>,
    told: RwLock<BTreeSet<Box<str>>>,
}

impl Heard {
    /// Notes a name that a called function uses.
    pub(super) fn used(&self, of: Of, name: &str) {
        add(&self.of(of).used, head(of, name));
    }

    /// Tells once of a name that no function uses, if functions use others.
    pub(super) fn invalidated(&self, of: Of, name: &str) {
        let (names, name) = (self.of(of), head(of, name));
        let used = names.used.read();
        let is_judged = !name.is_empty() && !used.is_empty() && used.len() < NAMES;
        if !is_judged || used.contains(name) || !add(&names.told, name) {
            return;
        }
        let what = match of {
            Of::Namespace => "namespace",
            Of::Tag => "tag",
        };
        match used.iter().find(|known| is_slip(name, known)) {
            Some(meant) => tracing::warn!(
                target: "cache",
                what,
                name,
                meant = &**meant,
                "what is invalidated is spelt otherwise than what functions here use"
            ),
            None => tracing::debug!(
                target: "cache",
                what,
                name,
                "no function called here so far uses what is invalidated; others may"
            ),
        }
    }

    fn of(&self, of: Of) -> &Names {
        match of {
            Of::Namespace => &self.namespaces,
            Of::Tag => &self.tags,
        }
    }
}

/// Adds a name while there is room; whether it is new.
fn add(names: &RwLock<BTreeSet<Box<str>>>, name: &str) -> bool {
    let is_known = |names: &BTreeSet<Box<str>>| names.contains(name) || names.len() >= NAMES;
    if name.is_empty() || is_known(&names.read()) {
        return false;
    }
    let mut names = names.write();
    !is_known(&names) && names.insert(name.into())
}

/// The part of a name that all names of its kind share.
fn head(of: Of, name: &str) -> &str {
    match of {
        Of::Namespace => name,
        Of::Tag => {
            let is_of_head = |c: char| c.is_alphabetic() || c == '_';
            name.split(|c| !is_of_head(c)).next().unwrap_or_default()
        }
    }
}

/// Whether one name is another with a letter wrong, left out, added or exchanged with the next. A
/// difference by which related names are told apart is no slip: a digit, the last letter, a plural's
/// `s`.
pub(crate) fn is_slip(name: &str, known: &str) -> bool {
    let (name, known) = (letters(name), letters(known));
    let (short, long) = match name.len() <= known.len() {
        true => (&name, &known),
        false => (&known, &name),
    };
    if short.len() < SHORTEST || long.len() == SHORTEST {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match (&short[same..], &long[same..]) {
        ([a, b, short @ ..], [c, d, long @ ..]) if (a, b) == (d, c) && short == long => true,
        ([a, short @ ..], [b, long @ ..]) if short.len() == long.len() => {
            short == long && !short.is_empty() && a.is_alphabetic() && b.is_alphabetic()
        }
        (short, [added, long @ ..]) => {
            short == long && added.is_alphabetic() && (!short.is_empty() || *added != 's')
        }
        _ => false,
    }
}

fn letters(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_letter_and_a_plural_is_none() {
        for slip in [
            "usres", "uers", "usrs", "usors", "uusers", "usersx", "susers",
        ] {
            assert!(is_slip(slip, "users"), "{slip}");
            assert!(is_slip("users", slip), "{slip}");
        }
        assert!(is_slip("usr", "user") && is_slip("größ", "größe"));
        for other in [
            "users", "user", "userss", "orders", "", "us", "userrrs", "users2", "userz",
        ] {
            assert!(!is_slip(other, "users"), "{other}");
            assert!(!is_slip("users", other), "{other}");
        }
        assert!(!is_slip("cat", "cut"), "too short to tell");
        assert!(!is_slip("tenant-17", "tenant-27"), "numbers");
    }

    #[test]
    fn a_tag_is_known_by_its_beginning() {
        for (tag, known) in [
            ("user:42", "user"),
            ("user_group-7", "user_group"),
            ("featured", "featured"),
            ("42", ""),
        ] {
            assert_eq!(head(Of::Tag, tag), known);
        }
        assert_eq!(head(Of::Namespace, "app::user"), "app::user");
    }

    #[test]
    fn names_are_bounded() {
        let heard = Heard::default();
        for n in 0..2 * NAMES {
            heard.used(Of::Namespace, &format!("name {n}"));
            heard.invalidated(Of::Namespace, &format!("other {n}"));
        }
        assert_eq!(heard.namespaces.used.read().len(), NAMES);
        assert!(heard.namespaces.told.read().len() <= NAMES);
    }
}
