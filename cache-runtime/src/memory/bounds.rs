//! Functions of which only so many entries are in memory: for each, the keys of those, and which were used last.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

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

/// The bounded functions of one memory, by site.
#[derive(Debug, Default)]
pub(super) struct Bounds(RwLock<HashMap<u32, Arc<Keys>>>);

impl Bounds {
    /// Takes a key in, and gives back those that make room for it.
    pub(super) fn note(&self, key: &Kept, most: usize) -> Left {
        let mut left = Left::new();
        let known = self.0.read().get(&key.site).map(Arc::clone);
        let keys = known.or_else(|| {
            let made = || keys(most).map(Arc::new);
            let mut all = self.0.write();
            match all.get(&key.site) {
                Some(keys) => Some(Arc::clone(keys)),
                None => made().inspect(|keys| drop(all.insert(key.site, Arc::clone(keys)))),
            }
        });
        if let Some(keys) = keys {
            keys.insert_with_lifecycle(key.clone(), (), &mut left);
        }
        // One that is not taken in, or takes its own place, is given back as well.
        left.retain(|other| other != key);
        left
    }

    /// A key was used.
    pub(super) fn used(&self, key: Sought<'_>) {
        let keys = self.0.read().get(&key.site).map(Arc::clone);
        if let Some(keys) = keys {
            keys.get(&key);
        }
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
                left += bounds.note(&key(1, n), most).len();
                assert!(n as usize + 1 - left <= most, "{most}: {left} of {n}");
            }
            let there = 5_000 - left;
            assert!(there * 10 >= most * 9, "{most}: {there}");
            assert!(
                bounds.note(&key(2, 0), most).is_empty(),
                "another function's"
            );
        }
    }

    #[test]
    fn what_is_used_stays() {
        let bounds = Bounds::default();
        let hot = key(1, 0);
        bounds.note(&hot, 10);
        for n in 1..1_000 {
            (0..3).for_each(|_| bounds.used(hot.sought()));
            assert!(!bounds.note(&key(1, n), 10).contains(&hot), "{n}");
        }
    }
}
