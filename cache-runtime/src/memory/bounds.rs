//! Functions of which only so many entries are in memory: for each, the keys of those, and which were used last.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, UnitWeighter};
use smallvec::SmallVec;

use super::key::{Computed, Kept, Sought};

/// The keys of a function's entries in memory.
type Keys = Cache<Kept, (), UnitWeighter, BuildHasherDefault<Computed>, Leaving>;

/// Those that make room.
type Left = SmallVec<[Kept; 1]>;

#[derive(Clone, Debug)]
struct Leaving;

impl Lifecycle<Kept, ()> for Leaving {
    type RequestState = Left;

    fn on_evict(&self, left: &mut Left, key: Kept, (): ()) {
        left.push(key);
    }
}

/// Those of a site, by namespace.
type Namespaces = BTreeMap<Arc<str>, Arc<Keys>>;

/// The bounded functions of one memory, by site; what is loaded by hand is of one site for each type of values, and told
/// apart by its namespace.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    sites: RwLock<HashMap<u32, Namespaces>>,
    /// Whether there is one at all.
    are_any: AtomicBool,
}

/// Past so many namespaces of one site, which may be made at run time, all others share one bound.
const NAMESPACES: usize = 1_024;

impl Bounds {
    /// Takes a key in, and gives back those that make room for it.
    pub(super) fn note(&self, key: &Kept, namespace: &Arc<str>, most: usize) -> Left {
        let mut left = Left::new();
        let known = self.keys(key.site, namespace);
        if let Some(keys) = known.or_else(|| self.begin(key.site, namespace, most)) {
            keys.insert_with_lifecycle(key.clone(), (), &mut left);
        }
        // One that is not taken in, or takes its own place, is given back as well.
        left.retain(|other| other != key);
        left
    }

    /// A key was used.
    pub(super) fn used(&self, key: Sought<'_>, namespace: &str) {
        if let Some(keys) = self.keys(key.site, namespace) {
            keys.get(&key);
        }
    }

    /// Memory has it no more.
    pub(super) fn forget(&self, key: Sought<'_>) {
        if !self.are_any.load(Ordering::Relaxed) {
            return;
        }
        let sites = self.sites.read();
        let of_site = sites.get(&key.site).into_iter().flatten();
        of_site.for_each(|(_, keys)| drop(keys.remove(&key)));
    }

    fn keys(&self, site: u32, namespace: &str) -> Option<Arc<Keys>> {
        let sites = self.sites.read();
        let of_site = sites.get(&site)?;
        let keys = of_site.get(namespace).or_else(|| of_site.get(""));
        keys.map(Arc::clone)
    }

    fn begin(&self, site: u32, namespace: &Arc<str>, most: usize) -> Option<Arc<Keys>> {
        let mut sites = self.sites.write();
        let of_site = sites.entry(site).or_default();
        let namespace = match of_site.len() < NAMESPACES {
            true => Arc::clone(namespace),
            false => "".into(),
        };
        if !of_site.contains_key(&namespace) {
            of_site.insert(Arc::clone(&namespace), Arc::new(keys(most)?));
            self.are_any.store(true, Ordering::Relaxed);
        }
        of_site.get(&namespace).map(Arc::clone)
    }
}

/// Room for so many keys, in one shard: several would each have a part of the room.
fn keys(most: usize) -> Option<Keys> {
    let options = OptionsBuilder::new()
        .weight_capacity(most as u64)
        .estimated_items_capacity(most.min(1 << 16))
        .shards(1)
        .build()
        .ok()?;
    let hash = BuildHasherDefault::default();
    Some(Cache::with_options(options, UnitWeighter, hash, Leaving))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(site: u32, n: u64) -> Kept {
        Kept {
            site,
            hash: n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            parts: n.to_le_bytes().to_vec().into(),
        }
    }

    #[test]
    fn as_many_leave_as_come_once_it_is_full() {
        for most in [2, 3, 10, 1_000] {
            let bounds = Bounds::default();
            let mut left = 0;
            for n in 0..5_000 {
                left += bounds.note(&key(1, n), &"a".into(), most).len();
                assert!(n as usize + 1 - left <= most, "{most}: {left} of {n}");
            }
            let there = 5_000 - left;
            assert!(there * 10 >= most * 9, "{most}: {there}");
            assert!(bounds.note(&key(2, 0), &"a".into(), most).is_empty());
            assert!(bounds.note(&key(1, 0), &"b".into(), most).is_empty());
        }
    }

    #[test]
    fn what_is_used_stays() {
        let bounds = Bounds::default();
        let hot = key(1, 0);
        bounds.note(&hot, &"a".into(), 10);
        for n in 1..1_000 {
            (0..3).for_each(|_| bounds.used(hot.sought(), "a"));
            assert!(
                !bounds.note(&key(1, n), &"a".into(), 10).contains(&hot),
                "{n}"
            );
        }
    }

    #[test]
    fn what_memory_has_no_more_takes_no_room() {
        let bounds = Bounds::default();
        for n in 0..1_000 {
            assert!(bounds.note(&key(1, n), &"a".into(), 10).is_empty(), "{n}");
            (0..3).for_each(|_| bounds.used(key(1, n).sought(), "a"));
            bounds.forget(key(1, n).sought());
        }
    }
}
