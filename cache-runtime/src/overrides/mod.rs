//! What a settings file changes of annotations, without a new build: tables for namespaces and functions.
//!
//! A table replaces settings of the policy that the annotation has, and a function's those of its namespace. They are
//! looked at where a call goes past memory: what memory has stays as it was stored, and a hit pays nothing.

#[cfg(feature = "config")]
mod bytes;
#[cfg(feature = "config")]
mod file;
mod names;
mod resize;
mod tables;
#[cfg(feature = "config")]
mod time;
#[cfg(feature = "config")]
mod watch;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};

use crate::policy::Policy;
use names::Names;
use resize::Resize;
#[cfg(feature = "config")]
use tables::Table;
use tables::Tables;
pub use tables::{SettingFrom, SettingInForce};

/// The overrides in force.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    /// The settings file, if there is one.
    path: Option<PathBuf>,
    tables: RwLock<Arc<Tables>>,
    /// Who is told what memory may hold.
    resize: Resize,
    /// Held while the file is read, so that what was read last is in force.
    #[cfg(feature = "config")]
    reading: Mutex<()>,
    /// Whether there are tables at all.
    are_any: AtomicBool,
    /// Whether a table turns something off.
    are_any_off: AtomicBool,
    /// Whether the cache is off as a whole.
    is_all_off: AtomicBool,
    /// Whether a table says which hits are audited.
    are_any_audits: AtomicBool,
    /// Any of these, which is all that a hit asks.
    looks_again: AtomicBool,
    /// Names that calls have brought, and that were compared with those of the tables.
    seen: Mutex<HashSet<String>>,
}

impl Overrides {
    /// The settings of an entry: those of its annotation, or what replaces them.
    pub(crate) fn policy(&self, function: &str, namespace: &str, policy: Policy) -> Policy {
        match self.are_any() {
            true => self.applied(function, namespace, policy),
            false => policy,
        }
    }

    #[cold]
    fn applied(&self, function: &str, namespace: &str, policy: Policy) -> Policy {
        let tables = self.tables();
        self.compare(&tables, function, namespace);
        tables.applied(function, namespace, policy)
    }

    /// Whether anything is off, so that a hit must not be served unseen.
    #[inline]
    pub(crate) fn look_again(&self) -> bool {
        self.looks_again.load(Ordering::Relaxed)
    }

    /// Whether tables say anything of audits.
    pub(crate) fn audit(&self) -> bool {
        self.are_any_audits.load(Ordering::Relaxed)
    }

    /// The cache is off as a whole.
    pub(crate) fn turn_off(&self) {
        // With the tables, so that a reload does not turn it on again.
        let _tables = self.tables.write();
        self.is_all_off.store(true, Ordering::Relaxed);
        self.looks_again.store(true, Ordering::Relaxed);
    }

    /// Whether calls of this function run without the cache.
    pub(crate) fn is_off(&self, function: &str, namespace: &str) -> bool {
        if !self.are_any_off.load(Ordering::Relaxed) {
            return false;
        }
        let tables = self.tables();
        let of_function = tables.function(function).and_then(|table| table.enabled);
        let of_namespace = || tables.namespace(namespace).and_then(|table| table.enabled);
        !of_function.or_else(of_namespace).unwrap_or(true)
    }

    /// Each setting that is in force, and where it is from.
    pub(crate) fn in_force(
        &self,
        function: &str,
        namespace: &str,
        policy: &Policy,
    ) -> Vec<SettingInForce> {
        let tables = self.tables();
        let of = [
            ("function", tables.function(function)),
            ("namespace", tables.namespace(namespace)),
        ];
        tables::in_force(&of, policy)
    }

    /// The settings of an annotation as they are in force, each with where it is from.
    pub(crate) fn replaced(
        &self,
        function: &str,
        namespace: &str,
        policy: Policy,
    ) -> Vec<SettingInForce> {
        let policy = self.tables().applied(function, namespace, policy);
        self.in_force(function, namespace, &policy)
    }

    /// The settings that tables replace, of an annotation that is not known in full.
    pub(crate) fn replacing(&self, function: &str, namespace: &str) -> Vec<SettingInForce> {
        let mut all = self.replaced(function, namespace, Policy::ttl_ms(1));
        all.retain(|setting| setting.from != SettingFrom::Annotation);
        all
    }

    /// What memory may hold in bytes by the file; none where it does not say so.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        self.tables().memory_bytes
    }

    /// Has this told, now and at each change, what memory may hold in bytes; none where no file says so.
    pub(crate) fn resizes(&self, told: impl Fn(Option<u64>) + Send + Sync + 'static) {
        self.resize.hear(told);
        self.resize.tell(self.tables().memory_bytes);
    }

    fn are_any(&self) -> bool {
        self.are_any.load(Ordering::Relaxed)
    }

    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.tables.read())
    }

    #[cfg_attr(not(feature = "config"), expect(dead_code, reason = "no file is read"))]
    fn replace(&self, tables: Tables) {
        let (any, off, audits) = (!tables.is_empty(), tables.turn_off(), tables.audit());
        let tables = Arc::new(tables);
        let mut in_force = self.tables.write();
        *in_force = Arc::clone(&tables);
        self.are_any.store(any, Ordering::Relaxed);
        self.are_any_off.store(off, Ordering::Relaxed);
        let all_off = self.is_all_off.load(Ordering::Relaxed);
        self.are_any_audits.store(audits, Ordering::Relaxed);
        let looks_again = off || all_off || audits;
        self.looks_again.store(looks_again, Ordering::Relaxed);
        drop(in_force);
        self.seen.lock().clear();
        self.resize.tell(tables.memory_bytes);
        tell_of_strays(&tables);
    }

    /// Tells, once for each name that is in use and of no function that is linked in, of a table for one that is nearly
    /// the same: the namespaces that are made at run time.
    fn compare(&self, tables: &Tables, function: &str, namespace: &str) {
        for (kind, name) in [("function", function), ("namespace", namespace)] {
            if name.is_empty() {
                continue;
            }
            let id = format!("{kind}.{name}");
            if self.seen.lock().insert(id)
                && let Some(table) = tables.nearly(kind, name)
                && let names = Names::linked()
                && !names.has(kind, name)
                && !names.has(kind, table)
            {
                tracing::warn!(
                    target: "cache",
                    table = format_args!("{kind}.{table}"),
                    used = name,
                    "the settings file has a table for a name that is nearly one in use: is it misspelt?"
                );
            }
        }
    }
}

/// Tells of each table that no function of the program is of, as far as they are known.
fn tell_of_strays(tables: &Tables) {
    let names = Names::linked();
    if names.are_unknown() {
        return;
    }
    for stray in names.strays(tables) {
        stray.tell();
    }
}

#[cfg(not(feature = "config"))]
mod absent {
    use std::path::Path;
    use std::sync::Arc;

    use super::Overrides;

    impl Overrides {
        /// Of this file, which can't be read in this build.
        pub(crate) fn of(_: &Path) -> Result<Arc<Self>, String> {
            Err("a settings file needs the feature `config` of cache-runtime".to_owned())
        }

        /// Reads the file anew.
        pub(crate) fn reload(&self) -> Result<(), String> {
            match self.path {
                Some(_) => unreachable!("no file was read"),
                None => Err(
                    "there is no settings file: name one by `config` or `CACHE_CONFIG`".to_owned(),
                ),
            }
        }
    }
}
