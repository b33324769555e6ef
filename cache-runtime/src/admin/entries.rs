//! The entries that are stored, batch by batch, each by the beginning of its frame.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Admin, PATIENCE, hex, unavailable};
use crate::error::{CacheError, Result};
use crate::frame::{self, Header, StampKind, Unreadable};
use crate::own_thread::timeout;
use crate::redis::{Cursor, Fault, Place};
use crate::site::{Named, Pattern, escaped};
use crate::tag::{Tag, shown};

/// How much of a frame is read: what it says of itself, with some twenty tags.
const BEGINNING: &[u8] = b"2047";

/// Which entries are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// All under the prefix.
    Everything,
    /// Those of a namespace.
    Namespace(String),
    /// Those whose readable key matches a pattern, as [`Cache::scan`](crate::Cache::scan) has it.
    Pattern(String),
    /// Those that carry a tag, by its text.
    Tag(String),
}

/// An entry as a list has it: what the beginning of its frame says, which is not checked against anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EntryLine {
    /// Its name in Redis.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its key as the annotation's literal spells it, if it has a readable one.
    pub key: Option<String>,
    /// What it takes in Redis, in bytes; `None` if it can't be read.
    pub bytes: Option<u64>,
    /// When it was stored, in Unix milliseconds of its node's clock.
    pub born_ms: Option<u64>,
    /// Until when it is fresh, in the same clock.
    pub fresh_until_ms: Option<u64>,
    /// How long its load took, in microseconds.
    pub load_us: Option<u64>,
    /// The tags that it carries.
    pub tags: Vec<String>,
    /// Why it can't be read, if it can't.
    pub unreadable: Option<&'static str>,
}

/// Where a walk stands, for another process to go on from there; made by [`Entries::place`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkPlace {
    /// The nodes that are left, each by its address and its run, the present one last.
    nodes: Vec<(String, String)>,
    /// Where the present one goes on.
    cursor: String,
    /// How many keys were looked at.
    looked_at: u64,
}

/// A walk over entries; made by [`Admin::entries`].
pub struct Entries {
    admin: Admin,
    pattern: Pattern,
    /// The tag that they must carry, by its name.
    tag: Option<Arc<str>>,
    /// `None` before its beginning.
    cursor: Option<Cursor>,
    looked_at: u64,
    total: Option<u64>,
}

impl Admin {
    /// Walks the entries that are meant. **It takes time in proportion to all keys that Redis has**, in batches that
    /// do not hold others up.
    ///
    /// # Errors
    ///
    /// [`CacheError::Name`] for a pattern or a tag that is refused.
    pub fn entries(&self, selection: Selection) -> Result<Entries, CacheError> {
        let names = self.names();
        let (pattern, tag) = match selection {
            Selection::Everything => (names.entries(None), None),
            Selection::Namespace(namespace) => (names.entries(Some(&namespace)), None),
            Selection::Pattern(glob) => (names.pattern(&glob)?, None),
            Selection::Tag(tag) => {
                let tag = Tag::from(tag);
                (names.entries(None), Some(Arc::clone(tag.name()?)))
            }
        };
        Ok(Entries {
            admin: self.clone(),
            pattern,
            tag,
            cursor: None,
            looked_at: 0,
            total: None,
        })
    }

    /// Goes on with a walk where it stood; `None` where a node of it is gone or was started anew, so that its place
    /// means nothing: begin a new walk then. What was stored behind that place meanwhile is not seen.
    ///
    /// # Errors
    ///
    /// As [`entries`](Self::entries), and [`CacheError::Unavailable`] if a node could not be asked.
    pub async fn entries_from(
        &self,
        selection: Selection,
        place: &WalkPlace,
    ) -> Result<Option<Entries>, CacheError> {
        let mut walk = self.entries(selection)?;
        let Some(at) = place.read() else {
            return Ok(None);
        };
        let cursor = self.redis()?.walk_from(&at).await;
        let Some(cursor) = cursor.map_err(|fault| unavailable("scan", fault))? else {
            return Ok(None);
        };
        walk.total = count(self).await;
        walk.looked_at = place.looked_at.min(walk.total.unwrap_or(u64::MAX));
        walk.cursor = Some(cursor);
        Ok(Some(walk))
    }

