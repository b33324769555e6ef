//! Writing a backup: to an unfinished file, which gets its name once it is whole.

use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;
use xxhash_rust::xxh3::xxh3_64;

use super::block::{BlockHead, Chain, SoFar, digits};
use super::read::Read;
use super::record::Record;
use super::skippable::{Said, Skippable};
use super::{Cause, MOST_RAW};
use crate::error::Error;
use crate::manifest::{Ending, Manifest};

/// From how many bytes of records on a block is written, where a walk has a place, and where it has none.
const BLOCK: usize = 128 << 10;
const LARGE_BLOCK: usize = 4 << 20;

/// The level of compression: that of the `zstd` program.
const LEVEL: i32 = 3;

/// A backup that is being written. What is written stays where it was when this is dropped, for another to go on with.
#[derive(Debug)]
pub(crate) struct Write {
    file: File,
    partial: PathBuf,
    path: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) so_far: SoFar,
    chain: Chain,
    /// How many records are in blocks that are written.
    pub(super) written: u64,
    block: Vec<u8>,
    in_block: u32,
}

/// What an unfinished backup is called.
pub(crate) fn partial_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

impl Write {
    /// Begins a backup, or goes on with one that was interrupted, if it is of the same.
    pub(crate) fn begin(path: &Path, manifest: Manifest) -> Result<Self, Error> {
        is_new(path)?;
        let partial = partial_of(path);
        let file = open(&partial)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: partial }),
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", &partial)(error)),
        }
        // Who held the lock may have finished it, moved it or deleted it meanwhile.
        if !is_at(&file, &partial) {
            return Err(Error::Busy { path: partial });
        }
        is_new(path)?;
        let mut write = Self {
            file,
            partial,
            path: path.to_owned(),
            manifest,
            so_far: SoFar::default(),
            chain: Chain::default(),
            written: 0,
            block: Vec::new(),
            in_block: 0,
        };
        if !write.go_on()? {
            write.anew()?;
        }
        Ok(write)
    }

    /// Goes on behind the last block that is whole; `false` if there is nothing to go on with.
    fn go_on(&mut self) -> Result<bool, Error> {
        let failed = |error| Error::file("read", &self.partial)(error);
        let mut read = {
            let mut file = self.file.try_clone().map_err(failed)?;
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            match Read::of(file) {
                Ok(read) => read,
                // It is new, or was killed before it had said what it is of.
                Err(damage) if damage.cause == Cause::CutShort => return Ok(false),
                // Whatever it is, it is not ours to cut.
                Err(damage) => return Err(Error::cut(&self.partial, damage)),
            }
        };
        if !read.manifest.goes_on_as(&self.manifest) {
            return Err(Error::OtherPartial {
                path: self.partial.clone(),
            });
        }
        let skimmed = read.skim();
        let Some(so_far) = skimmed.map_err(|damage| Error::cut(&self.partial, damage))? else {
            return Ok(false);
        };
        self.file.set_len(read.offset).map_err(failed)?;
        self.file.seek(SeekFrom::End(0)).map_err(failed)?;
        self.manifest = read.manifest;
        self.so_far = so_far;
        self.so_far.resumed += 1;
        self.chain = read.chain;
        self.written = read.record;
        Ok(true)
    }

    /// Begins the file with what it is of.
    fn anew(&mut self) -> Result<(), Error> {
        let mut begun = || {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            let (said, checksum) = Skippable::write(Said::Manifest, &self.manifest)?;
            self.file.write_all(&said)?;
            Ok(checksum)
        };
        let begun: io::Result<u64> = begun();
        let checksum = begun.map_err(Error::file("write", &self.partial))?;
        self.chain = Chain::default();
        self.chain.add(checksum);
        Ok(())
    }

    /// Adds a record; `false` for one that is too long.
    pub(crate) fn add(&mut self, record: &Record) -> Result<bool, Error> {
        if self.block.len() >= LARGE_BLOCK {
            self.write_block()?;
        }
        if !record.write(&mut self.block) {
            return Ok(false);
        }
        self.in_block += 1;
        self.so_far.bytes += record.entry.frame.len() as u64;
        Ok(true)
    }

    /// Counts an entry that is not saved.
    pub(crate) fn leave_out(&mut self, cause: &str) {
        *self.so_far.unsaved.entry(cause.to_owned()).or_default() += 1;
    }

    /// Notes where the walk stands, with all before it added.
    pub(crate) fn stands(
        &mut self,
        place: Option<cache_runtime::admin::WalkPlace>,
    ) -> Result<(), Error> {
        self.so_far.place = place;
        match self.block.len() >= BLOCK {
            true => self.write_block(),
            false => Ok(()),
        }
    }

    pub(super) fn write_block(&mut self) -> Result<(), Error> {
        let mut write = || {
            let packed = zstd::bulk::compress(&self.block, LEVEL)?;
            let of = |len: usize| u32::try_from(len).map_err(io::Error::other);
            let head = BlockHead {
                first: self.written,
                records: self.in_block,
                raw: of(self.block.len())?,
                packed: of(packed.len())?,
                checksum: digits(xxh3_64(&packed)),
                so_far: self.so_far.clone(),
            };
            let (mut said, checksum) = Skippable::write(Said::Block, &head)?;
            said.extend_from_slice(&packed);
            self.file.write_all(&said)?;
            Ok(checksum)
        };
        debug_assert!(self.block.len() as u64 <= MOST_RAW);
        let written: io::Result<u64> = write();
        let checksum = written.map_err(Error::file("write", &self.partial))?;
        self.chain.add(checksum);
        self.written += u64::from(self.in_block);
        self.in_block = 0;
        self.block.clear();
        self.block.shrink_to(LARGE_BLOCK);
        Ok(())
    }

    /// Ends the backup, and gives it its name once all of it is on the disk.
    pub(crate) fn finish(mut self, mut ending: Ending) -> Result<(Manifest, Ending), Error> {
        if self.in_block > 0 {
            self.write_block()?;
        }
        ending.records = self.written;
        ending.bytes = self.so_far.bytes;
        ending.unsaved = self.so_far.unsaved.clone();
        ending.resumed = self.so_far.resumed;
        ending.chain = self.chain.text();
        let mut finished = || {
            let (said, _) = Skippable::write(Said::Ending, &ending)?;
            self.file.write_all(&said)?;
            self.file.sync_all()?;
            name(&self.partial, &self.path)?;
            let folder = self.path.parent().filter(|folder| *folder != Path::new(""));
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        let finished: io::Result<()> = finished();
        finished.map_err(Error::file("finish", &self.path))?;
        Ok((self.manifest, ending))
    }
}

