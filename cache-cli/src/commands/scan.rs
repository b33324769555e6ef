//! `cachectl scan`: the entries that are stored.

use std::collections::BTreeMap;

use cache_runtime::admin::{Admin, EntryLine, Selection};
use serde::Serialize;

use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Page, Report, units};

#[derive(Debug, Serialize)]
pub(crate) struct Scanned {
    entries: Vec<EntryLine>,
    /// Whether there are more than were asked for.
    is_cut: bool,
}

pub(crate) async fn scan(admin: &Admin, asked: &arguments::Scan) -> Result<Scanned, Failure> {
    let selection = match (&asked.pattern, &asked.namespace, &asked.tag) {
        (Some(pattern), ..) => Selection::Pattern(pattern.clone()),
        (_, Some(namespace), _) => Selection::Namespace(namespace.clone()),
        (.., Some(tag)) => Selection::Tag(tag.clone()),
        _ => Selection::Everything,
    };
    let progress = Progress::of("looking at");
    let mut walk = admin.entries(selection)?;
    // A walk may tell of an entry more than once.
    let mut entries = BTreeMap::new();
    while entries.len() <= asked.limit
        && let Some(batch) = walk.next().await?
    {
        entries.extend(batch.into_iter().map(|line| (line.name.clone(), line)));
        progress.at(&walk);
    }
    drop(progress);
    let mut entries: Vec<_> = entries.into_values().collect();
    let is_cut = entries.len() > asked.limit;
    entries.truncate(asked.limit);
    Ok(Scanned { entries, is_cut })
}

impl Report for Scanned {
    fn tell(&self, page: &mut Page) {
        if self.entries.is_empty() {
            return page.line("no entry is stored that is meant");
        }
        page.table(
            &["namespace", "key", "size", "stored", "load took", "tags"],
            self.entries.iter().map(row),
        );
        let more = if self.is_cut {
            ", and there are more: `--limit`"
        } else {
            ""
        };
        page.line(&format!(
            "{} entries{more}",
            units::count(self.entries.len() as u64)
        ));
    }

    fn exit(&self) -> Exit {
        match self.entries.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

fn row(line: &EntryLine) -> Vec<String> {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let key = line.key.clone().unwrap_or_else(|| line.name.clone());
    if let Some(cause) = line.unreadable {
        return vec![line.namespace.clone(), key, format!("unreadable: {cause}")];
    }
    vec![
        line.namespace.clone(),
        key,
        or_none(line.bytes.map(units::bytes)),
        or_none(line.born_ms.map(units::time)),
        or_none(line.load_us.map(units::span_us)),
        line.tags.join(", "),
    ]
}
