//! `cachectl backup`: the entries that are stored, copied to a file.

use std::env;
use std::path::{Path, PathBuf};

use cache_backup::{Backup, Ending, Made, Manifest, Target, find};
use cache_runtime::admin::{Action, Admin, Selection};
use serde::Serialize;

use super::act::noted;
use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Page, Report, Tone, units};

#[derive(Debug, Serialize)]
pub(crate) struct BackedUp {
    path: PathBuf,
    manifest: Manifest,
    ending: Ending,
    /// Why it is not in the log of actions, if it is not.
    not_noted: Option<String>,
}

pub(crate) async fn backup(admin: &Admin, asked: &arguments::Backup) -> Result<BackedUp, Failure> {
    let (selection, of) = selection(asked)?;
    let folder = folder(asked.directory.as_deref());
    let target = match (&asked.out, folder.clone()) {
        (Some(file), _) => Target::File(file.clone()),
        (None, Some(folder)) => Target::Directory(folder),
        (None, None) => {
            return Err(Failure::usage(
                "say where to: --out FILE, --directory FOLDER, or CACHE_BACKUP_DIRECTORY",
            ));
        }
    };
    let mut backup = Backup::of(selection).description(&asked.description);
    if let Some(base) = &asked.incremental_since {
        backup = backup.since(find(base, folder.as_deref())?);
    }
    if let Some(rate) = asked.rate {
        backup = backup.rate(rate);
    }
    let progress = Progress::of("backing up");
    let told = |told: cache_backup::Progress| progress.step("backing up", told.done, told.total);
    let made = uninterrupted("backup", backup.run(admin, &target, told)).await?;
    drop(progress);
    let Made {
        path,
        manifest,
        ending,
        ..
    } = made;
    let action = Action {
        what: "backup".to_owned(),
        target: format!("{of} as {}", manifest.id),
        count: Some(ending.records),
        outcome: "done".to_owned(),
        ..Action::default()
    };
    Ok(BackedUp {
        path,
        manifest,
        ending,
        not_noted: noted(admin, action).await,
    })
}

/// What comes of work that goes on where it stopped, unless a person stops it.
pub(super) async fn uninterrupted<T>(
    what: &str,
    work: impl Future<Output = Result<T, cache_backup::Error>>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => Ok(done?),
        _ = tokio::signal::ctrl_c() => Err(Failure {
            exit: Exit::Partly,
            text: format!("the {what} was interrupted: run the same again, and it goes on where it stopped"),
        }),
    }
}

/// The folder of backups, if one is named.
pub(super) fn folder(named: Option<&Path>) -> Option<PathBuf> {
    let set = || env::var_os("CACHE_BACKUP_DIRECTORY").filter(|folder| !folder.is_empty());
    named
        .map(Path::to_owned)
        .or_else(|| set().map(PathBuf::from))
}

fn selection(asked: &arguments::Backup) -> Result<(Selection, String), Failure> {
    Ok(match (&asked.pattern, &asked.namespace, &asked.tag) {
        (Some(pattern), ..) => (
            Selection::Pattern(pattern.clone()),
            format!("pattern {pattern}"),
        ),
        (_, Some(namespace), _) => (
            Selection::Namespace(namespace.clone()),
            format!("namespace {namespace}"),
        ),
        (.., Some(tag)) => (Selection::Tag(tag.clone()), format!("tag {tag}")),
        _ if asked.all => (Selection::Everything, "everything".to_owned()),
        _ => {
            return Err(Failure::usage(
                "say what: a pattern, --namespace NAMESPACE, --tag TAG or --all",
            ));
        }
    })
}

impl Report for BackedUp {
    fn tell(&self, page: &mut Page) {
        let (manifest, ending) = (&self.manifest, &self.ending);
        let told = format!(
            "{} entries, {} in {}",
            units::count(ending.records),
            units::bytes(ending.bytes),
            units::span(ending.ended_wall_ms.saturating_sub(manifest.began_wall_ms)),
        );
        page.verdict(Tone::Good, "backed up", &told);
        page.pair("file", &self.path.display().to_string());
        page.pair("id", &manifest.id);
        if let Some(since) = &manifest.since {
            page.pair("since", &since.id);
        }
        if ending.resumed > 0 {
            page.pair(
                "interrupted",
                &format!("{} times, and gone on with", ending.resumed),
            );
        }
        for (cause, count) in &ending.unsaved {
            page.pair("left out", &format!("{} {cause}", units::count(*count)));
        }
        if let Some(cause) = &self.not_noted {
            page.detail(&format!(
                "It is not in the log of actions: {cause}. Grant the user `+xadd`, so that others see who did it."
            ));
        }
    }

    fn exit(&self) -> Exit {
        match (self.ending.records, &self.not_noted) {
            (0, _) => Exit::Negative,
            (_, Some(_)) => Exit::Partly,
            (_, None) => Exit::Done,
        }
    }
}
