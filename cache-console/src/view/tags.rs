//! Tags as annotations write them, with the functions that have them.

use std::collections::BTreeMap;

use askama::Template;
use serde::Serialize;

use crate::console::Console;
use crate::shown::{Name, Over, PerSecond};
use crate::tally::Tally;

#[derive(Serialize, Template)]
#[template(path = "tags.html")]
pub(super) struct Tags {
    over: Over,
    allows_actions: bool,
    tags: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    /// `user:{id}`, or an expression.
    tag: Name,
    /// Hits of these together.
    hits: PerSecond,
    functions: Vec<Of>,
}

/// A function that has the tag.
#[derive(Serialize)]
struct Of {
    function: Name,
    namespace: Name,
}

pub(super) fn look(console: &Console) -> Tags {
    let (_, lately) = console.figures();
    let mut tags: BTreeMap<_, Vec<(String, &str)>> = BTreeMap::new();
    for site in console.cache().sites() {
        for tag in site.tags {
            let functions = tags.entry(*tag).or_default();
            let function = (site.function.clone(), site.namespace);
            if !functions.contains(&function) {
                functions.push(function);
            }
        }
    }
    let row = |(tag, functions): (&str, Vec<(String, &str)>)| {
        let tallies = functions
            .iter()
            .map(|(path, namespace)| lately.of(namespace, path));
        let total = tallies.fold(Tally::default(), |sum, one| sum + one);
        let of = |(function, namespace): (String, &str)| Of {
            function: function.into(),
            namespace: namespace.into(),
        };
        Row {
            tag: tag.into(),
            hits: lately.rates(total).hits,
            functions: functions.into_iter().map(of).collect(),
        }
    };
    Tags {
        over: lately.over,
        allows_actions: console.actions.is_some(),
        tags: tags.into_iter().map(row).collect(),
    }
}
