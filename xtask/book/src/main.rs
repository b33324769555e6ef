//! `book FOLDER` builds the mdBook in a folder. Whatever mdBook warns of is a failure.

use std::env;
use std::fmt;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use mdbook_driver::MDBook;
use tracing::field::{Field, Visit};
use tracing::subscriber::with_default;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

fn main() -> ExitCode {
    let built = match env::args().nth(1) {
        Some(folder) => build(&folder),
        None => Err("usage: book FOLDER".to_owned()),
    };
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("book: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn build(folder: &str) -> Result<(), String> {
    let warnings = Warnings::default();
    let listening = registry().with(warnings.clone());
    let built = with_default(listening, || MDBook::load(folder)?.build());
    built.map_err(|error| format!("{error:#}"))?;
    let warned = warnings.0.lock().unwrap_or_else(PoisonError::into_inner);
    match warned.is_empty() {
        true => Ok(()),
        false => Err(warned.join("\n")),
    }
}

/// What mdBook warned of: an include of a file that is not there, for one, which it leaves out and goes on.
#[derive(Clone, Debug, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::WARN {
            let mut said = Said(String::new());
            event.record(&mut said);
            let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            warned.push(said.0);
        }
    }
}

/// What an event says.
struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
