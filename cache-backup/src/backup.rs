//! Making a backup while traffic goes on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use cache_runtime::CacheError;
use cache_runtime::admin::{Admin, Entries, EntryLine, NodeClock, Selection, WalkPlace};

use crate::directory;
use crate::error::Error;
use crate::file::{MOST_FRAME, Record, Write};
use crate::manifest::{
    Ending, Kind, LONGEST_DESCRIPTION, Manifest, Selected, Since, VERSION, cause, describe,
    fresh_id, wall_ms,
};
use crate::rate::{Pace, Rate};
use crate::{Progress, Step};

/// How many entries are read at once, and how many bytes of them.
const FEW: usize = 256;
const FEW_BYTES: u64 = 4 << 20;

/// How often what Redis does not answer is asked again, and after how long.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// How often a walk is begun anew as a node was replaced meanwhile.
const WALKS: u32 = 5;

/// How much earlier than its base an incremental backup begins, in milliseconds: a node's clock is known to within a
/// round trip. What is in both does no harm.
const OVERLAP_MS: u64 = 2_000;

/// Where a backup goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file of this name, which must not be there yet.
    File(PathBuf),
    /// A file in this folder that is named by the backup's id. What was interrupted there and is of the same, with the
    /// same description, is gone on with.
    Directory(PathBuf),
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its file.
    pub path: PathBuf,
    /// What it is of.
    pub manifest: Manifest,
    /// What is in it.
    pub ending: Ending,
}

/// What to back up, and how.
#[derive(Clone, Debug)]
pub struct Backup {
    selection: Selection,
    since: Option<PathBuf>,
    description: String,
    scheduled: bool,
    rate: Option<Rate>,
}

impl Backup {
    /// A full backup of the entries that are meant.
    #[must_use]
    pub fn of(selection: Selection) -> Self {
        Self {
            selection,
            since: None,
            description: String::new(),
            scheduled: false,
            rate: None,
        }
    }

    /// Only of entries that were born after an earlier backup was begun, which must be whole and of the same prefix and
    /// selection. What was deleted since is not told of: it comes back with the earlier one.
    #[must_use]
    pub fn since(mut self, base: impl Into<PathBuf>) -> Self {
        self.since = Some(base.into());
        self
    }

    /// What a person says of it, cut at 4 KiB.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        let mut end = self.description.len().min(LONGEST_DESCRIPTION);
        while !self.description.is_char_boundary(end) {
            end -= 1;
        }
        self.description.truncate(end);
        self
    }

    /// One that a schedule makes, and may delete.
    pub(crate) fn scheduled(mut self) -> Self {
        self.scheduled = true;
        self
    }

    /// How fast it may go; as fast as Redis answers unless said.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Makes it: those entries that a read may be served now, as they are in Redis. It reads on a connection of its own
    /// that Redis remembers no reads of. It takes some 20 MiB of memory however many entries there are, and as much
    /// more as the largest of them. `told` hears how far it has come.
    ///
    /// An entry that is stored during the backup is in it or not; one that is there all the time is in it, unless its
    /// slot is moved between nodes meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] where the file is there, [`Error::Busy`] where another process writes it, [`Error::OtherBase`]
    /// and [`Error::NotWhole`] where it can't stand on its base, [`Error::Cache`] where Redis does not answer for some
    /// seconds. What was written till then stays in the unfinished file.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, or the process is killed, the unfinished file stays (`.partial`), and
    /// running it again goes on behind what is whole in it.
    pub async fn run(
        &self,
        admin: &Admin,
        target: &Target,
        mut told: impl FnMut(Progress),
    ) -> Result<Made, Error> {
        let admin = admin.unremembered()?;
        let began = clocks(&admin).await?;
        let manifest = self.manifest(&admin, began)?;
        let path = match target {
            Target::File(path) => path.clone(),
            Target::Directory(folder) => directory::place(folder, &manifest)?,
        };
        let mut write = Write::begin(&path, manifest)?;
        let pace = Pace::new(self.rate);
        let mut walking = Walking {
            since_ms: write.manifest.since.as_ref().map(|since| since.began_ms),
            admin,
            selection: self.selection.clone(),
            pace,
        };
        walking.all(&mut write, &mut told).await?;
        let ending = Ending {
            ended: clocks(&walking.admin).await?,
            ended_wall_ms: wall_ms(),
            ..Ending::default()
        };
        let (manifest, ending) = write.finish(ending)?;
        Ok(Made {
            path,
            manifest,
            ending,
        })
    }

    fn manifest(&self, admin: &Admin, began: Vec<NodeClock>) -> Result<Manifest, Error> {
        let began_wall_ms = wall_ms();
        let mut manifest = Manifest {
            version: VERSION,
            id: fresh_id(began_wall_ms),
            description: self.description.clone(),
            scheduled: self.scheduled,
            kind: Kind::Full,
            since: None,
            prefix: admin.prefix().to_owned(),
            selection: Selected::from(self.selection.clone()),
            began,
            began_wall_ms,
        };
        let Some(path) = &self.since else {
            return Ok(manifest);
        };
        let (base, ending) = describe(path)?;
        if ending.is_none() {
            return Err(Error::NotWhole { path: path.clone() });
        }
        if !base.is_of_the_same(&manifest) {
            return Err(Error::OtherBase { path: path.clone() });
        }
        manifest.kind = Kind::Incremental;
        manifest.since = Some(Since {
            began_ms: base.began_ms(),
            root: base.root().to_owned(),
            id: base.id,
        });
        Ok(manifest)
    }
}

