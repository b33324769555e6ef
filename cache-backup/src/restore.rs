//! Bringing entries of backups back.

use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use cache_runtime::admin::{self, Admin, Fate, RestoreTerms, Returning};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::backup::Tries;
use crate::error::Error;
use crate::file::{Damage, Read, Record};
use crate::manifest::{Ending, Manifest, describe, wall_ms};
use crate::rate::{Pace, Rate};
use crate::{Progress, Step};

/// How many entries come back at once, and how many bytes of them.
const FEW: usize = 256;
const FEW_BYTES: usize = 4 << 20;

/// What to bring back, and how.
#[derive(Clone, Debug, Default)]
pub struct Restore {
    files: Vec<PathBuf>,
    trust: bool,
    emptied: bool,
    other_prefix: bool,
    dry_run: bool,
    rate: Option<Rate>,
}

/// What came of a restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What came of each file, in the order in which they were brought back: the latest first.
    pub files: Vec<RestoredFile>,
    /// Whether it only looked at what would become of them.
    pub is_dry_run: bool,
}

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoredFile {
    /// The file.
    pub path: PathBuf,
    /// The backup's id.
    pub id: String,
    /// How many records were read.
    pub records: u64,
    /// How many came back, or in a dry run would.
    pub restored: u64,
    /// How many did not, and why.
    pub skipped: BTreeMap<Fate, u64>,
    /// How many had their place reserved, and did not take it: they were invalidated, loaded or evicted meanwhile.
    pub lost: u64,
    /// What is wrong with the file. What stands before that came back.
    pub damage: Option<Damage>,
}

