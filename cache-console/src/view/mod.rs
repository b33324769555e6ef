//! What there is to look at: each view has a file that gathers what it shows, and a template of its name.

mod events;
mod function;
mod functions;
mod health;
mod insight;
mod key;
mod memory;
mod namespaces;
mod nodes;
mod overview;
mod processes;
mod tags;

use serde::Deserialize;

use crate::changes::Kind;
use crate::console::Console;
use crate::page::Content;
use crate::scope::Of;

use functions::Sort;

pub(crate) use events::{Filter, Rows};

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
    Memory,
    Key,
    Events,
    Health,
}

/// What is asked of a view.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Query {
    /// What functions are sorted by.
    sort: Sort,
    /// Of the one function that is shown; of the entry and the changes that are meant.
    namespace: String,
    function: String,
    /// Whose figures.
    of: Option<Of>,
    /// An entry's name, or a readable key.
    name: String,
    /// Whether its value is to be shown.
    value: bool,
    /// What changes are of; any if it is empty.
    kind: String,
}

impl Query {
    /// What links to other views carry.
    pub(crate) fn kept(&self) -> &'static str {
        match self.of {
            Some(Of::Process) => "?of=process",
            _ => "",
        }
    }

    /// Which changes are meant.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            namespace: self.namespace.as_str().into(),
            kind: Kind::of(&self.kind),
        }
    }
}

/// What is asked for is not there: what to do instead.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) &'static str);

type Looked = Box<dyn Content + Send>;

impl View {
    pub(crate) const ALL: [Self; 11] = [
        Self::Overview,
        Self::Functions,
        Self::Function,
        Self::Namespaces,
        Self::Tags,
        Self::Nodes,
        Self::Processes,
        Self::Memory,
        Self::Key,
        Self::Events,
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
        Self::Memory,
        Self::Key,
        Self::Events,
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
            Self::Memory => "memory",
            Self::Key => "key",
            Self::Events => "events",
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
            Self::Memory => "Memory",
            Self::Key => "One key",
            Self::Events => "Events",
            Self::Health => "Health",
        }
    }

    /// Whether it is kept up to date while it is open.
    pub(crate) fn moves(self) -> bool {
        // It may walk over all keys, and read the log of actions.
        self != Self::Key
    }

    /// What it shows at this moment.
    pub(crate) async fn look(self, console: &Console, query: &Query) -> Result<Looked, Missing> {
        let (namespace, of) = (query.namespace.as_str(), query.of);
        Ok(match self {
            Self::Overview => Box::new(overview::look(console, of).await),
            Self::Functions => Box::new(functions::look(console, query.sort, of).await),
            Self::Function => {
                let found = function::look(console, namespace, &query.function, of).await;
                Box::new(found.ok_or(Missing(
                    "No function of this name was called or is linked here. Take one of the functions page.",
                ))?)
            }
            Self::Namespaces => Box::new(namespaces::look(console, of).await),
            Self::Tags => Box::new(tags::look(console, of).await),
            Self::Nodes => Box::new(nodes::look(console, of).await),
            Self::Processes => Box::new(processes::look(console).await),
            Self::Memory => Box::new(memory::look(console)),
            Self::Key => Box::new(key::look(console, &query.name, namespace, query.value).await),
            Self::Events => Box::new(events::look(console, query.filter())),
            Self::Health => Box::new(health::look(console)),
        })
    }
}
