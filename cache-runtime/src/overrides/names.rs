//! The names of a settings file's tables, beside those of the functions that are linked in: a table for a name that
//! none has is most likely misspelt, or of another program that reads the same file.

use super::tables::{Tables, end};
use crate::events::is_slip;
use crate::site::{Facts, linked};

/// The names that the program's annotated functions go by.
#[derive(Debug)]
pub(super) struct Names {
    functions: Vec<String>,
    namespaces: Vec<&'static str>,
}

/// A table that no function is of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stray<'a> {
    kind: &'static str,
    table: &'a str,
    /// The name that it is a slip away from.
    meant: Option<&'a str>,
}

impl Names {
    pub(super) fn linked() -> Self {
        let (functions, namespaces) = linked().into_iter().map(names).unzip();
        Self {
            functions,
            namespaces,
        }
    }

    /// Whether no function was registered: on a target where nothing runs before `main`.
    pub(super) fn are_unknown(&self) -> bool {
        self.functions.is_empty()
    }

    /// Whether a function, or its namespace, is called so.
    pub(super) fn has(&self, kind: &str, table: &str) -> bool {
        match kind {
            "function" => self.functions.iter().any(|path| ends_in(path, table)),
            _ => self.namespaces.contains(&table),
        }
    }

    /// The tables that none of them is of.
    pub(super) fn strays<'a>(&'a self, tables: &'a Tables) -> Vec<Stray<'a>> {
        let functions = tables.functions.keys().map(|table| Stray {
            kind: "function",
            table,
            meant: self.functions.iter().find_map(|path| {
                let end = end(path, table);
                is_slip(table, end).then_some(end)
            }),
        });
        let namespaces = tables.namespaces.keys().map(|table| Stray {
            kind: "namespace",
            table,
            meant: (self.namespaces.iter().copied()).find(|name| is_slip(table, name)),
        });
        let all = functions.chain(namespaces);
        all.filter(|stray| !self.has(stray.kind, stray.table))
            .collect()
    }
}

impl Stray<'_> {
    pub(super) fn tell(&self) {
        let table = format_args!("{}.{}", self.kind, self.table);
        match self.meant {
            Some(used) => tracing::warn!(
                target: "cache",
                %table,
                used,
                "the settings file has a table for a name that is nearly one in use: is it misspelt?"
            ),
            None => tracing::info!(
                target: "cache",
                %table,
                "the settings file has a table for a name that no annotated function of this program has"
            ),
        }
    }
}

fn names(facts: Facts) -> (String, &'static str) {
    (facts.path, facts.spec.namespace)
}

/// Whether a path is called so, or its last names are.
fn ends_in(path: &str, table: &str) -> bool {
    let before = path.strip_suffix(table);
    before.is_some_and(|before| before.is_empty() || before.ends_with("::"))
}

#[cfg(test)]
mod tests {
    use super::super::tables::Table;
    use super::*;

    #[test]
    fn a_table_that_no_function_is_of_is_told_with_the_name_that_it_is_near() {
        let names = Names {
            functions: ["app::plans::catalog", "app::cost", "app::post"]
                .map(String::from)
                .into(),
            namespaces: vec!["sessions", "plans"],
        };
        let table = |name: &str| (name.to_owned(), Table::default());
        let tables = Tables {
            functions: ["plans::catalog", "plans::catalgo", "cost", "invoice", "og"]
                .map(table)
                .into(),
            namespaces: ["sessions", "sesions", "invoices"].map(table).into(),
            memory_bytes: None,
        };
        let stray = |kind, table, meant| Stray { kind, table, meant };
        assert_eq!(
            names.strays(&tables),
            [
                stray("function", "invoice", None),
                stray("function", "og", None),
                stray("function", "plans::catalgo", Some("plans::catalog")),
                stray("namespace", "invoices", None),
                stray("namespace", "sesions", Some("sessions")),
            ]
        );
    }
}
