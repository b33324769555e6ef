//! The tables of a settings file.

use std::collections::BTreeMap;
use std::fmt;

use crate::events::{Tier, is_slip};
use crate::policy::{Compression, Policy};

/// What a table says; what it does not is as the annotation has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) ttl_ms: Option<u64>,
    pub(crate) stale_ms: Option<u64>,
    pub(crate) compress: Option<Compression>,
    pub(crate) jitter: Option<f64>,
    /// The one tier that has the values, or all.
    pub(crate) tiers: Option<Option<Tier>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) audit: Option<f64>,
}

impl Table {
    pub(super) fn applied(&self, mut policy: Policy) -> Policy {
        if let Some(ttl_ms) = self.ttl_ms {
            policy = policy.with_ttl_ms(ttl_ms);
        }
        if let Some(stale_ms) = self.stale_ms {
            policy = policy.stale_ms(stale_ms);
        }
        if let Some(compress) = self.compress {
            policy = policy.compress(compress);
        }
        if let Some(jitter) = self.jitter {
            policy = policy.jitter(jitter);
        }
        if let Some(tiers) = self.tiers {
            policy = policy.in_tiers(tiers);
        }
        if let Some(audit) = self.audit {
            policy = policy.audit(audit);
        }
        policy
    }

    fn has(&self, setting: &str) -> bool {
        match setting {
            "ttl" => self.ttl_ms.is_some(),
            "stale" => self.stale_ms.is_some(),
            "compress" => self.compress.is_some(),
            "jitter" => self.jitter.is_some(),
            "tiers" => self.tiers.is_some(),
            "audit" => self.audit.is_some(),
            _ => self.enabled.is_some(),
        }
    }
}

/// All tables, by what they are of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tables {
    /// What memory may hold, in place of what the builder says.
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) namespaces: BTreeMap<String, Table>,
    pub(crate) functions: BTreeMap<String, Table>,
}

impl Tables {
    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.functions.is_empty()
    }

    /// Whether one of them turns something off.
    pub(super) fn turn_off(&self) -> bool {
        let all = self.namespaces.values().chain(self.functions.values());
        all.into_iter().any(|table| table.enabled == Some(false))
    }

    /// Whether one of them says which hits are audited.
    pub(super) fn audit(&self) -> bool {
        let mut all = self.namespaces.values().chain(self.functions.values());
        all.any(|table| table.audit.is_some())
    }

    /// A policy with what they replace of it.
    pub(super) fn applied(&self, function: &str, namespace: &str, policy: Policy) -> Policy {
        let tables = [self.namespace(namespace), self.function(function)];
        let tables = tables.into_iter().flatten();
        tables.fold(policy, |policy, table| table.applied(policy))
    }

    pub(super) fn namespace(&self, name: &str) -> Option<&Table> {
        self.namespaces.get(name)
    }

    /// By its path, or by the last names of that: the longest that there is a table for.
    pub(super) fn function(&self, path: &str) -> Option<&Table> {
        if self.functions.is_empty() {
            return None;
        }
        let ends = path.match_indices("::").map(|(at, _)| &path[at + 2..]);
        let mut names = [path].into_iter().chain(ends);
        names.find_map(|name| self.functions.get(name))
    }

    /// The name of a table for nothing that is called so, and nearly so.
    pub(super) fn nearly(&self, kind: &str, name: &str) -> Option<&str> {
        let tables = match kind {
            "function" if self.function(name).is_none() => &self.functions,
            "namespace" if self.namespace(name).is_none() => &self.namespaces,
            _ => return None,
        };
        let names = tables.keys().map(String::as_str);
        names
            .into_iter()
            .find(|known| is_slip(known, end(name, known)))
    }
}

/// As many of the last names of a path as another has.
pub(super) fn end<'a>(path: &'a str, like: &str) -> &'a str {
    let names = like.matches("::").count();
    let before = path.rmatch_indices("::").nth(names);
    before.map_or(path, |(at, _)| &path[at + 2..])
}

