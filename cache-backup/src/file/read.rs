//! Reading a backup, block by block.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::block::{BlockHead, Chain, SoFar, digits};
use super::record::Record;
use super::skippable::{Said, Skippable};
use super::{Cause, Damage, MOST_RAW};
use crate::error::Error;
use crate::manifest::{Ending, Manifest, VERSION};

/// The largest window that a block may have a reader keep: 2 to this power, 8 MiB.
const WINDOW_LOG: u32 = 23;

/// A backup that is being read.
#[derive(Debug)]
pub(crate) struct Read {
    file: BufReader<File>,
    pub(crate) manifest: Manifest,
    /// Once all before it was read and found good.
    pub(crate) ending: Option<Ending>,
    pub(super) offset: u64,
    pub(super) record: u64,
    pub(super) chain: Chain,
    is_over: bool,
}

/// The records of a block, as far as they are good.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) records: Vec<Record>,
    pub(crate) damage: Option<Damage>,
}

impl Read {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::of(super::open(path)?).map_err(|damage| Error::cut(path, damage))
    }

    pub(super) fn of(file: File) -> Result<Self, Damage> {
        let mut file = BufReader::with_capacity(128 << 10, file);
        let (manifest, first) = manifest(&mut file)?;
        let mut chain = Chain::default();
        chain.add(first.checksum);
        Ok(Self {
            file,
            manifest,
            ending: None,
            offset: first.len,
            record: 0,
            chain,
            is_over: false,
        })
    }

    /// The next records; none behind the end, nor behind what is damaged.
    pub(crate) fn next(&mut self) -> Option<Block> {
        if self.is_over {
            return None;
        }
        let from = self.offset;
        let (first, mut records) = (self.record, Vec::new());
        let outcome = self.block(&mut records);
        self.record = first + records.len() as u64;
        match outcome {
            Ok(true) => Some(Block {
                records,
                damage: None,
            }),
            Ok(false) => {
                self.is_over = true;
                None
            }
            Err(cause) => {
                self.is_over = true;
                let damage = Damage {
                    record: self.record,
                    offset: from,
                    cause,
                };
                Some(Block {
                    records,
                    damage: Some(damage),
                })
            }
        }
    }

    /// Reads the next block as far as it is good; `false` at the end of the file.
    fn block(&mut self, records: &mut Vec<Record>) -> Result<bool, Cause> {
        let Some((head, checksum)) = self.head()? else {
            return Ok(false);
        };
        let packed = self.packed(&head)?;
        let is_whole = packed.len() as u64 == u64::from(head.packed)
            && digits(xxh3_64(&packed)) == head.checksum;
        let raw = unpacked(&packed, u64::from(head.raw));
        let mut rest = raw.as_slice();
        while !rest.is_empty() && (records.len() as u64) < u64::from(head.records) {
            let Ok((record, behind)) = Record::read(rest) else {
                break;
            };
            records.push(record);
            rest = behind;
        }
        let is_cut = (packed.len() as u64) < u64::from(head.packed);
        let is_all = rest.is_empty()
            && raw.len() as u64 == u64::from(head.raw)
            && records.len() as u64 == u64::from(head.records);
        match () {
            () if is_cut => Err(Cause::CutShort),
            () if !is_whole || !is_all => Err(Cause::Changed),
            () => {
                self.chain.add(checksum);
                Ok(true)
            }
        }
    }

    /// What is said of the next block; none at a good end.
    fn head(&mut self) -> Result<Option<(BlockHead, u64)>, Cause> {
        let said = Skippable::read(&mut self.file).map_err(within)?;
        let said = said.ok_or(Cause::CutShort)?;
        self.offset += said.len;
        match said.said {
            Said::Block => {
                let head: BlockHead = said.json()?;
                let fits =
                    u64::from(head.raw) <= MOST_RAW && u64::from(head.packed) <= 2 * MOST_RAW;
                match fits && head.first == self.record {
                    true => Ok(Some((head, said.checksum))),
                    false => Err(Cause::Changed),
                }
            }
            Said::Ending => {
                let ending: Ending = said.json()?;
                if ending.chain != self.chain.text() || ending.records != self.record {
                    return Err(Cause::Changed);
                }
                if self.file.read(&mut [0])? > 0 {
                    return Err(Cause::Trailing);
                }
                self.ending = Some(ending);
                Ok(None)
            }
            Said::Manifest => Err(Cause::Changed),
        }
    }

    /// The compressed bytes of a block, as many as are there.
    fn packed(&mut self, head: &BlockHead) -> Result<Vec<u8>, Cause> {
        let mut packed = Vec::new();
        let most = u64::from(head.packed);
        (&mut self.file).take(most).read_to_end(&mut packed)?;
        self.offset += packed.len() as u64;
        Ok(packed)
    }

    /// Goes over all blocks that are whole, without decompressing them; how far the last one of them had come.
    ///
    /// # Errors
    ///
    /// What may be whole behind that, and can't be read here.
    pub(super) fn skim(&mut self) -> Result<Option<SoFar>, Damage> {
        let mut last = None;
        loop {
            let at = self.offset;
            match self.skimmed() {
                Ok(Some(so_far)) => last = Some(so_far),
                Err(cause @ (Cause::Disk | Cause::Version)) => {
                    return Err(Damage {
                        record: self.record,
                        offset: at,
                        cause,
                    });
                }
                Ok(None) | Err(_) => {
                    self.offset = at;
                    return Ok(last);
                }
            }
        }
    }

    /// Goes over the next block; none at a good end.
    fn skimmed(&mut self) -> Result<Option<SoFar>, Cause> {
        let Some((head, checksum)) = self.head()? else {
            return Ok(None);
        };
        let packed = self.packed(&head)?;
        let is_whole = packed.len() as u64 == u64::from(head.packed)
            && digits(xxh3_64(&packed)) == head.checksum;
        if !is_whole {
            return Err(Cause::Changed);
        }
        self.record += u64::from(head.records);
        self.chain.add(checksum);
        Ok(Some(head.so_far))
    }
}

