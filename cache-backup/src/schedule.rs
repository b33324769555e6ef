//! Backups that a program makes by itself, one process of the fleet at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cache_runtime::admin::{Admin, Selection};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::backup::{Backup, Made, Target};
use crate::directory::{Listed, list};
use crate::error::Error;
use crate::manifest::{Kind, Selected};
use crate::rate::Rate;

/// How much of the time between two backups passes at most until a process asks whether it is its turn.
const LOOKS: u32 = 20;

/// What is said of each.
const SCHEDULED: &str = "scheduled";

/// The longest time between two looks.
const LONGEST_LOOK: Duration = Duration::from_secs(60);

/// What is backed up, how often and where.
#[derive(Clone, Debug)]
pub struct Plan {
    selection: Selection,
    folder: PathBuf,
    every: Duration,
    full_each: u32,
    keep: Option<usize>,
    rate: Option<Rate>,
}

impl Plan {
    /// Everything under the prefix, into this folder.
    #[must_use]
    pub fn into_folder(folder: impl Into<PathBuf>, every: Duration) -> Self {
        Self {
            selection: Selection::Everything,
            folder: folder.into(),
            every,
            full_each: 1,
            keep: None,
            rate: None,
        }
    }

    /// Only what is meant.
    #[must_use]
    pub fn of(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Makes each n-th a full one, and those between incremental ones on the one before. Defaults to 1: all are full.
    #[must_use]
    pub fn full_each(mut self, nth: u32) -> Self {
        self.full_each = nth.max(1);
        self
    }

    /// Keeps this number of full backups with their incremental ones, and deletes what is older: of this prefix and
    /// selection, and in this folder. Keeps all unless said, so that the folder grows.
    #[must_use]
    pub fn keep(mut self, full: usize) -> Self {
        self.keep = Some(full.max(1));
        self
    }

    /// How fast each may go.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// What the turn to make it is called: the same in each process that has this plan.
    fn turn(&self) -> String {
        let (of, name) = match Selected::from(self.selection.clone()) {
            Selected::Everything => ("everything", String::new()),
            Selected::Namespace(name) => ("namespace", name),
            Selected::Pattern(glob) => ("pattern", glob),
            Selected::Tag(tag) => ("tag", tag),
        };
        let name = xxhash_rust::xxh3::xxh3_64(name.as_bytes());
        format!("backup:{of}:{name:016x}")
    }
}

/// A schedule under way. It ends when this is dropped: what it has begun is left unfinished, and gone on with by whose
/// turn is next, if that has the same folder.
#[derive(Debug)]
pub struct Schedule {
    ends: Arc<Notify>,
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.ends.notify_one();
    }
}

/// Makes backups by a plan, for as long as the [`Schedule`] lives: one in each of its times in the whole fleet, by
/// whichever process asks Redis first, as long as each has the same plan. It runs on a thread of its own, so that the
/// program's do not wait for the disk. What comes of each is told to `told`, and logged.
///
/// # Errors
///
/// [`Error::Thread`] if the system has no thread for it.
pub fn backup_every(
    admin: Admin,
    plan: Plan,
    mut told: impl FnMut(Result<Made, Error>) + Send + 'static,
) -> Result<Schedule, Error> {
    let ends = Arc::new(Notify::new());
    let ended = Arc::clone(&ends);
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::Thread)?;
    let run = move || {
        runtime.block_on(async {
            tokio::select! {
                () = ended.notified() => {}
                () = turns(&admin, &plan, &mut told) => {}
            }
        });
    };
    let spawned = thread::Builder::new()
        .name("cache-backup".to_owned())
        .spawn(run);
    spawned.map_err(Error::Thread)?;
    Ok(Schedule { ends })
}

async fn turns(admin: &Admin, plan: &Plan, told: &mut impl FnMut(Result<Made, Error>)) {
    let look = (plan.every / LOOKS).clamp(Duration::from_millis(10), LONGEST_LOOK);
    let turn = plan.turn();
    loop {
        let began = Instant::now();
        match admin.takes_turn(&turn, plan.every).await {
            Ok(true) => {
                let made = make(admin, plan).await;
                match &made {
                    Ok(made) => tracing::info!(
                        path = %made.path.display(),
                        records = made.ending.records,
                        "backup made"
                    ),
                    Err(error) => tracing::warn!(%error, "no backup was made"),
                }
                told(made);
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "whose turn it is to make a backup is not known"),
        }
        tokio::time::sleep_until(began + look).await;
    }
}

async fn make(admin: &Admin, plan: &Plan) -> Result<Made, Error> {
    let before = own(plan, admin.prefix())?;
    let mut backup = Backup::of(plan.selection.clone())
        .description(SCHEDULED)
        .scheduled();
    if let Some(rate) = plan.rate {
        backup = backup.rate(rate);
    }
    let since_full = before
        .iter()
        .position(|made| made.manifest.kind == Kind::Full);
    if let (Some(last), Some(since_full)) = (before.first(), since_full)
        && since_full + 1 < plan.full_each as usize
    {
        backup = backup.since(&last.path);
    }
    let target = Target::Directory(plan.folder.clone());
    let made = backup.run(admin, &target, |_| ()).await?;
    if let Some(keep) = plan.keep {
        prune(&own(plan, admin.prefix())?, keep)?;
    }
    Ok(made)
}

/// The whole backups of a plan, the latest first; none where there is no folder yet.
fn own(plan: &Plan, prefix: &str) -> Result<Vec<Listed>, Error> {
    if !Path::new(&plan.folder).exists() {
        return Ok(Vec::new());
    }
    let selected = Selected::from(plan.selection.clone());
    let mut own = list(&plan.folder)?;
    own.retain(|made| {
        made.ending.is_some()
            && made.manifest.scheduled
            && (&*made.manifest.prefix, &made.manifest.selection) == (prefix, &selected)
    });
    Ok(own)
}

/// Deletes what is older than so many full backups.
fn prune(own: &[Listed], keep: usize) -> Result<(), Error> {
    let mut full = 0;
    for made in own {
        if full == keep {
            fs::remove_file(&made.path).map_err(Error::file("delete", &made.path))?;
        } else if made.manifest.kind == Kind::Full {
            full += 1;
        }
    }
    Ok(())
}
