//! The one place that prints: what a command gives, as tables and sentences for people or as JSON for programs.

pub(crate) mod json;
mod page;
pub(crate) mod progress;
pub(crate) mod text;
pub(crate) mod units;

use std::io::{self, Write as _};

use serde::Serialize;

pub(crate) use page::{Page, Tone};

use crate::exit::Exit;

/// What a command gives.
pub(crate) trait Report: Serialize {
    /// Tells it to a person.
    fn tell(&self, page: &mut Page);

    /// How the program ends with it.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// Prints a report.
pub(crate) fn print(report: &impl Report, json: bool) -> io::Result<()> {
    if json {
        return print_raw(format!("{}\n", json::text(report)?).as_bytes());
    }
    let mut out = anstream::stdout().lock();
    let mut page = Page::new(width());
    report.tell(&mut page);
    out.write_all(page.text().as_bytes())?;
    out.flush()
}

/// Prints bytes as they are.
pub(crate) fn print_raw(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// How many columns the terminal has, if it is one; else `COLUMNS`, else what lines may be long.
fn width() -> u16 {
    const WIDE: u16 = 160;
    const NARROW: u16 = 40;
    let terminal = rustix::termios::tcgetwinsize(io::stdout()).ok();
    let columns = terminal
        .map(|size| size.ws_col)
        .filter(|columns| *columns > 0);
    let stated = || std::env::var("COLUMNS").ok()?.parse().ok();
    columns.or_else(stated).unwrap_or(WIDE).max(NARROW)
}