impl Restore {
    /// Of a full backup and, behind it, its incremental ones in the order in which they were made; or of any one.
    #[must_use]
    pub fn of<P: Into<PathBuf>>(files: impl IntoIterator<Item = P>) -> Self {
        Self {
            files: files.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Brings entries back as fresh for what is left of their time, also those without a stale window. It waives the
    /// promise for all that was invalidated since the backup and that Redis has no sign of: they are served as if
    /// nothing had happened.
    #[must_use]
    pub fn trust(mut self, trust: bool) -> Self {
        self.trust = trust;
        self
    }

    /// Says that Redis was emptied since the backup (`FLUSHALL`), and that programs have stored into it again. Then a
    /// stamp that is another by now is no sign of an invalidation.
    #[must_use]
    pub fn emptied(mut self, emptied: bool) -> Self {
        self.emptied = emptied;
        self
    }

    /// Brings entries of another prefix back under that of the cache. Those that are encrypted are bound to their
    /// names, so that it takes their keys.
    #[must_use]
    pub fn other_prefix(mut self, is_meant: bool) -> Self {
        self.other_prefix = is_meant;
        self
    }

    /// Says what would become of each entry, and writes nothing.
    #[must_use]
    pub fn dry_run(mut self, dry: bool) -> Self {
        self.dry_run = dry;
        self
    }

    /// How fast each pass over a file may go; as fast as Redis answers unless said.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Brings the entries back, the latest backup first: what is there stays. Each file is gone through up to three
    /// times ([`Admin::restore`]), and none is filled before all are reserved. It takes some 20 MiB of memory however
    /// many entries there are, and as much more as the largest of them; of several files, some 40 bytes more for each
    /// entry of all but the first. `told` hears how far it has come.
    ///
    /// Where a file is damaged, what stands before that comes back ([`RestoredFile::damage`]).
    ///
    /// # Errors
    ///
    /// [`Error::NoBackup`] and [`Error::Chain`] before anything is done, [`Error::Prefix`] where the names begin
    /// otherwise, [`Error::Cache`] where Redis does not answer for some seconds.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, or the process is killed, run it again: what came back is recognized by what
    /// Redis has and left alone, and what was reserved takes its place. Nothing else is kept of how far it had come: an
    /// entry that was invalidated by itself in between may come back.
    pub async fn run(
        &self,
        admin: &Admin,
        mut told: impl FnMut(Progress),
    ) -> Result<Restored, Error> {
        let manifests = self.chained()?;
        for (_, manifest, _) in &manifests {
            if manifest.prefix != admin.prefix() && !self.other_prefix {
                return Err(Error::Prefix {
                    backup: manifest.prefix.clone(),
                    cache: admin.prefix().to_owned(),
                });
            }
        }
        let admin = admin.unremembered()?;
        let mut files = Vec::new();
        for (path, manifest, ending) in manifests.into_iter().rev() {
            let terms = RestoreTerms {
                trust: self.trust,
                emptied: self.emptied,
                prefix: manifest.prefix.clone(),
                id: manifest.id.clone(),
                family: manifest.root().to_owned(),
            };
            files.push(Passes {
                restore: admin.restore(terms),
                total: ending.map(|ending| ending.records),
                pace: Pace::new(self.rate),
                reserved: 0,
                file: RestoredFile::none_of(path, manifest.id),
            });
        }
        self.pass_over(&mut files, &mut told).await?;
        Ok(Restored {
            files: files.into_iter().map(|passes| passes.file).collect(),
            is_dry_run: self.dry_run,
        })
    }

    /// All are reserved before the first is filled: else an entry that is invalidated once it is back would leave its
    /// place to an older load of an earlier file.
    async fn pass_over(
        &self,
        files: &mut [Passes],
        told: &mut impl FnMut(Progress),
    ) -> Result<(), Error> {
        let (mut later, count) = (Later::new(), files.len());
        for (at, passes) in files.iter_mut().enumerate() {
            passes.look(told).await?;
            // Behind the last file there is none that would have to know.
            let mut own = (at + 1 < count).then(Later::new);
            let reserving = passes.reserve(&later, own.as_mut(), self.dry_run, told);
            reserving.await?;
            later.extend(own.into_iter().flatten());
        }
        for passes in files {
            match self.dry_run {
                true => passes.file.restored = passes.reserved,
                false => passes.fill(told).await?,
            }
        }
        Ok(())
    }

    /// The files with what they say of themselves, if each but the first stands on the one before it.
    fn chained(&self) -> Result<Vec<(PathBuf, Manifest, Option<Ending>)>, Error> {
        let mut chained: Vec<(PathBuf, Manifest, Option<Ending>)> = Vec::new();
        for path in &self.files {
            let (manifest, ending) = describe(path)?;
            if let Some((_, before, _)) = chained.last() {
                let since = manifest.since.as_ref().map(|since| &since.id);
                if since != Some(&before.id) || !manifest.is_of_the_same(before) {
                    return Err(Error::Chain { path: path.clone() });
                }
            }
            chained.push((path.clone(), manifest, ending));
        }
        Ok(chained)
    }
}

/// What was reserved for a file: hashes of the names of entries, with those of their frames.
type Later = HashMap<u64, u64>;

/// The hashes of an entry.
fn hashes(returning: &Returning) -> (u64, u64) {
    let entry = &returning.entry;
    (xxh3_64(entry.name.as_bytes()), xxh3_64(&entry.frame))
}

/// What becomes of an entry, where its place is one of a later file.
fn fate_behind(later: &Later, returning: &Returning) -> Option<Fate> {
    let (name, frame) = hashes(returning);
    let other = later.get(&name)?;
    Some(match *other == frame {
        true => Fate::Kept,
        false => Fate::Newer,
    })
}

impl RestoredFile {
    fn none_of(path: PathBuf, id: String) -> Self {
        Self {
            path,
            id,
            records: 0,
            restored: 0,
            skipped: BTreeMap::new(),
            lost: 0,
            damage: None,
        }
    }

    fn skip(&mut self, fate: Fate) {
        *self.skipped.entry(fate).or_default() += 1;
    }
}

/// The passes over one file.
struct Passes {
    restore: admin::Restore,
    total: Option<u64>,
    pace: Pace,
    /// How many places are reserved, or would be.
    reserved: u64,
    file: RestoredFile,
}

impl Passes {
    async fn look(&mut self, told: &mut impl FnMut(Progress)) -> Result<(), Error> {
        let mut batches = Batches::open(&self.file.path)?;
        while let Some(batch) = batches.next() {
            let mut tries = Tries::default();
            let wants_more = loop {
                match self.restore.look(&batch).await {
                    Ok(wants_more) => break wants_more,
                    Err(error) => tries.after(error).await?,
                }
            };
            if !wants_more {
                break;
            }
            self.tell(told, Step::Looking, &batches);
        }
        Ok(())
    }

    /// Reserves the places of all that are not those of later files, or says what would become of them. What is
    /// reserved is added to `own`.
    async fn reserve(
        &mut self,
        later: &Later,
        mut own: Option<&mut Later>,
        dry_run: bool,
        told: &mut impl FnMut(Progress),
    ) -> Result<(), Error> {
        let mut batches = Batches::open(&self.file.path)?;
        while let Some(mut batch) = batches.next() {
            batch.retain(|returning| match fate_behind(later, returning) {
                Some(fate) => {
                    self.file.skip(fate);
                    false
                }
                None => true,
            });
            let mut tries = Tries::default();
            let fates = loop {
                let fates = match dry_run {
                    true => self.restore.judge(&batch).await,
                    false => self.restore.reserve(&batch).await,
                };
                match fates {
                    Ok(fates) => break fates,
                    Err(error) => tries.after(error).await?,
                }
            };
            for (returning, fate) in batch.iter().zip(fates) {
                match fate {
                    Fate::Reserved => {
                        self.reserved += 1;
                        if let Some(own) = &mut own {
                            own.extend([hashes(returning)]);
                        }
                    }
                    other => self.file.skip(other),
                }
            }
            self.tell(told, Step::Reserving, &batches);
            self.pace.did(batch.len() as u64, bytes(&batch)).await;
        }
        self.file.records = batches.done;
        self.file.damage = batches.damage;
        if dry_run || batches.damage.is_some() {
            return Ok(());
        }
        let mut tries = Tries::default();
        while let Err(error) = self.restore.all_are_reserved().await {
            tries.after(error).await?;
        }
        Ok(())
    }

    /// Puts those in their places that are still reserved.
    async fn fill(&mut self, told: &mut impl FnMut(Progress)) -> Result<(), Error> {
        let mut batches = Batches::open(&self.file.path)?;
        self.tell(told, Step::Filling, &batches);
        while let Some(batch) = batches.next() {
            let mut tries = Tries::default();
            let fates = loop {
                match self.restore.fill(&batch).await {
                    Ok(fates) => break fates,
                    Err(error) => tries.after(error).await?,
                }
            };
            // What the first try did without an answer is there at the second.
            let is_back = |fate: &&Fate| match fate {
                Fate::Restored => true,
                Fate::Kept => tries.is_again(),
                _ => false,
            };
            self.file.restored += fates.iter().filter(is_back).count() as u64;
            self.tell(told, Step::Filling, &batches);
            self.pace.did(batch.len() as u64, bytes(&batch)).await;
        }
        self.file.lost = self.reserved.saturating_sub(self.file.restored);
        Ok(())
    }

    fn tell(&self, told: &mut impl FnMut(Progress), step: Step, batches: &Batches) {
        told(Progress {
            step,
            done: batches.done,
            total: self.total,
        });
    }
}

fn bytes(batch: &[Returning]) -> u64 {
    let frames = batch.iter().map(|returning| returning.entry.frame.len());
    frames.sum::<usize>() as u64
}

/// The entries of a file, a few at once.
struct Batches {
    read: Read,
    records: Peekable<IntoIter<Record>>,
    done: u64,
    damage: Option<Damage>,
}

impl Batches {
    fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            read: Read::open(path)?,
            records: Vec::new().into_iter().peekable(),
            done: 0,
            damage: None,
        })
    }

    /// The next few; none at the end, or at what is damaged.
    fn next(&mut self) -> Option<Vec<Returning>> {
        while self.records.peek().is_none() {
            if self.damage.is_some() {
                return None;
            }
            let block = self.read.next()?;
            self.damage = block.damage;
            self.records = block.records.into_iter().peekable();
        }
        let (mut batch, mut bytes, now) = (Vec::new(), 0, wall_ms());
        while batch.len() < FEW && bytes < FEW_BYTES {
            let Some(record) = self.records.next() else {
                break;
            };
            bytes += record.entry.frame.len();
            batch.push(record.returning(now));
        }
        self.done += batch.len() as u64;
        Some(batch)
    }
}
