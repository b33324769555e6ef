//! A readable key, from `key = "user-{id}"`.

use std::fmt::{self, Write};

/// Longer names are cut: the digest at their end still tells them apart.
const LONGEST: usize = 160;

/// The text of a readable key, with its parts escaped so that none can look like another's.
#[derive(Debug, Default)]
pub struct Name(String);

impl Name {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Text of the annotation itself.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        for c in text.chars() {
            match c {
                // They would end the part of the name that places it in a cluster.
                '{' | '}' => Escaped(&mut self.0).escape(c),
                _ if c.is_control() => Escaped(&mut self.0).escape(c),
                _ => self.0.push(c),
            }
        }
        self
    }

    /// An argument, as it displays.
    #[must_use]
    pub fn part(mut self, part: impl fmt::Display) -> Self {
        // Writing to a string fails only if `Display` does; the digest still has the argument.
        let _ = write!(Escaped(&mut self.0), "{part}");
        self
    }

    pub(crate) fn into_text(mut self) -> String {
        if self.0.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|at| self.0.is_char_boundary(*at));
            self.0.truncate(end.unwrap_or(0));
        }
        self.0
    }
}

struct Escaped<'a>(&'a mut String);

impl Escaped<'_> {
    fn escape(&mut self, c: char) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "%{:02X}", u32::from(c));
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '+' | '~') {
                self.0.push(c);
            } else {
                self.escape(c);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_escaped_and_text_is_not() {
        let name = Name::new()
            .text("user-")
            .part("a{b}:c d")
            .text("-x")
            .part(7);
        assert_eq!(name.into_text(), "user-a%7Bb%7D%3Ac%20d-x7");
        assert_eq!(Name::new().text("a:{b}\n").into_text(), "a:%7Bb%7D%0A");
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let name = Name::new().part("é".repeat(1_000)).into_text();
        assert!(name.len() <= LONGEST);
        assert!(name.chars().all(|c| c == 'é'));
    }
}
