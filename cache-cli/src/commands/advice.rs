//! `cachectl advice`: what could be set better, and into the settings file with what is asked for.

use cache_insight::{Advice, Item, SettingsFile};
use cache_runtime::admin::Admin;
use serde::Serialize;

use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, NOBODY};
use crate::output::{Page, Report, Tone};

#[derive(Debug, Serialize)]
pub(crate) struct Advised {
    items: Vec<Item>,
    /// The ids of those that were written into the settings file.
    applied: Vec<String>,
    processes: usize,
}

pub(crate) async fn advice(admin: &Admin, asked: &arguments::Advice) -> Result<Advised, Failure> {
    let fleet = Fleet::of(admin).await?;
    let mut items = Advice::of_stats(&fleet.total).items;
    if let Some(namespace) = &asked.namespace {
        items.retain(|item| item.namespace == *namespace);
    }
    items.retain(|item| item.confidence >= asked.least);
    let mut applied = Vec::new();
    if let Some(path) = &asked.apply {
        let chosen = chosen(&items, &asked.item)?;
        let file = match asked.force {
            true => SettingsFile::at(path).forced(),
            false => SettingsFile::at(path),
        };
        file.apply(&chosen)
            .map_err(|error| Failure::usage(error.to_string()))?;
        applied = chosen.into_iter().map(|item| item.id).collect();
    }
    Ok(Advised {
        items,
        applied,
        processes: fleet.processes.len(),
    })
}

/// The items of these ids, all of which there are.
fn chosen(items: &[Item], ids: &[String]) -> Result<Vec<Item>, Failure> {
    let find = |id: &String| {
        let item = items.iter().find(|item| item.id == *id).cloned();
        item.ok_or_else(|| {
            Failure::usage(format!(
                "{id} is not advised at this moment: `cachectl advice` lists what is"
            ))
        })
    };
    ids.iter().map(find).collect()
}

impl Report for Advised {
    fn tell(&self, page: &mut Page) {
        if self.processes == 0 {
            return page.line(NOBODY);
        }
        if self.items.is_empty() {
            return page.line("nothing that the figures show could be set better");
        }
        let rows = self.items.iter().map(|item| {
            vec![
                item.id.clone(),
                item.change.setting.clone(),
                item.change.from.clone(),
                item.change.to.clone(),
                format!("{:.2}", item.confidence),
                item.effect.words().join(", "),
            ]
        });
        page.table(&["item", "setting", "from", "to", "sure", "expect"], rows);
        page.gap();
        for item in &self.items {
            page.line(&item.id);
            page.detail(&format!("because {}", item.because));
            page.detail(&format!("sure    {}", item.derived));
        }
        for id in &self.applied {
            page.verdict(Tone::Good, "written", id);
        }
    }

    fn exit(&self) -> Exit {
        match self.items.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}
