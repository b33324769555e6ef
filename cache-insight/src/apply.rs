//! Advice written into the settings file, which the program reads anew within a second.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml_edit::{DocumentMut, Item as Toml, Table, Value, value};

use crate::advice::Item;
use crate::words::{memory, time};

/// Under which confidence nothing is written unless it is forced.
pub const LEAST_CONFIDENCE: f64 = 0.8;

/// A settings file that advice is written to.
///
/// Only what it is given is written: nothing here advises and applies by itself. Comments, order and all else in the file
/// stay as they are.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
    least: f64,
}

/// Why advice was not written. The file is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// An item is not sure enough.
    #[error(
        "{id} has a confidence of {confidence:.2}, under {least:.2}: look at its evidence, and force it if you know more"
    )]
    NotSure {
        /// Which item.
        id: String,
        /// Its confidence.
        confidence: f64,
        /// What it would need.
        least: f64,
    },
    /// An item is of a setting that is left to a person.
    #[error("{id} is left to you: set `{setting}` by hand if you agree")]
    ByHand {
        /// Which item.
        id: String,
        /// Its setting.
        setting: String,
    },
    /// The file says something else than the item rests on.
    #[error("{id} rests on {setting} = {expected}, and the file has {found}: ask for advice anew")]
    Outdated {
        /// Which item.
        id: String,
        /// Its setting.
        setting: String,
        /// What it rests on.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// Two items set one thing.
    #[error("{one} and {other} are of one setting: apply one of them")]
    Twice {
        /// The first.
        one: String,
        /// The second.
        other: String,
    },
    /// The file is not as the cache would read it, or an item is not as advice writes it.
    #[error("{path} can't be changed: {why}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// The file can't be read or written.
    #[error("{path}: {error}; name the file that `CACHE_CONFIG` names")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Somebody changed the file meanwhile.
    #[error("{path} was changed meanwhile: apply it again")]
    Changed {
        /// Which file.
        path: PathBuf,
    },
}

