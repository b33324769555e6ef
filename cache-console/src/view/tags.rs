//! Tags as annotations write them, with the functions that have them.

use std::collections::BTreeMap;

use askama::Template;
use serde::Serialize;

use crate::console::Console;
use crate::scope::{Figures, Of, Scope};
use crate::shown::{Name, Over, PerSecond};
use crate::tally::Tally;

#[derive(Serialize, Template)]
#[template(path = "tags.html")]
pub(super) struct Tags {
    scope: Scope,
    #[serde(skip)]
    is_outside: bool,
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
    functions: Vec<Owner>,
}

/// A function that has the tag.
#[derive(Serialize)]
struct Owner {
    function: Name,
    namespace: Name,
}

pub(super) async fn look(console: &Console, of: Option<Of>) -> Tags {
    let Figures { scope, lately, .. } = console.figures(of).await;
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
        let of = |(function, namespace): (String, &str)| Owner {
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
        scope,
        is_outside: console.is_outside(),
        over: lately.over,
        allows_actions: console.actions.is_some(),
        tags: tags.into_iter().map(row).collect(),
    }
}
