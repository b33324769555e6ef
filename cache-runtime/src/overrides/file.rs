//! The settings file: TOML, with a table for each namespace and function.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::bytes::Bytes;
use super::time::Time;
use super::watch::{seen, watch};
use super::{Overrides, Table, Tables};
use crate::events::Tier;
use crate::policy::{Compression, is_share};

impl Overrides {
    /// Of this file, which is looked at for changes from now on.
    pub(crate) fn of(path: &Path) -> Result<Arc<Self>, String> {
        let overrides = Arc::new(Self {
            path: Some(path.to_owned()),
            ..Self::default()
        });
        // Looked at before it is read: what changes meanwhile is read again.
        let seen = seen(path);
        overrides.reload()?;
        watch(path, &overrides, seen);
        Ok(overrides)
    }

    /// Reads the file anew. Where it is wrong all stays as it was.
    pub(crate) fn reload(&self) -> Result<(), String> {
        let Some(path) = &self.path else {
            return Err(
                "there is no settings file: name one by `config` or `CACHE_CONFIG`".to_owned(),
            );
        };
        let _reading = self.reading.lock();
        let text = fs::read_to_string(path);
        let text = text.map_err(|error| format!("{} can't be read: {error}", path.display()))?;
        self.replace(parse(&text).map_err(|why| format!("{}: {why}", path.display()))?);
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    memory: Option<Bytes>,
    #[serde(default)]
    namespace: BTreeMap<String, Settings>,
    #[serde(default)]
    function: BTreeMap<String, Settings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    ttl: Option<Time>,
    stale: Option<Time>,
    compress: Option<Compress>,
    jitter: Option<f64>,
    tiers: Option<Vec<String>>,
    enabled: Option<bool>,
    audit: Option<f64>,
}

/// `true` for the codec that annotations mean by it, `false` for none, or a name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Compress {
    Switch(bool),
    Named(String),
}

fn parse(text: &str) -> Result<Tables, String> {
    let written: Written = toml::from_str(text).map_err(|error| told(text, &error))?;
    let table = |kind: &str, all: BTreeMap<String, Settings>| {
        let all = all.into_iter().map(|(name, settings)| {
            let table = settings
                .table()
                .map_err(|why| format!("[{kind}.{name}]: {why}"))?;
            Ok((name, table))
        });
        all.collect::<Result<BTreeMap<_, _>, String>>()
    };
    if written.memory == Some(Bytes(0)) {
        return Err("`memory` must be over zero".to_owned());
    }
    Ok(Tables {
        memory_bytes: written.memory.map(|bytes| bytes.0),
        namespaces: table("namespace", written.namespace)?,
        functions: table("function", written.function)?,
    })
}

/// The line that is wrong, and why; without the text of the file, which may be long.
fn told(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().and_then(|span| text.get(..span.start));
    let line = line.map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message())
}

impl Settings {
    fn table(self) -> Result<Table, String> {
        if self.ttl == Some(Time(0)) {
            return Err(
                "`ttl` must be over zero: `enabled = false` turns the cache off".to_owned(),
            );
        }
        if let Some(jitter) = self.jitter
            && !is_share(jitter)
        {
            return Err(format!("`jitter` is {jitter}, and must be from 0.0 to 1.0"));
        }
        if let Some(audit) = self.audit
            && !is_share(audit)
        {
            return Err(format!("`audit` is {audit}, and must be from 0.0 to 1.0"));
        }
        Ok(Table {
            ttl_ms: self.ttl.map(|time| time.0),
            stale_ms: self.stale.map(|time| time.0),
            compress: self.compress.map(compression).transpose()?,
            jitter: self.jitter,
            tiers: self.tiers.map(|names| tiers(&names)).transpose()?,
            enabled: self.enabled,
            audit: self.audit,
        })
    }
}

/// The one tier that is named, or all.
fn tiers(names: &[String]) -> Result<Option<Tier>, String> {
    let mut named = Vec::new();
    for name in names {
        named.push(match name.as_str() {
            "memory" => Tier::Memory,
            "redis" => Tier::Redis,
            other => {
                return Err(format!(
                    "`tiers` has {other:?}, and may have \"memory\" and \"redis\""
                ));
            }
        });
    }
    match named[..] {
        [] => Err("`tiers` names none: `enabled = false` turns the cache off".to_owned()),
        [first, .., last] if first != last => Ok(None),
        [first, ..] => Ok(Some(first)),
    }
}

/// Each is a feature.
const CODECS: [&str; 3] = ["lz4", "zstd", "gzip"];

fn compression(written: Compress) -> Result<Compression, String> {
    let name = match &written {
        Compress::Switch(false) => "none",
        Compress::Switch(true) => "lz4",
        Compress::Named(name) => name,
    };
    match name {
        "none" => Ok(Compression::None),
        #[cfg(feature = "lz4")]
        "lz4" => Ok(Compression::Lz4),
        #[cfg(feature = "zstd")]
        "zstd" => Ok(Compression::Zstd),
        #[cfg(feature = "gzip")]
        "gzip" => Ok(Compression::Gzip),
        other if CODECS.contains(&other) => Err(format!(
            "`compress` needs the feature `{other}` of cache-runtime"
        )),
        other => Err(format!(
            "`compress` is {other:?}, and must be \"lz4\", \"zstd\", \"gzip\" or \"none\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_it_replaces() {
        let text = "[namespace.user]\nttl = \"24h\"\ncompress = false\n\n[function.\"shop::find\"]\nstale = 60\nenabled = false\n";
        let tables = parse(text).unwrap();
        let user = Table {
            ttl_ms: Some(86_400_000),
            compress: Some(Compression::None),
            ..Table::default()
        };
        let find = Table {
            stale_ms: Some(60_000),
            enabled: Some(false),
            ..Table::default()
        };
        assert_eq!(tables.namespaces["user"], user);
        assert_eq!(tables.functions["shop::find"], find);
        assert_eq!(tables.memory_bytes, None);
        let memory = parse("memory = \"1MiB\"\n[namespace.user]\n").unwrap();
        assert_eq!(memory.memory_bytes, Some(1 << 20));
        assert_eq!(parse("").unwrap(), Tables::default());
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let cases = [
            (
                "[namespace.user]\n\ntll = 5\n",
                "line 3: unknown field `tll`, expected one of `ttl`",
            ),
            (
                "[namespaces.user]\nttl = 5\n",
                "line 1: unknown field `namespaces`",
            ),
            (
                "[namespace.user]\nttl = \"5 parsecs\"\n",
                "line 2: invalid value: string \"5 parsecs\", expected a time",
            ),
            (
                "[namespace.user]\nttl = 0\n",
                "[namespace.user]: `ttl` must be over zero",
            ),
            (
                "[namespace.user]\njitter = 2.0\n",
                "`jitter` is 2, and must be",
            ),
            (
                "[namespace.user]\ncompress = \"rar\"\n",
                "`compress` is \"rar\"",
            ),
            (
                "[namespace.user]\naudit = 1.5\n",
                "`audit` is 1.5, and must be",
            ),
            ("[namespace.user\n", "line 1: "),
            ("memory = 0\n", "`memory` must be over zero"),
            ("memory = \"5 parsecs\"\n", "expected a size"),
        ];
        for (text, expected) in cases {
            let why = parse(text).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
    }
}
