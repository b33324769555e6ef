//! How many loads an invalidation may cause, by what was served of late.

use cache_runtime::SiteInfo;

use super::deed::{Deed, Kind};
use crate::console::Console;
use crate::scope::Figures;
use crate::shown::{Name, Over, PerSecond, Time};
use crate::tally::Tally;

/// What is known of the functions that are concerned.
pub(super) struct Estimate {
    /// Whose hits they are.
    pub(super) whose: String,
    /// What rates are of.
    pub(super) over: Over,
    /// Their hits: as many loads there may be until their entries are there again.
    pub(super) hits: PerSecond,
    /// What a load takes at most, of nearly all.
    pub(super) load_p99: Time,
    pub(super) functions: Vec<Concerned>,
}

/// A function that is concerned.
pub(super) struct Concerned {
    pub(super) function: Name,
    pub(super) namespace: Name,
    pub(super) hits: PerSecond,
    /// Whether its tags are expressions, or it is of another program, so that it may have this one or not.
    pub(super) is_unsure: bool,
}

/// Whether a function has a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Has {
    Yes,
    Perhaps,
    No,
}

impl Estimate {
    pub(super) async fn of(console: &Console, deed: &Deed) -> Self {
        let Figures {
            scope,
            stats,
            lately,
        } = console.figures(None).await;
        let sites = console.cache().sites();
        let name = deed.name.raw();
        let mut concerned = Vec::new();
        let (mut total, mut load_p99) = (Tally::default(), None);
        for row in &stats.functions {
            let of_row =
                |site: &&SiteInfo| site.function == row.function && site.namespace == row.namespace;
            let has = match deed.kind {
                Kind::Namespace if row.namespace == name => Has::Yes,
                Kind::Namespace => Has::No,
                // A function of another program may have any.
                Kind::Tag if !sites.iter().any(|site| of_row(&site)) => Has::Perhaps,
                Kind::Tag => has_tag(sites.iter().filter(of_row), name),
                // It is one load, whatever its function does.
                Kind::Entry => Has::No,
            };
            if has == Has::No {
                continue;
            }
            let tally = lately.of(&row.namespace, &row.function);
            total = total + tally;
            load_p99 = load_p99.max(row.load_time.quantile(0.99));
            concerned.push(Concerned {
                function: row.function.as_str().into(),
                namespace: row.namespace.as_str().into(),
                hits: lately.rates(tally).hits,
                is_unsure: has == Has::Perhaps,
            });
        }
        // A namespace has entries of calls by hand, too.
        if deed.kind == Kind::Namespace {
            total = lately.of(name, "");
        }
        let hits = match deed.kind {
            // That none is known is no figure.
            Kind::Tag if concerned.is_empty() => PerSecond(None),
            _ => lately.rates(total).hits,
        };
        Self {
            whose: scope.whose(),
            over: lately.over,
            hits,
            load_p99: Time(load_p99),
            functions: concerned,
        }
    }
}

fn has_tag<'a>(sites: impl Iterator<Item = &'a SiteInfo>, name: &str) -> Has {
    let mut has = Has::No;
    for site in sites {
        for tag in site.tags {
            match one_has(tag, name) {
                Has::Yes => return Has::Yes,
                Has::Perhaps => has = Has::Perhaps,
                Has::No => {}
            }
        }
        // Those of a value are known by the value alone.
        if site.annotation.contains("tags_from") {
            has = Has::Perhaps;
        }
    }
    has
}

/// Whether a tag as it is written may be this one: a template is known by its beginning and its end.
fn one_has(written: &str, name: &str) -> Has {
    // What stands before a template's first brace is its text; in a call, a closure or a path it is code.
    let before = written
        .split_once('{')
        .map_or(written, |(before, _)| before);
    let is_expression = before.contains(['(', '|', '&']) || before.contains("::");
    match (written.split_once('{'), written.rsplit_once('}')) {
        (Some((start, _)), Some((_, end))) if !is_expression => {
            let rest = name.strip_prefix(start);
            match rest.is_some_and(|rest| rest.ends_with(end)) {
                true => Has::Yes,
                false => Has::No,
            }
        }
        _ if written == name => Has::Yes,
        _ if is_expression => Has::Perhaps,
        _ => Has::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_known_by_its_ends_and_an_expression_may_be_any() {
        for (written, name, has) in [
            ("user:{id}", "user:42", Has::Yes),
            ("user:{id}", "order:42", Has::No),
            ("user:{id}:posts", "user:42:posts", Has::Yes),
            ("user:{id}:posts", "user:42", Has::No),
            ("featured", "featured", Has::Yes),
            ("featured", "user:42", Has::No),
            ("UserTag(id)", "user:42", Has::Perhaps),
            ("ids.iter().map(tag)", "user:42", Has::Perhaps),
            (r#"format!("user:{id}")"#, "user:42", Has::Perhaps),
            (r#"[&format!("a:{id}")]"#, "b", Has::Perhaps),
            ("v1.2:{id}", "v1.2:7", Has::Yes),
            ("v1.2:{id}", "v1.3:7", Has::No),
        ] {
            assert_eq!(one_has(written, name), has, "{written} {name}");
        }
    }
}