    /// What the beginnings of these entries say; nothing of those that are not stored.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked.
    pub async fn lines(&self, names: &[String]) -> Result<Vec<EntryLine>, CacheError> {
        let walk = self.entries(Selection::Everything)?;
        let lines = walk.lines(names).await;
        lines.map_err(|fault| unavailable("read entries", fault))
    }

    /// The names of the entries with this readable key that are stored or loaded now, in whatever namespace: several
    /// where builds or functions differ in what they store under it. It walks over all keys that Redis has.
    ///
    /// # Errors
    ///
    /// As [`entries`](Self::entries) and [`Entries::next`].
    pub async fn find(&self, key: &str) -> Result<Vec<String>, CacheError> {
        let failed = |fault| unavailable("scan", fault);
        let pattern = self.names().pattern(&escaped(key))?;
        let with_lease = [pattern.glob(), "*"].concat();
        let mut cursor = self.redis()?.walk().await.map_err(failed)?;
        let mut found = BTreeSet::new();
        while let Some(names) = cursor.next(&with_lease).await.map_err(failed)? {
            let names = names
                .iter()
                .filter_map(|name| match self.names().read(name.as_bytes()) {
                    Some(Named::Entry(entry)) => Some(entry.to_owned()),
                    _ => None,
                });
            found.extend(names);
        }
        Ok(found.into_iter().collect())
    }
}

impl Entries {
    /// The next entries: at most a few hundred, and perhaps none; `None` at the end.
    ///
    /// An entry may come twice. One that is stored, or moved between nodes, during the walk may be missed.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if a node could not be asked; calling it again goes on from there, unless the
    /// node was replaced meanwhile: begin a new walk then.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, the next call asks for the batch after this one.
    pub async fn next(&mut self) -> Result<Option<Vec<EntryLine>>, CacheError> {
        let lines = self.batch().await;
        lines.map_err(|fault| unavailable("scan", fault))
    }

    /// How many keys were looked at, of this cache or not.
    #[must_use]
    pub fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// How many keys there were in all when the walk began, if the server tells.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Where it stands, after a batch and before the next; `None` before its beginning, and while a node is away.
    #[must_use]
    pub fn place(&self) -> Option<WalkPlace> {
        let place = self.cursor.as_ref()?.place()?;
        let nodes = place.masters.into_iter();
        Some(WalkPlace {
            nodes: nodes.map(|(address, run)| (address, hex(&run))).collect(),
            cursor: String::from_utf8(place.at).ok()?,
            looked_at: self.looked_at,
        })
    }

    async fn batch(&mut self) -> Result<Option<Vec<EntryLine>>, Fault> {
        let redis = self.admin.redis().map_err(|_| Fault::Down)?;
        let cursor = match &mut self.cursor {
            Some(cursor) => cursor,
            none => {
                self.total = count(&self.admin).await;
                none.insert(redis.walk().await?)
            }
        };
        let Some(names) = cursor.next(self.pattern.glob()).await? else {
            return Ok(None);
        };
        let all = self.total.unwrap_or(u64::MAX);
        self.looked_at = self.looked_at.saturating_add(Cursor::STEP).min(all);
        let is_entry = |name: &String| self.admin.names().parts(name).is_some();
        let names: Vec<_> = names.into_iter().filter(is_entry).collect();
        self.lines(&names).await.map(Some)
    }