/// That nothing has the name of a backup yet.
fn is_new(path: &Path) -> Result<(), Error> {
    match path.exists() {
        true => Err(Error::Exists {
            path: path.to_owned(),
        }),
        false => Ok(()),
    }
}

/// Whether a file that is open is the one at this path.
fn is_at(file: &File, path: &Path) -> bool {
    let same = |open: Metadata, named: Metadata| {
        (open.dev(), open.ino()) == (named.dev(), named.ino()) && open.is_file()
    };
    let (open, named) = (file.metadata(), path.symlink_metadata());
    open.is_ok_and(|open| named.is_ok_and(|named| same(open, named)))
}

/// Gives a file its name, where no other has that.
fn name(partial: &Path, path: &Path) -> io::Result<()> {
    let renamed = renameat_with(CWD, partial, CWD, path, RenameFlags::NOREPLACE);
    match renamed {
        // Some file systems can't tell.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(partial, path)?;
            fs::remove_file(partial)
        }
        renamed => Ok(renamed?),
    }
}

/// The unfinished file, which its owner alone may read. A link is not followed: what it points at is not ours
/// to write to.
fn open(partial: &Path) -> Result<File, Error> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(i32::try_from(flags).unwrap_or_default())
        .open(partial);
    let file = opened.map_err(Error::file("open", partial))?;
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(Error::file("keep from others", partial))?;
    Ok(file)
}
