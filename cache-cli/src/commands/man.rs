//! `cachectl man`: the man page of the program, or of one command.

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::arguments::Arguments;
use crate::exit::{Exit, Failure};
use crate::output::print_raw;

pub(crate) fn man(command: Option<&str>) -> Result<Exit, Failure> {
    let mut program = Arguments::command();
    // It gives each command the arguments that go with all, and its whole name.
    program.build();
    let page = match command {
        None => Man::new(program),
        Some(name) => {
            let own = program.find_subcommand(name).cloned();
            let own = own.ok_or_else(|| Failure::usage(format!("there is no command {name}")))?;
            let own = own.name(format!("cachectl-{name}"));
            Man::new(own.version(env!("CARGO_PKG_VERSION")))
        }
    };
    let mut text = Vec::new();
    page.render(&mut text)?;
    print_raw(&text)?;
    Ok(Exit::Done)
}
