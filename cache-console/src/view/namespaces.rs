//! The namespaces that calls used, one in a row.

use askama::Template;
use cache_runtime::NamespaceStats;
use serde::Serialize;

use crate::console::Console;
use crate::scope::{Figures, Of, Scope};
use crate::shown::{Bytes, Count, Name, Over, Share};
use crate::tally::{Rates, Tally};
use crate::window::Lately;

#[derive(Serialize, Template)]
#[template(path = "namespaces.html")]
pub(super) struct Namespaces {
    scope: Scope,
    over: Over,
    allows_actions: bool,
    namespaces: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    namespace: Name,
    calls: Count,
    lately: Rates,
    hit_rate: Share,
    loads: Count,
    failed_loads: Count,
    /// Carried out by this process, and told of by Redis.
    invalidations: Count,
    received_invalidations: Count,
    memory_entries: Count,
    memory_bytes: Bytes,
}

impl Row {
    /// Whether it is of one namespace: others share a row in parentheses.
    fn is_one(&self) -> bool {
        !matches!(self.namespace.raw(), "(others)" | "(refused)")
    }
}

pub(super) async fn look(console: &Console, of: Option<Of>) -> Namespaces {
    let Figures {
        scope,
        stats,
        lately,
    } = console.figures(of).await;
    let rows = stats.namespaces.iter().map(|counted| row(counted, &lately));
    Namespaces {
        scope,
        over: lately.over,
        allows_actions: console.actions.is_some(),
        namespaces: rows.collect(),
    }
}

fn row(counted: &NamespaceStats, lately: &Lately) -> Row {
    let tally = Tally::of(&counted.counts);
    Row {
        namespace: counted.namespace.as_str().into(),
        calls: Count(tally.calls),
        lately: lately.rates(lately.of(&counted.namespace, "")),
        hit_rate: tally.hit_rate(),
        loads: Count(tally.loads),
        failed_loads: Count(tally.failed),
        invalidations: Count(counted.invalidations),
        received_invalidations: Count(counted.received_invalidations),
        memory_entries: Count(counted.memory_entries),
        memory_bytes: Bytes(counted.memory_bytes),
    }
}