/// The manifest of a file.
pub(crate) fn beginning(file: &mut File) -> Result<Manifest, Damage> {
    manifest(file).map(|(manifest, _)| manifest)
}

fn manifest(file: &mut impl std::io::Read) -> Result<(Manifest, Skippable), Damage> {
    let mut read = || {
        let first = Skippable::read(file)?.ok_or(Cause::CutShort)?;
        if first.said != Said::Manifest {
            return Err(Cause::Foreign);
        }
        let manifest: Manifest = first.json()?;
        match manifest.version == VERSION {
            true => Ok((manifest, first)),
            false => Err(Cause::Version),
        }
    };
    read().map_err(|cause| Damage {
        record: 0,
        offset: 0,
        cause,
    })
}

/// The end of a file, if it has one. Nothing before it is looked at.
pub(crate) fn ending(file: &mut File) -> Option<Ending> {
    let mut last = [0; 12];
    file.seek(SeekFrom::End(-12)).ok()?;
    file.read_exact(&mut last).ok()?;
    let len = i64::try_from(Skippable::len_of_last(&last)?).ok()?;
    file.seek(SeekFrom::End(-len)).ok()?;
    let said = Skippable::read(file).ok()??;
    (said.said == Said::Ending).then(|| said.json().ok())?
}

/// What is no skippable frame in the middle of a backup was one.
fn within(cause: Cause) -> Cause {
    match cause {
        Cause::Foreign => Cause::Changed,
        other => other,
    }
}

/// What compressed bytes have inside: as much of it as can be had, and no more than was said.
fn unpacked(packed: &[u8], most: u64) -> Vec<u8> {
    let mut raw = Vec::new();
    let Ok(decoder) = zstd::stream::read::Decoder::with_buffer(packed) else {
        return raw;
    };
    let mut decoder = decoder.single_frame();
    if decoder.window_log_max(WINDOW_LOG).is_ok() {
        // Where it fails, what came before is looked at record by record.
        let _ = decoder.take(most + 1).read_to_end(&mut raw);
    }
    raw
}
