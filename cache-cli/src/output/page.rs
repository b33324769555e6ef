//! What a person reads: sentences, pairs and tables. Whatever comes from Redis is escaped here.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};

use super::text::shortened;

/// How a word is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    Plain,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Doubtful => AnsiColor::Yellow.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Plain => Style::new(),
        }
    }
}

/// The most characters of a text in a table, and elsewhere.
const IN_A_CELL: usize = 120;
const IN_A_LINE: usize = 2_000;

/// Lines for a person, in the order in which they are told.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    width: u16,
}

impl Page {
    pub(crate) fn new(width: u16) -> Self {
        Self {
            text: String::new(),
            width,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A sentence.
    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(&shortened(text, IN_A_LINE));
        self.text.push('\n');
    }

    /// A word that is coloured, and what it says.
    pub(crate) fn verdict(&mut self, tone: Tone, word: &str, text: &str) {
        let style = tone.style();
        // Writing to a string does not fail.
        let _ = writeln!(
            self.text,
            "{style}{word}{style:#}  {}",
            shortened(text, IN_A_LINE)
        );
    }

    /// A line that belongs to the one before it.
    pub(crate) fn detail(&mut self, text: &str) {
        let _ = writeln!(self.text, "      {}", shortened(text, IN_A_LINE));
    }

    /// A name and what it is.
    pub(crate) fn pair(&mut self, name: &str, text: &str) {
        let _ = writeln!(self.text, "  {name:<13} {}", shortened(text, IN_A_LINE));
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Text of several lines, as JSON is written for people.
    pub(crate) fn block(&mut self, text: &str) {
        for line in text.lines() {
            self.line(line);
        }
    }

    /// A table as wide as the terminal.
    pub(crate) fn table(&mut self, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width)
            .set_header(heads.iter().copied());
        for row in rows {
            table.add_row(row.iter().map(|cell| shortened(cell, IN_A_CELL)));
        }
        for line in table.lines() {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hostile_gets_through() {
        let mut page = Page::new(60);
        let hostile = "a\u{1b}[2J\r\n\u{202e}b\u{9b}31m";
        page.line(hostile);
        page.verdict(Tone::Plain, "ok", hostile);
        page.detail(hostile);
        page.pair("key", hostile);
        page.block(hostile);
        page.table(&["key"], [vec![hostile.to_owned()]]);
        let is_hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert_eq!(
            page.text().chars().find(|c| is_hostile(*c)),
            None,
            "{:?}",
            page.text()
        );
    }

    #[test]
    fn a_table_is_no_wider_than_the_terminal() {
        let mut page = Page::new(40);
        page.table(&["key", "bytes"], [vec!["k".repeat(200), "1".to_owned()]]);
        let widest = page.text().lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(40), "{}", page.text());
    }
}
