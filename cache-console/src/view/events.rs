//! What changes, as Redis tells of it.

use std::sync::Arc;

use askama::Template;
use serde::Serialize;

use crate::changes::{Kind, Line, State};
use crate::console::Console;
use crate::shown::Name;

/// How many of the last are shown as the page is opened.
const SHOWN: usize = 100;

#[derive(Serialize, Template)]
#[template(path = "events.html")]
pub(super) struct Events {
    /// None without Redis.
    state: Option<State>,
    filter: Filter,
    #[serde(flatten)]
    rows: Rows,
    #[serde(skip)]
    kinds: [Kind; 7],
}

/// The rows of the table.
#[derive(Serialize, Template)]
#[template(path = "events_rows.html")]
pub(crate) struct Rows {
    /// The latest first.
    pub(crate) lines: Vec<Arc<Line>>,
}

/// Which are meant.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Filter {
    /// Any if it is empty.
    pub(crate) namespace: Name,
    pub(crate) kind: Option<Kind>,
}

impl Filter {
    pub(crate) fn is_meant(&self, line: &Line) -> bool {
        let is_of = |namespace: &Name| line.namespace.as_ref() == Some(namespace);
        let is_there = self.namespace.raw().is_empty() || is_of(&self.namespace);
        let is_kind = match self.kind {
            Some(kind) => kind == line.kind,
            // What the fleet publishes of itself comes without an end.
            None => line.kind != Kind::Other,
        };
        is_there && is_kind
    }
}

pub(super) fn look(console: &Console, filter: Filter) -> Events {
    let changes = console.changes();
    let news = changes.map(|changes| {
        // Heard from now on, so that the page's own stream finds it so.
        drop(changes.follow());
        changes.since(0, SHOWN, |line| filter.is_meant(line))
    });
    let (state, lines) = news.map(|news| (news.state, news.lines)).unzip();
    Events {
        state,
        filter,
        rows: Rows {
            lines: lines.unwrap_or_default(),
        },
        kinds: Kind::ALL,
    }
}
