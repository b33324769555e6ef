//! `cachectl backups`: the backups in a folder, and what they say of themselves.

use cache_backup::{Kind, Listed, Selected, find, list};
use serde::Serialize;

use super::backup::folder;
use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::{Page, Report, Tone, units};

#[derive(Debug, Serialize)]
pub(crate) struct AllListed {
    /// The latest first.
    backups: Vec<Listed>,
    /// Whether each is told of in full.
    #[serde(skip)]
    in_full: bool,
}

pub(crate) fn backups(asked: &arguments::Backups) -> Result<AllListed, Failure> {
    let folder = folder(asked.directory.as_deref());
    if !asked.files.is_empty() {
        let mut backups = Vec::new();
        for name in &asked.files {
            backups.push(Listed::of(find(name, folder.as_deref())?)?);
        }
        return Ok(AllListed {
            backups,
            in_full: true,
        });
    }
    let Some(folder) = folder else {
        return Err(Failure::usage(
            "say where they are: --directory FOLDER or CACHE_BACKUP_DIRECTORY; or name files",
        ));
    };
    Ok(AllListed {
        backups: list(&folder)?,
        in_full: false,
    })
}

impl Report for AllListed {
    fn tell(&self, page: &mut Page) {
        if self.backups.is_empty() {
            return page.line("there is no backup");
        }
        if self.in_full {
            return self.backups.iter().for_each(|listed| in_full(listed, page));
        }
        page.table(
            &[
                "id",
                "begun",
                "kind",
                "of",
                "entries",
                "size",
                "description",
            ],
            self.backups.iter().map(row),
        );
    }

    fn exit(&self) -> Exit {
        match self.backups.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

fn row(listed: &Listed) -> Vec<String> {
    let manifest = &listed.manifest;
    vec![
        manifest.id.clone(),
        units::time(manifest.began_wall_ms),
        kind(manifest.kind).to_owned(),
        of(&manifest.selection),
        entries(listed),
        units::bytes(listed.bytes),
        manifest.description.clone(),
    ]
}

fn in_full(listed: &Listed, page: &mut Page) {
    let manifest = &listed.manifest;
    match &listed.ending {
        Some(_) => page.verdict(Tone::Good, "backup", &manifest.id),
        None => page.verdict(Tone::Doubtful, "unfinished", &manifest.id),
    }
    page.pair("file", &listed.path.display().to_string());
    page.pair("size", &units::bytes(listed.bytes));
    if !manifest.description.is_empty() {
        page.pair("description", &manifest.description);
    }
    page.pair("kind", kind(manifest.kind));
    if let Some(since) = &manifest.since {
        page.pair("since", &since.id);
    }
    page.pair(
        "of",
        &format!("{}, prefix {}", of(&manifest.selection), manifest.prefix),
    );
    page.pair("begun", &units::time(manifest.began_wall_ms));
    if let Some(ending) = &listed.ending {
        page.pair("ended", &units::time(ending.ended_wall_ms));
        page.pair(
            "entries",
            &format!("{}, {}", entries(listed), units::bytes(ending.bytes)),
        );
        for (cause, count) in &ending.unsaved {
            page.pair("left out", &format!("{} {cause}", units::count(*count)));
        }
    }
    page.gap();
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Full => "full",
        Kind::Incremental => "incremental",
    }
}

fn of(selected: &Selected) -> String {
    match selected {
        Selected::Everything => "everything".to_owned(),
        Selected::Namespace(name) => format!("namespace {name}"),
        Selected::Pattern(glob) => format!("pattern {glob}"),
        Selected::Tag(tag) => format!("tag {tag}"),
    }
}

fn entries(listed: &Listed) -> String {
    match &listed.ending {
        Some(ending) => units::count(ending.records),
        None => "unfinished".to_owned(),
    }
}