impl SettingsFile {
    /// The file of this path, which is there.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            least: LEAST_CONFIDENCE,
        }
    }

    /// Writes what is at least so sure, in place of [`LEAST_CONFIDENCE`].
    #[must_use]
    pub fn least_confidence(mut self, least: f64) -> Self {
        self.least = least;
        self
    }

    /// Writes what is not sure as well.
    #[must_use]
    pub fn forced(self) -> Self {
        self.least_confidence(0.0)
    }

    /// Writes these items, all or none, and puts the file in place at once.
    ///
    /// A function's setting goes into its own table, `[function."shop::users::find"]`, so that no other function is changed
    /// by it: where the table in force is of a part of its path, what that says is copied. `memory` stands above the tables.
    ///
    /// # Errors
    ///
    /// [`ApplyError`], which says of which item and what to do. A setting that the file has by now as the item wants it is
    /// no error.
    pub fn apply(&self, items: &[Item]) -> Result<(), ApplyError> {
        items.iter().try_for_each(|item| self.check(item))?;
        for (at, one) in items.iter().enumerate() {
            let of = |item: &Item| (item.function.clone(), item.change.setting.clone());
            if let Some(other) = items[..at].iter().find(|other| of(other) == of(one)) {
                return Err(ApplyError::Twice {
                    one: other.id.clone(),
                    other: one.id.clone(),
                });
            }
        }
        // What a link leads to is replaced, and not the link.
        let path = fs::canonicalize(&self.path).map_err(|error| self.io(error))?;
        let before = fs::read_to_string(&path).map_err(|error| self.io(error))?;
        let mut file: DocumentMut = before
            .parse()
            .map_err(|error: toml_edit::TomlError| self.malformed(&error.to_string()))?;
        for item in items {
            self.set(&mut file, item)?;
        }
        self.replace(&path, &before, &file.to_string())
    }

    fn check(&self, item: &Item) -> Result<(), ApplyError> {
        if !item.change.can_apply {
            return Err(ApplyError::ByHand {
                id: item.id.clone(),
                setting: item.change.setting.clone(),
            });
        }
        // What is no number is not sure either.
        if item.confidence >= self.least {
            return Ok(());
        }
        Err(ApplyError::NotSure {
            id: item.id.clone(),
            confidence: item.confidence,
            least: self.least,
        })
    }

    fn set(&self, file: &mut DocumentMut, item: &Item) -> Result<(), ApplyError> {
        let (setting, to) = (item.change.setting.as_str(), &item.change.to);
        let to: Value = match setting {
            "ttl" | "stale" | "compress" | "memory" => to.parse(),
            _ => return Err(self.malformed(&format!("`{setting}` is no setting that advice sets"))),
        }
        .map_err(|_| self.malformed(&format!("`{to}` is no value of `{setting}`")))?;
        let table = match item.function.as_str() {
            "" if setting == "memory" => file.as_table_mut(),
            "" => return Err(self.malformed(&format!("{} is of no function", item.id))),
            function => self.table(file, function)?,
        };
        match table.get_mut(setting) {
            Some(found) => {
                let found = found
                    .as_value_mut()
                    .ok_or_else(|| self.malformed(&format!("`{setting}` is a table")))?;
                let (as_is, wanted) = (shown(setting, found), shown(setting, &to));
                if as_is == wanted {
                    return Ok(());
                }
                if as_is != item.change.from {
                    return Err(ApplyError::Outdated {
                        id: item.id.clone(),
                        setting: setting.to_owned(),
                        expected: item.change.from.clone(),
                        found: as_is,
                    });
                }
                // With the comment behind it.
                let decor = found.decor().clone();
                *found = to;
                *found.decor_mut() = decor;
            }
            None => drop(table.insert(setting, value(to))),
        }
        Ok(())
    }

    /// The table of a function's own path, with what one of a part of the path says of it.
    fn table<'a>(
        &self,
        file: &'a mut DocumentMut,
        function: &str,
    ) -> Result<&'a mut Table, ApplyError> {
        // What stands at the end of the file stays before what comes behind it.
        let end = file.trailing().as_str().unwrap_or_default().to_owned();
        let is_empty = file.is_empty() && end.is_empty();
        let functions = file.entry("function").or_insert_with(|| {
            let mut all = Table::new();
            all.set_implicit(true);
            Toml::Table(all)
        });
        let functions = functions
            .as_table_mut()
            .ok_or_else(|| self.malformed("`function` is no table: write `[function.\"..\"]`"))?;
        let mut is_new = false;
        if !functions.contains_key(function) {
            let ends = function
                .match_indices("::")
                .map(|(at, _)| &function[at + 2..]);
            let in_force = ends.filter_map(|end| functions.get(end)).next();
            let mut own = Table::new();
            for (name, setting) in in_force
                .and_then(Toml::as_table_like)
                .into_iter()
                .flat_map(|of| of.iter())
            {
                own.insert(name, setting.clone());
            }
            // Behind all others, and not behind the last of its kind.
            own.set_position(Some(isize::MAX));
            own.decor_mut().set_prefix(if is_empty {
                String::new()
            } else {
                format!("{end}\n")
            });
            is_new = true;
            functions.insert(function, Toml::Table(own));
        }
        if is_new {
            file.set_trailing("");
        }
        let functions = file.get_mut("function").and_then(Toml::as_table_mut);
        let own = functions
            .and_then(|all| all.get_mut(function))
            .and_then(Toml::as_table_mut);
        own.ok_or_else(|| {
            self.malformed(&format!(
                "`function.{function:?}` is written in braces: write it as a table of its own"
            ))
        })
    }

    /// Puts the new text in the place of the old, unless that has changed.
    fn replace(&self, path: &Path, before: &str, after: &str) -> Result<(), ApplyError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder).map_err(|error| self.io(error))?;
        let write = |new: &mut tempfile::NamedTempFile| {
            new.write_all(after.as_bytes())?;
            let old = fs::metadata(path)?;
            keep_owner(new.as_file(), &old)?;
            // Behind the owner, whose change takes bits of it.
            new.as_file().set_permissions(old.permissions())?;
            new.as_file().sync_all()
        };
        write(&mut new).map_err(|error| self.io(error))?;
        if fs::read_to_string(path).map_err(|error| self.io(error))? != before {
            return Err(ApplyError::Changed {
                path: self.path.clone(),
            });
        }
        let placed = new.persist(path).map(drop);
        placed.map_err(|error| self.io(error.error))?;
        // The name is not there for good before this.
        let kept = fs::File::open(folder).and_then(|folder| folder.sync_all());
        kept.map_err(|error| self.io(error))
    }

    fn io(&self, error: io::Error) -> ApplyError {
        ApplyError::Io {
            path: self.path.clone(),
            error,
        }
    }

    fn malformed(&self, why: &str) -> ApplyError {
        ApplyError::Malformed {
            path: self.path.clone(),
            why: why.to_owned(),
        }
    }
}