/// A setting of an entry's function or of the cache, as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingInForce {
    /// What it is called, in annotations and in the settings file: `ttl`, `stale`, `compress`, `jitter`, `tiers`,
    /// `audit`, `enabled`, and `sliding`, which only an annotation says. Of the cache it is the builder's method: `lag`.
    pub name: &'static str,
    /// What it is.
    pub value: String,
    /// Where it was said.
    pub from: SettingFrom,
}

/// Where a setting was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingFrom {
    /// The annotation, or its defaults.
    Annotation,
    /// The table of the namespace in the settings file.
    NamespaceTable,
    /// The table of the function in the settings file.
    FunctionTable,
    /// The settings file, above its tables.
    SettingsFile,
    /// Nobody: it is the default, or set to the same.
    Default,
    /// The program, by [`CacheBuilder`](crate::CacheBuilder).
    Builder,
    /// This environment variable.
    Environment(&'static str),
}

impl fmt::Display for SettingInForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.name, self.value, self.from)
    }
}

impl fmt::Display for SettingFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Annotation => "annotation",
            Self::NamespaceTable => "settings file, namespace",
            Self::FunctionTable => "settings file, function",
            Self::SettingsFile => "settings file",
            Self::Default => "default",
            Self::Builder => "program",
            Self::Environment(variable) => variable,
        })
    }
}

/// The settings of a policy that is in force by these tables, of which the first comes first.
pub(super) fn in_force(
    [function, namespace]: &[(&str, Option<&Table>); 2],
    policy: &Policy,
) -> Vec<SettingInForce> {
    let (function, namespace) = (function.1, namespace.1);
    let enabled = [function, namespace].into_iter().flatten();
    let enabled = enabled
        .filter_map(|table| table.enabled)
        .next()
        .unwrap_or(true);
    let jitter = policy
        .jitter
        .map_or("that of the cache".to_owned(), |jitter| jitter.to_string());
    let compress = format!("{:?}", policy.compression).to_lowercase();
    let tiers = match policy.only {
        None => "memory, redis",
        Some(tier) => tier.as_str(),
    };
    let all = [
        ("ttl", format!("{}ms", policy.ttl_ms)),
        ("stale", format!("{}ms", policy.stale_ms)),
        ("sliding", format!("{}ms", policy.sliding_ms)),
        ("compress", compress),
        ("jitter", jitter),
        ("tiers", tiers.to_owned()),
        ("audit", policy.audit.to_string()),
        ("enabled", enabled.to_string()),
    ];
    let from = |name| match (function, namespace) {
        (Some(table), _) if table.has(name) => SettingFrom::FunctionTable,
        (_, Some(table)) if table.has(name) => SettingFrom::NamespaceTable,
        _ => SettingFrom::Annotation,
    };
    let all = all.into_iter().map(|(name, value)| SettingInForce {
        name,
        value,
        from: from(name),
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(functions: &[&str]) -> Tables {
        let functions = functions.iter().enumerate();
        let table = |ttl_ms: usize| Table {
            ttl_ms: u64::try_from(ttl_ms).ok(),
            ..Table::default()
        };
        Tables {
            functions: functions
                .map(|(at, name)| ((*name).to_owned(), table(at + 1)))
                .collect(),
            ..Tables::default()
        }
    }

    #[test]
    fn a_function_is_known_by_its_path_or_the_end_of_it() {
        let tables = tables(&["find", "users::find", "shop::users::find"]);
        let ttl = |path: &str| tables.function(path).and_then(|table| table.ttl_ms);
        assert_eq!(ttl("shop::users::find"), Some(3));
        assert_eq!(ttl("other::users::find"), Some(2));
        assert_eq!(ttl("shop::orders::find"), Some(1));
        assert_eq!(ttl("shop::orders::refind"), None);
    }

    #[test]
    fn a_table_for_nearly_the_same_name_is_found() {
        let tables = tables(&["usr", "plans::catalgo"]);
        let nearly = tables.nearly("function", "app::plans::catalog");
        assert_eq!(nearly, Some("plans::catalgo"));
        assert_eq!(tables.nearly("function", "shop::user"), Some("usr"));
        assert_eq!(tables.nearly("function", "shop::usr"), None);
        assert_eq!(tables.nearly("function", "shop::order"), None);
        assert_eq!(tables.nearly("namespace", "user"), None);
    }
}
