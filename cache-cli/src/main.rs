//! `cachectl`: what the cache has in Redis, from the command line and without the program that caches.
//!
//! A command ([`commands`]) gives a value that can be serialized; [`output`] prints it, as tables for people or as
//! JSON for programs. What ends it otherwise is a [`Failure`](exit::Failure), with the exit code for it.

mod arguments;
mod commands;
mod connection;
mod doctor;
mod exit;
mod fleet;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Arguments;
use exit::Exit;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(told) => {
            // Help and version are no mistakes, and go to another stream. Nobody can be told that none is there.
            let _ = told.print();
            return match told.use_stderr() {
                true => Exit::Usage.into(),
                false => Exit::Done.into(),
            };
        }
    };
    match commands::run(&arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.tell(arguments.json);
            failure.exit.into()
        }
    }
}
