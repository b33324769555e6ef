//! Whose figures a view shows: those of this process, or of all that share its Redis.

use std::sync::Arc;

use cache_runtime::Stats;
use serde::{Deserialize, Serialize};

use crate::console::Console;
use crate::window::Lately;

/// Whose figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Of {
    Fleet,
    Process,
}

/// Whose figures are shown, and what else there is to be said of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Scope {
    pub(crate) of: Of,
    /// Whether there are two to choose from.
    pub(crate) has_choice: bool,
    /// Whether those of the fleet were asked for and can't be read now.
    pub(crate) is_away: bool,
    /// How many processes it is of.
    pub(crate) processes: usize,
}

/// Figures, in all and of late.
pub(crate) struct Figures {
    pub(crate) scope: Scope,
    pub(crate) stats: Arc<Stats>,
    pub(crate) lately: Arc<Lately>,
}

impl Scope {
    fn new(of: Of, has_choice: bool, processes: usize) -> Self {
        Self {
            of,
            has_choice,
            is_away: false,
            processes,
        }
    }

    pub(crate) fn is_fleet(&self) -> bool {
        self.of == Of::Fleet
    }

    /// Whose figures they are, in a sentence.
    pub(crate) fn whose(&self) -> String {
        match (self.of, self.processes) {
            (Of::Process, _) => "this process".to_owned(),
            (Of::Fleet, 1) => "the fleet, which is one process now".to_owned(),
            (Of::Fleet, count) => format!("the fleet, which is {count} processes now"),
        }
    }

    /// What a link to another view carries, behind other parameters.
    pub(crate) fn kept(&self) -> &'static str {
        match (self.has_choice, self.of) {
            (true, Of::Process) => "&of=process",
            _ => "",
        }
    }
}

impl Console {
    /// The figures that are asked for; unless it is said, those of the fleet where there is one.
    pub(crate) async fn figures(&self, asked: Option<Of>) -> Figures {
        let has_fleet = self.admin().is_some();
        let has_choice = has_fleet && !self.is_outside();
        if !has_fleet || has_choice && asked == Some(Of::Process) {
            return self.own(Scope::new(Of::Process, has_choice, 1));
        }
        match self.fleet().await.as_ref() {
            Ok(fleet) => Figures {
                scope: Scope::new(Of::Fleet, has_choice, fleet.processes.len()),
                stats: Arc::clone(&fleet.total),
                lately: Arc::clone(&fleet.lately),
            },
            Err(_) => {
                let scope = |of| Scope {
                    is_away: true,
                    ..Scope::new(of, has_choice, usize::from(has_choice))
                };
                match has_choice {
                    true => self.own(scope(Of::Process)),
                    false => Figures {
                        scope: scope(Of::Fleet),
                        stats: Arc::default(),
                        lately: Arc::default(),
                    },
                }
            }
        }
    }

    /// Those of this process.
    fn own(&self, scope: Scope) -> Figures {
        let (stats, lately) = self.of_process();
        Figures {
            scope,
            stats: Arc::new(stats),
            lately: Arc::new(lately),
        }
    }
}