    async fn lines(&self, names: &[String]) -> Result<Vec<EntryLine>, Fault> {
        let range = |name: &'_ String| -> [Vec<u8>; 4] {
            let words: [&[u8]; 4] = [b"GETRANGE", name.as_bytes(), b"0", BEGINNING];
            words.map(<[u8]>::to_vec)
        };
        let beginnings = self.ask(names, range).await?;
        let mut lines = Vec::with_capacity(names.len());
        let mut longer = Vec::new();
        for (name, beginning) in names.iter().zip(&beginnings) {
            match self.line(name, beginning) {
                Some(line) if line.unreadable == Some(Unreadable::Truncated.as_str()) => {
                    longer.push(name.clone());
                }
                // Else it was invalidated, or its time was over, since the walk saw it.
                line => lines.extend(line),
            }
        }
        if !longer.is_empty() {
            // More tags than most have: there the whole is read.
            let whole = |name: &'_ String| [b"GET".to_vec(), name.as_bytes().to_vec()];
            let all = self.ask(&longer, whole).await?;
            let read = longer.iter().zip(&all);
            lines.extend(read.filter_map(|(name, bytes)| self.line(name, bytes)));
        }
        if self.tag.is_some() {
            lines.retain(|line| line.unreadable.is_none());
        }
        Ok(lines)
    }

    /// What the beginning of a frame says; nothing of what is not there.
    fn line(&self, name: &str, beginning: &[u8]) -> Option<EntryLine> {
        let (namespace, key) = self.admin.parts(name)?;
        if beginning.is_empty() {
            return None;
        }
        let read = frame::outline(beginning);
        let header = read.as_ref().map(|(header, _)| header).ok();
        let is_cut = matches!(read, Err(Unreadable::Truncated));
        if !is_cut && !header.is_some_and(|header| self.is_meant(header)) && self.tag.is_some() {
            return None;
        }
        Some(EntryLine {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            key: key.map(str::to_owned),
            bytes: read.as_ref().map(|(_, bytes)| *bytes).ok(),
            born_ms: header.map(|header| header.born_ms),
            fresh_until_ms: header.map(|header| header.fresh_until_ms),
            load_us: header.map(|header| header.load_us),
            tags: header.map(tags).unwrap_or_default(),
            unreadable: read.as_ref().err().map(|cause| cause.as_str()),
        })
    }

    /// Whether it carries the tag that is asked for.
    fn is_meant(&self, header: &Header<&str>) -> bool {
        let mut stamps = header.stamps.iter();
        (self.tag.as_ref()).is_none_or(|tag| {
            stamps.any(|stamped| stamped.kind == StampKind::Tag && *stamped.name == **tag)
        })
    }

    /// One command for each name; nothing for a key of another type.
    async fn ask<const N: usize>(
        &self,
        names: &[String],
        words: impl Fn(&String) -> [Vec<u8>; N],
    ) -> Result<Vec<Vec<u8>>, Fault> {
        let words: Vec<_> = names.iter().map(words).collect();
        let words: Vec<[&[u8]; N]> = words
            .iter()
            .map(|words| std::array::from_fn(|at| words[at].as_slice()))
            .collect();
        let sayings: Vec<_> = names
            .iter()
            .zip(&words)
            .map(|(name, words)| (name.as_str(), words.as_slice()))
            .collect();
        let redis = self.admin.redis().map_err(|_| Fault::Down)?;
        let said = redis
            .say(&sayings)
            .await
            .into_iter()
            .map(|said| match said {
                Ok(said) => Ok(said.into_bytes().unwrap_or_default()),
                Err(Fault::WrongType) => Ok(b"?".to_vec()),
                Err(fault) => Err(fault),
            });
        said.collect()
    }
}

impl WalkPlace {
    /// The runs of the nodes that are left, each as 16 hexadecimal digits.
    pub fn runs(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|(_, run)| &**run)
    }

    /// As the walk takes it; `None` if it is not as one is written.
    fn read(&self) -> Option<Place> {
        let is_cursor = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let nodes = self.nodes.iter().map(|(address, run)| {
            let run = u64::from_str_radix(run, 16).ok()?;
            Some((address.clone(), run.to_be_bytes()))
        });
        is_cursor(&self.cursor).then_some(Place {
            masters: nodes.collect::<Option<_>>()?,
            at: self.cursor.as_bytes().to_vec(),
        })
    }
}

/// How many keys all nodes have.
async fn count(admin: &Admin) -> Option<u64> {
    let mut total = 0;
    let redis = admin.redis().ok()?;
    let masters = timeout(PATIENCE, redis.masters()).await.ok()?;
    for master in masters.ok()? {
        let said = master.say(&[b"DBSIZE"]).await.ok()?;
        total += u64::try_from(said.number()?).ok()?;
    }
    Some(total)
}

fn tags(header: &Header<&str>) -> Vec<String> {
    let tags = header.stamps.iter();
    let tags = tags.filter(|stamped| stamped.kind == StampKind::Tag);
    tags.map(|stamped| shown(stamped.name).to_owned()).collect()
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("pattern", &self.pattern)
            .finish_non_exhaustive()
    }
}
