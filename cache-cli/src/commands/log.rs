//! `cachectl log`: what was done by hand.

use cache_runtime::admin::{Action, Admin};
use serde::Serialize;

use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::{Page, Report, units};

#[derive(Debug, Serialize)]
pub(crate) struct Logged {
    /// The latest first.
    actions: Vec<Action>,
}

pub(crate) async fn log(admin: &Admin, asked: &arguments::Log) -> Result<Logged, Failure> {
    let actions = admin.actions(asked.limit).await?;
    Ok(Logged { actions })
}

impl Report for Logged {
    fn tell(&self, page: &mut Page) {
        if self.actions.is_empty() {
            return page.line("nothing was done by hand yet, or it is no longer in the log");
        }
        page.table(
            &["when", "who", "did", "of", "entries", "outcome"],
            self.actions.iter().map(row),
        );
    }

    fn exit(&self) -> Exit {
        match self.actions.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

fn row(action: &Action) -> Vec<String> {
    vec![
        units::time(action.at_ms),
        action.who.clone(),
        action.what.clone(),
        action.target.clone(),
        action.count.map_or_else(|| "–".to_owned(), units::count),
        action.outcome.clone(),
    ]
}
