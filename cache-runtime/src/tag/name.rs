//! What stands for a tag's text: the text itself where it is plain, else a form that no plain text
//! has.
//!
//! A name goes into Redis between braces, which place it in a cluster, and into every frame. So it
//! has neither brace nor control character but the mark it begins with, and at most 256 bytes. No
//! plain text begins with a mark, so no two texts share a name.

use std::fmt::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// The longest name, in bytes.
const LONGEST: usize = 256;

/// Begins a name whose text is escaped: `%` and what may not stand there, as `%7B`.
const ESCAPED: char = '\u{1}';

/// Begins a name that is a beginning, escaped, and 128 bits of SHA-256 of the whole text. (No
/// weaker hash does: the text may come from who would like two tags to be one.)
const HASHED: char = '\u{2}';

/// How much of a long text is left to be read.
const READABLE: usize = 128;

/// The name of a text: as it is, escaped, or hashed.
pub(super) fn of(text: &Arc<str>) -> Arc<str> {
    if text.len() <= LONGEST && !text.chars().any(is_special) {
        return Arc::clone(text);
    }
    let escaped = escaped(text, LONGEST);
    match escaped.whole {
        true => escaped.name.into(),
        false => hashed(text).into(),
    }
}

/// Without its mark, a name is text for a person.
pub(super) fn shown(name: &str) -> &str {
    name.trim_start_matches([ESCAPED, HASHED])
}

fn is_special(c: char) -> bool {
    matches!(c, '{' | '}') || c.is_control()
}

struct Escaped {
    name: String,
    /// Whether all of the text is in it.
    whole: bool,
}

/// As much of the text as fits.
fn escaped(text: &str, longest: usize) -> Escaped {
    let mut name = String::from(ESCAPED);
    for c in text.chars() {
        let before = name.len();
        match c == '%' || is_special(c) {
            // Writing to a string does not fail. Each is below U+0100, so two digits hold it.
            true => drop(write!(name, "%{:02X}", u32::from(c))),
            false => name.push(c),
        }
        if name.len() > longest {
            name.truncate(before);
            return Escaped { name, whole: false };
        }
    }
    Escaped { name, whole: true }
}

fn hashed(text: &str) -> String {
    let beginning = escaped(text, READABLE).name;
    let digest = Sha256::digest(text.as_bytes());
    let mut name = String::from(HASHED);
    name.push_str(shown(&beginning));
    name.push('-');
    for byte in &digest[..16] {
        // As above.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Arc<str> {
        of(&text.into())
    }

    #[test]
    fn plain_text_stands_as_it_is() {
        for plain in ["user:42", "a%7Bb%7D", "é ü", "%", &"x".repeat(256)] {
            assert_eq!(&*name(plain), plain);
        }
    }

    #[test]
    fn names_are_as_documented() {
        assert_eq!(&*name("mail:{a}\n%"), "\u{1}mail:%7Ba%7D%0A%25");
        assert_eq!(&*name("\u{1}a"), "\u{1}%01a");
        let long = name(&"x".repeat(300));
        assert!(long.starts_with("\u{2}xxx"), "{long}");
        assert_eq!(long.len(), READABLE + 33);
        assert_eq!(shown(&name("{")), "%7B");
    }

    #[test]
    fn a_name_that_is_made_a_text_is_another_name() {
        for text in ["{", "\u{1}", "%{"] {
            let (first, long) = (name(text), name(&text.repeat(257)));
            assert_ne!(name(&first), first);
            assert_ne!(name(&long), long);
        }
    }

    proptest! {
        #[test]
        fn a_name_never_breaks_a_name_in_redis(text in "\\PC{0,300}|[{}\\p{Cc}%a]{0,300}") {
            let name = name(&text);
            prop_assert!(name.len() <= LONGEST);
            let braces = name.matches(['{', '}']).count();
            prop_assert_eq!(braces, 0);
            prop_assert!(!shown(&name).chars().any(char::is_control));
        }

        #[test]
        fn two_texts_never_share_a_name(
            texts in prop::collection::vec("[{}\u{1}\u{2}%7BD01a]{0,6}", 2..200),
        ) {
            let mut names = HashMap::new();
            for text in texts {
                let before = names.insert(name(&text), text.clone());
                prop_assert!(before.is_none_or(|before| before == text));
            }
        }
    }
}
