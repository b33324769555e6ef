//! `cachectl restore`: the entries of backups, brought back.

use std::path::PathBuf;

use cache_backup::{Checked, Restore, Restored, RestoredFile, Step, describe, find};
use cache_runtime::admin::{Action, Admin, Fate};
use serde::Serialize;

use super::act::noted;
use super::backup::{folder, uninterrupted};
use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Page, Report, Tone, units};

/// What `--trust` gives up.
const WAIVED: &str = "They are served as fresh. What was invalidated since the backup and left no sign in Redis (an entry by itself; anything, \
where Redis was emptied, restarted or replaced) is served as if it had not been.";

#[derive(Debug, Serialize)]
pub(crate) struct BroughtBack {
    #[serde(flatten)]
    restored: Restored,
    /// What was given up for it, if they were trusted.
    waived: Option<&'static str>,
    /// Why it is not in the log of actions, if it is not.
    not_noted: Option<String>,
}

pub(crate) async fn restore(
    admin: &Admin,
    asked: &arguments::Restore,
) -> Result<BroughtBack, Failure> {
    let files = files(asked)?;
    let mut restore = Restore::of(&files)
        .trust(asked.trust)
        .emptied(asked.emptied)
        .other_prefix(asked.other_prefix)
        .dry_run(asked.dry_run);
    if let Some(rate) = asked.rate {
        restore = restore.rate(rate);
    }
    let progress = Progress::of_entries("looking");
    let told = |told: cache_backup::Progress| {
        let step = match told.step {
            Step::Reserving => "reserving",
            Step::Filling => "filling",
            Step::Looking | Step::BackingUp => "looking",
        };
        progress.step(step, told.done, told.total);
    };
    let restored = uninterrupted("restore", restore.run(admin, told)).await;
    drop(progress);
    let restored = match restored {
        Ok(restored) => restored,
        Err(failure) => {
            // Wrong arguments are found before anything is done.
            if !asked.dry_run && failure.exit != Exit::Usage {
                note_failed(admin, &files, asked.trust, &failure).await;
            }
            return Err(failure);
        }
    };
    let mut not_noted = None;
    for file in restored.files.iter().filter(|_| !asked.dry_run) {
        not_noted = not_noted.or(noted(admin, action(file, asked.trust)).await);
    }
    Ok(BroughtBack {
        restored,
        waived: asked.trust.then_some(WAIVED),
        not_noted,
    })
}

fn files(asked: &arguments::Restore) -> Result<Vec<PathBuf>, Failure> {
    let folder = folder(None);
    let found = asked.files.iter().map(|name| find(name, folder.as_deref()));
    Ok(found.collect::<Result<_, _>>()?)
}

/// Notes a restore that did not come to its end: some entries may be back. The failure itself is told anyway.
async fn note_failed(admin: &Admin, files: &[PathBuf], is_trusted: bool, failure: &Failure) {
    for path in files {
        let Ok((manifest, _)) = describe(path) else {
            continue;
        };
        let action = Action {
            what: "restore".to_owned(),
            target: target(&manifest.id, is_trusted),
            outcome: match failure.exit {
                Exit::Partly => "interrupted".to_owned(),
                _ => format!("failed: {}", failure.text),
            },
            ..Action::default()
        };
        let _ = noted(admin, action).await;
    }
}

fn target(id: &str, is_trusted: bool) -> String {
    let how = if is_trusted { ", trusted" } else { "" };
    format!("backup {id}{how}")
}

fn action(file: &RestoredFile, is_trusted: bool) -> Action {
    Action {
        what: "restore".to_owned(),
        target: target(&file.id, is_trusted),
        count: Some(file.restored),
        outcome: match &file.damage {
            None => "done".to_owned(),
            Some(damage) => format!("to record {}: {}", damage.record, damage.cause),
        },
        ..Action::default()
    }
}