/// Gives a file the owner and the group of the old one, or says that this is not allowed: the program may not be able to
/// read it then.
fn keep_owner(new: &fs::File, old: &fs::Metadata) -> io::Result<()> {
    let own = new.metadata()?;
    if (own.uid(), own.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid())).map_err(|error| {
        let (uid, gid) = (old.uid(), old.gid());
        let why = format!("its owner {uid} and group {gid} can't be kept ({error})");
        io::Error::new(error.kind(), why)
    })
}

/// A setting of the file as advice writes it: of `300`, `"300s"` and `"5m"` the same.
fn shown(setting: &str, found: &Value) -> String {
    let plain = || found.to_string().trim().to_owned();
    match (setting, found) {
        ("ttl" | "stale", Value::Integer(seconds)) => {
            let ms = u64::try_from(*seconds.value()).map(|seconds| seconds.saturating_mul(1_000));
            ms.map_or_else(|_| plain(), time)
        }
        ("ttl" | "stale", Value::String(text)) => millis(text.value()).map_or_else(plain, time),
        ("memory", Value::Integer(bytes)) => {
            u64::try_from(*bytes.value()).map_or_else(|_| plain(), memory)
        }
        ("memory", Value::String(text)) => bytes(text.value()).map_or_else(plain, memory),
        ("compress", Value::Boolean(on)) => {
            let name = if *on.value() { "lz4" } else { "none" };
            format!("{name:?}")
        }
        ("compress", Value::String(name)) => format!("{:?}", name.value()),
        _ => plain(),
    }
}

/// The units of times and sizes in the file.
const TIMES: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];
const SIZES: [(&str, u64); 7] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

fn millis(text: &str) -> Option<u64> {
    let (mut sum, mut rest) = (0_u64, text.trim());
    while !rest.is_empty() {
        let (part, after) = first(rest, &TIMES)?;
        (sum, rest) = (sum.checked_add(part)?, after.trim_start());
    }
    Some(sum)
}

fn bytes(text: &str) -> Option<u64> {
    let (size, after) = first(text.trim(), &SIZES)?;
    after.is_empty().then_some(size)
}

/// The first number with its unit, and what comes after it.
fn first<'a>(text: &'a str, units: &[(&str, u64)]) -> Option<(u64, &'a str)> {
    let (number, after) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let end = after.find(|c: char| c.is_ascii_digit());
    let (unit, after) = after.split_at(end.unwrap_or(after.len()));
    let (_, each) = units.iter().find(|(name, _)| *name == unit.trim())?;
    Some((number.parse::<u64>().ok()?.checked_mul(*each)?, after))
}

#[cfg(test)]
mod tests;
