//! Asking a person before what was not named one by one is done.

use std::io::{self, IsTerminal as _, Write as _};

use super::Acted;
use crate::exit::{Exit, Failure};
use crate::output::text::shortened;

/// Asks whether that is what is wanted.
pub(super) fn confirm(acted: &Acted) -> Result<(), Failure> {
    let told = acted.parts.iter().map(super::Part::told);
    let told = shortened(&told.collect::<Vec<_>>().join("; "), 400);
    let what = acted.what.word();
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "{what} {told}: say --yes, as nobody is here to be asked"
        )));
    }
    let mut err = anstream::stderr();
    write!(err, "{what} {told}. Go on? [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure {
            exit: Exit::Negative,
            text: "nothing was done".to_owned(),
        }),
    }
}