impl Report for BroughtBack {
    fn tell(&self, page: &mut Page) {
        let is_dry_run = self.restored.is_dry_run;
        for file in &self.restored.files {
            let (tone, word) = match (is_dry_run, file.restored) {
                (true, _) => (Tone::Plain, "dry run"),
                (false, 0) => (Tone::Doubtful, "restored"),
                (false, _) => (Tone::Good, "restored"),
            };
            let of = units::count(file.records);
            let told = format!(
                "{} of {of} entries of {}",
                units::count(file.restored),
                file.id
            );
            page.verdict(tone, word, &told);
            for (fate, count) in &file.skipped {
                page.pair(
                    "skipped",
                    &format!("{} {}", units::count(*count), why(*fate)),
                );
            }
            if file.lost > 0 {
                let lost = units::count(file.lost);
                page.pair(
                    "lost",
                    &format!("{lost} were invalidated, loaded or evicted during the restore"),
                );
            }
            if let Some(damage) = &file.damage {
                let told = format!(
                    "{}: record {} and what follows are not read (at byte {})",
                    damage.cause, damage.record, damage.offset
                );
                page.verdict(Tone::Bad, "damaged", &told);
            }
            let invalidated = file
                .skipped
                .get(&Fate::Invalidated)
                .copied()
                .unwrap_or_default();
            if file.restored == 0 && invalidated > 0 {
                page.detail("If Redis was emptied since (FLUSHALL) and programs have stored into it again, say --emptied.");
            }
        }
        if let Some(waived) = self.waived {
            page.detail(waived);
        }
        if let Some(cause) = &self.not_noted {
            page.detail(&format!(
                "It is not in the log of actions: {cause}. Grant the user `+xadd`, so that others see who did it."
            ));
        }
    }

    fn exit(&self) -> Exit {
        let files = &self.restored.files;
        let is_damaged = files.iter().any(|file| file.damage.is_some());
        let came = files.iter().any(|file| file.restored > 0);
        match () {
            () if !came => Exit::Negative,
            () if is_damaged || self.not_noted.is_some() => Exit::Partly,
            () => Exit::Done,
        }
    }
}

/// Why an entry did not come back.
fn why(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "are there: the same load is stored",
        Fate::Newer => "are there: another load is stored, or something that is no entry",
        Fate::Loading => "are being loaded or put",
        Fate::Invalidated => "were invalidated since: what they rest on is another by now, or gone",
        Fate::Expired => "are over: their time has passed",
        Fate::NoStaleWindow => "have no stale window: only --trust brings them back",
        Fate::NoKey => {
            "are encrypted and have to be anew: set CACHE_ENCRYPTION_KEYS as the program has it"
        }
        _ => "are no entries of this cache",
    }
}

/// What checks of files gave.
#[derive(Debug, Serialize)]
pub(crate) struct AllChecked {
    files: Vec<CheckedFile>,
}

#[derive(Debug, Serialize)]
struct CheckedFile {
    path: PathBuf,
    #[serde(flatten)]
    checked: Checked,
}

pub(crate) fn check(asked: &arguments::Restore) -> Result<AllChecked, Failure> {
    let mut checked = Vec::new();
    for path in files(asked)? {
        checked.push(CheckedFile {
            checked: cache_backup::check(&path)?,
            path,
        });
    }
    Ok(AllChecked { files: checked })
}

impl Report for AllChecked {
    fn tell(&self, page: &mut Page) {
        for file in &self.files {
            let (path, records) = (file.path.display(), units::count(file.checked.records));
            match &file.checked.damage {
                None => page.verdict(Tone::Good, "whole", &format!("{path}: {records} records")),
                Some(damage) => {
                    let told = format!(
                        "{path}: {}; {records} records are good, record {} is not (at byte {})",
                        damage.cause, damage.record, damage.offset
                    );
                    page.verdict(Tone::Bad, "damaged", &told);
                }
            }
        }
    }

    fn exit(&self) -> Exit {
        match self.files.iter().all(|file| file.checked.damage.is_none()) {
            true => Exit::Done,
            false => Exit::Negative,
        }
    }
}