/// The clocks of all nodes; those that don't answer are asked again.
async fn clocks(admin: &Admin) -> Result<Vec<NodeClock>, Error> {
    let mut tries = Tries::default();
    loop {
        match admin.clocks().await {
            Ok(clocks) => return Ok(clocks),
            Err(error) => tries.after(error).await?,
        }
    }
}

/// How often something was tried.
#[derive(Debug, Default)]
pub(crate) struct Tries(u32);

impl Tries {
    /// Waits before the next try, where Redis did not answer this one.
    ///
    /// # Errors
    ///
    /// The error itself, where another try is of no use.
    pub(crate) async fn after(&mut self, error: CacheError) -> Result<(), CacheError> {
        self.0 += 1;
        match error {
            CacheError::Unavailable { .. } if self.0 < TRIES => {
                tokio::time::sleep(PAUSE).await;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// Whether it was tried before.
    pub(crate) fn is_again(&self) -> bool {
        self.0 > 0
    }
}

/// A walk over the entries of a backup.
struct Walking {
    admin: Admin,
    selection: Selection,
    since_ms: Option<u64>,
    pace: Pace,
}

impl Walking {
    /// Walks over all keys, and anew where a node was replaced: what it had come to means nothing at the next.
    async fn all(
        &mut self,
        write: &mut Write,
        told: &mut impl FnMut(Progress),
    ) -> Result<(), Error> {
        let mut place = write.so_far.place.clone();
        for _ in 0..WALKS {
            let runs = self.runs().await?;
            if self.once(place.take(), &runs, write, told).await? && self.runs().await? == runs {
                return Ok(());
            }
        }
        Err(Error::Unsteady)
    }

    async fn runs(&self) -> Result<BTreeSet<String>, Error> {
        let clocks = clocks(&self.admin).await?;
        Ok(clocks.into_iter().map(|clock| clock.run).collect())
    }

    /// One walk from a place on; `false` where a node was replaced.
    async fn once(
        &mut self,
        place: Option<WalkPlace>,
        runs: &BTreeSet<String>,
        write: &mut Write,
        told: &mut impl FnMut(Progress),
    ) -> Result<bool, Error> {
        let (mut walk, mut before) = match self.walk_from(place.as_ref()).await? {
            Some(walk) => (walk, place),
            None => (self.admin.entries(self.selection.clone())?, None),
        };
        let mut tries = Tries::default();
        loop {
            let lines = match walk.next().await {
                Ok(Some(lines)) => lines,
                Ok(None) => return Ok(true),
                Err(error) => {
                    tries.after(error).await?;
                    // The batch may be lost half-way: it is walked over again.
                    walk = match (self.walk_from(before.as_ref()).await?, &before) {
                        (Some(walk), _) => walk,
                        (None, None) => self.admin.entries(self.selection.clone())?,
                        (None, Some(_)) => return Ok(false),
                    };
                    continue;
                }
            };
            tries = Tries::default();
            self.save(lines, write).await?;
            let here = walk.place();
            if let Some(here) = &here
                && here.runs().any(|run| !runs.contains(run))
            {
                return Ok(false);
            }
            before.clone_from(&here);
            write.stands(here)?;
            told(Progress {
                step: Step::BackingUp,
                done: walk.looked_at(),
                total: walk.total(),
            });
        }
    }

    async fn walk_from(&self, place: Option<&WalkPlace>) -> Result<Option<Entries>, Error> {
        let Some(place) = place else {
            return Ok(None);
        };
        let mut tries = Tries::default();
        loop {
            let selection = self.selection.clone();
            match self.admin.entries_from(selection, place).await {
                Ok(walk) => return Ok(walk),
                Err(error) => tries.after(error).await?,
            }
        }
    }

    /// Reads the entries of a batch, a few at once, and adds them to the file.
    async fn save(&mut self, lines: Vec<EntryLine>, write: &mut Write) -> Result<(), Error> {
        let (mut few, mut bytes) = (Vec::new(), 0);
        for line in lines {
            let of_line = line.bytes.unwrap_or_default();
            let left_out = match () {
                () if line.unreadable.is_some() => Some("unreadable"),
                () if self.is_older(&line) => Some("older"),
                () if of_line > MOST_FRAME => Some("too_large"),
                () => None,
            };
            if let Some(cause) = left_out {
                write.leave_out(cause);
                continue;
            }
            if few.len() >= FEW || (bytes + of_line > FEW_BYTES && !few.is_empty()) {
                self.save_few(&std::mem::take(&mut few), write).await?;
                bytes = 0;
            }
            few.push(line.name);
            bytes += of_line;
        }
        self.save_few(&few, write).await
    }

    fn is_older(&self, line: &EntryLine) -> bool {
        let begins = self.since_ms.map(|since| since.saturating_sub(OVERLAP_MS));
        begins.is_some_and(|begins| line.born_ms.is_some_and(|born| born < begins))
    }

    async fn save_few(&mut self, names: &[String], write: &mut Write) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        let mut tries = Tries::default();
        let stored = loop {
            match self.admin.stored(names).await {
                Ok(stored) => break stored,
                Err(error) => tries.after(error).await?,
            }
        };
        let wall_ms = wall_ms();
        let mut bytes = 0;
        for stored in stored {
            let entry = match stored {
                Ok(entry) => entry,
                Err(unsaved) => {
                    write.leave_out(cause(unsaved));
                    continue;
                }
            };
            bytes += entry.frame.len() as u64;
            let fits = entry.frame.len() as u64 <= MOST_FRAME;
            if !fits || !write.add(&Record { entry, wall_ms })? {
                write.leave_out("too_large");
            }
        }
        self.pace.did(names.len() as u64, bytes).await;
        Ok(())
    }
}
