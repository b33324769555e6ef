//! Text from elsewhere, so that it does to a terminal nothing but be read.

use std::fmt::Write as _;

/// Text with what would steer a terminal, turn its order round or not be seen as an escape, and a backslash as two.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => shown.push_str("\\\\"),
            c if is_hidden(c) => drop(write!(shown, "{}", c.escape_unicode())),
            c => shown.push(c),
        }
    }
    shown
}

/// Escaped text of at most so many characters, with a note of how many there were.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => escaped(text),
        Some((end, _)) => {
            let rest = text[end..].chars().count();
            format!("{}… ({rest} more characters)", escaped(&text[..end]))
        }
    }
}

/// Control characters, marks and overrides of direction, separators of lines, and characters of no width.
///
/// Source: Unicode Standard Annex 9 (bidirectional formatting) and the general category `Cf`.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{070f}' | '\u{180e}'
            | '\u{0600}'..='\u{0605}' | '\u{06dd}' | '\u{115f}'..='\u{1160}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_escaped_and_the_rest_stays() {
        for (text, shown) in [
            ("user:42 é 木", "user:42 é 木"),
            ("a\u{1b}[31m", "a\\u{1b}[31m"),
            ("a\nb\tc", "a\\u{a}b\\u{9}c"),
            ("\u{202e}evil\u{200f}", "\\u{202e}evil\\u{200f}"),
            ("\\u{1b}", "\\\\u{1b}"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn a_long_text_is_cut_with_a_note() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcé", 3), "abc… (1 more characters)");
        let long = "x".repeat(1 << 20);
        assert!(shortened(&long, 10).len() < 60);
    }
}
