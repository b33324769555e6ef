//! The commands, a file each: what is asked for in, a report out.

mod act;
mod advice;
mod backup;
mod backups;
mod doctor;
mod explain;
mod find;
mod functions;
mod get;
mod hours;
mod keys;
mod log;
mod man;
mod restore;
mod scan;
mod serve;
mod stats;
mod survey;
mod top;
mod warm;
mod watch;

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use tokio::runtime::Builder;

use crate::arguments::{Arguments, Command};
use crate::connection::connect;
use crate::exit::{Exit, Failure};
use crate::output::print;

/// Runs what the arguments ask for.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Whose future is large, and needed once.
    runtime.block_on(Box::pin(dispatch(arguments)))
}

async fn dispatch(arguments: &Arguments) -> Result<Exit, Failure> {
    let (place, json) = (&arguments.place, arguments.json);
    match &arguments.command {
        Command::Stats => done(&stats::stats(&connect(place).await?).await?, json),
        Command::Functions(asked) => {
            let admin = connect(place).await?;
            done(&functions::functions(&admin, asked).await?, json)
        }
        Command::Advice(asked) => done(&advice::advice(&connect(place).await?, asked).await?, json),
        Command::Keys(asked) => done(&keys::keys(&connect(place).await?, asked).await?, json),
        Command::Hours(asked) => done(&hours::hours(&connect(place).await?, asked).await?, json),
        Command::Top(asked) => top::top(&connect(place).await?, asked, json).await,
        Command::Explain(asked) => {
            let report = explain::explain(place, asked).await?;
            done(&report, json)
        }
        Command::Get(asked) => get::get(&connect(place).await?, asked, json).await,
        Command::Scan(asked) => done(&scan::scan(&connect(place).await?, asked).await?, json),
        Command::Invalidate(asked) => {
            let admin = connect(place).await?;
            done(&act::act(&admin, act::What::Invalidate, asked).await?, json)
        }
        Command::Expire(asked) => {
            let admin = connect(place).await?;
            done(&act::act(&admin, act::What::Expire, asked).await?, json)
        }
        Command::Watch(asked) => watch::watch(&connect(place).await?, asked, json).await,
        Command::Serve(asked) => serve::serve(place, asked, json).await,
        Command::Warm(asked) if asked.list => done(&warm::list(asked).await?, json),
        Command::Warm(asked) => done(&warm::warm(asked).await?, json),
        Command::Doctor(asked) => done(&doctor::doctor(place, asked).await?, json),
        Command::Backup(asked) => {
            let admin = connect(place).await?;
            done(&backup::backup(&admin, asked).await?, json)
        }
        Command::Restore(asked) if asked.check => done(&restore::check(asked)?, json),
        Command::Restore(asked) => {
            let admin = connect(place).await?;
            done(&restore::restore(&admin, asked).await?, json)
        }
        Command::Backups(asked) => done(&backups::backups(asked)?, json),
        Command::Log(asked) => done(&log::log(&connect(place).await?, asked).await?, json),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "cachectl", &mut out);
            anstream::stdout().write_all(&out)?;
            Ok(Exit::Done)
        }
        Command::Man { command } => man::man(command.as_deref()),
    }
}

fn done(report: &impl crate::output::Report, json: bool) -> Result<Exit, Failure> {
    match print(report, json) {
        // Who reads no further has what it wanted: `cachectl scan | head`. What came of it is said all the same.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(report.exit()),
    }
}
