//! What there is to look at: each view has a file that gathers what it shows, and a template of its name.

mod function;
mod functions;
mod health;
mod namespaces;
mod nodes;
mod overview;
mod processes;
mod tags;

use serde::Deserialize;

use crate::console::Console;
use crate::page::Content;

use functions::Sort;

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Overview,
    Functions,
    Function,
    Namespaces,
    Tags,
    Nodes,
    Processes,
    Health,
}

/// What is asked of a view.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Query {
    /// What functions are sorted by.
    sort: Sort,
    /// Of the one function that is shown.
    namespace: String,
    function: String,
}

/// What is asked for is not there: what to do instead.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) &'static str);

type Looked = Box<dyn Content + Send>;

impl View {
    pub(crate) const ALL: [Self; 8] = [
        Self::Overview,
        Self::Functions,
        Self::Function,
        Self::Namespaces,
        Self::Tags,
        Self::Nodes,
        Self::Processes,
        Self::Health,
    ];

    /// Those that need no more to be said.
    pub(crate) const IN_MENU: &[Self] = &[
        Self::Overview,
        Self::Functions,
        Self::Namespaces,
        Self::Tags,
        Self::Nodes,
        Self::Processes,
        Self::Health,
    ];

    /// Its path.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Functions => "functions",
            Self::Function => "function",
            Self::Namespaces => "namespaces",
            Self::Tags => "tags",
            Self::Nodes => "nodes",
            Self::Processes => "processes",
            Self::Health => "health",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Functions => "Functions",
            Self::Function => "Function",
            Self::Namespaces => "Namespaces",
            Self::Tags => "Tags",
            Self::Nodes => "Nodes",
            Self::Processes => "Processes",
            Self::Health => "Health",
        }
    }

    /// What it shows at this moment.
    pub(crate) async fn look(self, console: &Console, query: &Query) -> Result<Looked, Missing> {
        Ok(match self {
            Self::Overview => Box::new(overview::look(console)),
            Self::Functions => Box::new(functions::look(console, query.sort)),
            Self::Function => {
                let found = function::look(console, &query.namespace, &query.function);
                Box::new(found.ok_or(Missing(
                    "No function of this name was called or is linked here. Take one of the functions page.",
                ))?)
            }
            Self::Namespaces => Box::new(namespaces::look(console)),
            Self::Tags => Box::new(tags::look(console)),
            Self::Nodes => Box::new(nodes::look(console)),
            Self::Processes => Box::new(processes::look(console).await),
            Self::Health => Box::new(health::look(console)),
        })
    }
}
