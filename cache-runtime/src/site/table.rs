//! The table of sites: one for each identity and value type, and none for two functions.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::LazyLock;

use parking_lot::Mutex;
use xxhash_rust::xxh3::xxh3_128;

use super::interned::{Interned, Refused};
use super::origin::{Author, Origin, Role};
use super::shared::Beyond;
use super::spec::Spec;
use super::value_type::ValueType;
use crate::likeness::Likeness;

/// Part of every digest: a new encoding of keys never meets entries of an old one.
const KEY_FORMAT: u32 = 1;

/// What tells one site from another.
pub(super) struct Identity<'a> {
    pub(super) namespace: &'a str,
    /// As a person writes it; empty where it is no function's.
    pub(super) path: String,
    /// The item that encloses it, as the compiler prints it; empty where it is no function's.
    pub(super) enclosing: &'static str,
    /// What the annotation says; none where it is no function's.
    pub(super) spec: Option<&'static Spec>,
    pub(super) identity: String,
    pub(super) version: u32,
    /// What the user says of the part of the value's type that can't be seen.
    pub(super) stated: Option<&'static str>,
    pub(super) parts: &'static [&'static str],
    pub(super) refused: Option<Refused>,
    /// With what its values can be compared.
    pub(super) likeness: Likeness,
    /// Why only builds of the same sources share it, if so.
    pub(super) of_sources: Option<&'static str>,
    /// Who signs its entries, where the identity is pinned.
    pub(super) author: Option<Author>,
    /// The item that asks, if the site is an annotation's.
    pub(super) item: Option<Item>,
}

/// One of the items that an annotation makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Item {
    pub(super) origin: Origin,
    pub(super) role: Role,
    /// Tells two items that are written alike at one place, as a macro writes them.
    pub(super) here: TypeId,
}

/// What a site is found by. The value's type tells two versions of one crate apart, which share all
/// names.
type Name = (Vec<u8>, String, TypeId);

/// The sites of the process.
#[derive(Default)]
struct Table {
    rows: HashMap<Name, Row>,
    /// Items whose identity another has, which runs with the cache.
    refused: HashMap<(Name, Item), &'static Interned>,
}

struct Row {
    interned: &'static Interned,
    /// The items of the one annotation that this is of, as they came.
    items: Vec<Item>,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

/// All that there are, in the order in which they were asked for.
pub(crate) fn all() -> Vec<&'static Interned> {
    let table = TABLE.lock();
    let rows = table.rows.values().map(|row| row.interned);
    let mut all: Vec<_> = rows.chain(table.refused.values().copied()).collect();
    all.sort_unstable_by_key(|interned| interned.id);
    all
}

/// The first 128 bits of the digest of a key, of the site of this id.
pub(crate) fn digest_of(site: u32, key: &[u8]) -> Option<[u8; 16]> {
    let site = {
        let table = TABLE.lock();
        let mut rows = table.rows.values().map(|row| row.interned);
        rows.find(|interned| interned.id == site)?
    };
    let digest = site.digest(key);
    Some(std::array::from_fn(|at| digest[at]))
}

/// The one site for this identity and value type, made when first asked for.
pub(super) fn intern(value: ValueType, identity: Identity<'_>) -> &'static Interned {
    let shape = (value.shape)();
    let beyond = match identity.stated {
        Some(stated) => Beyond::Stated(xxh3_128(stated.as_bytes())),
        None => Beyond::Executable(value.shape as usize),
    };
    let fingerprint = shape.fingerprint(|| beyond.fingerprint());
    let name = (
        identity.prefix(fingerprint),
        identity.namespace.to_owned(),
        value.id(),
    );
    let item = identity.item;
    let mut table = TABLE.lock();
    let Table { rows, refused } = &mut *table;
    let id = u32::try_from(rows.len() + refused.len()).unwrap_or(u32::MAX);
    let seen = (shape, beyond);
    let Some(row) = rows.get_mut(&name) else {
        let refused = identity.refused;
        let interned = Interned::new(id, identity, &name.0, seen, refused);
        let interned: &'static _ = Box::leak(Box::new(interned));
        let items = item.into_iter().collect();
        rows.insert(name, Row { interned, items });
        return interned;
    };
    let Some(item) = item.filter(|item| !row.takes(item)) else {
        return row.interned;
    };
    let key = (name, item);
    if let Some(known) = refused.get(&key) {
        return known;
    }
    row.tell_apart(&item);
    let interned = Interned::new(id, identity, &key.0.0, seen, Some(Refused::Taken));
    refused
        .entry(key)
        .insert_entry(Box::leak(Box::new(interned)))
        .get()
}

impl Row {
    /// Whether an item is of the annotation that this site is of; notes it if so.
    fn takes(&mut self, item: &Item) -> bool {
        if self.items.contains(item) {
            return true;
        }
        let is_free = |known: &Item| known.origin == item.origin && known.role != item.role;
        let takes = self.items.iter().all(is_free);
        if takes {
            self.items.push(*item);
        }
        takes
    }

    /// Another item has this site's identity: says so, once for each. Of two annotations that are
    /// written alike at one place, nobody can say which item belongs to which, so neither is cached.
    fn tell_apart(&self, item: &Item) {
        let Some(known) = self.items.first() else {
            return;
        };
        if known.origin == item.origin {
            self.interned.refuse(Refused::Taken);
        }
        tracing::warn!(
            target: "cache",
            site = self.interned.identity,
            first = known.origin.place,
            second = item.origin.place,
            "two functions have one identity, so the second is not cached: give each an `id` of its own"
        );
    }
}

impl Identity<'_> {
    /// Every field with its length, so that no two identities share a beginning.
    fn prefix(&self, shape: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(KEY_FORMAT.to_le_bytes());
        put(&mut bytes, self.identity.as_bytes());
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(shape.to_le_bytes());
        bytes.extend((self.parts.len() as u64).to_le_bytes());
        for part in self.parts {
            put(&mut bytes, part.as_bytes());
        }
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend((field.len() as u64).to_le_bytes());
    bytes.extend(field);
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::value::Cacheable;

    #[derive(Clone, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Guest,
    }

    fn fingerprint<V: Cacheable>(stated: Option<&'static str>) -> Vec<u8> {
        let identity = Identity {
            namespace: "stated",
            path: String::new(),
            enclosing: "",
            spec: None,
            identity: "stated".to_owned(),
            version: 1,
            stated,
            parts: &[],
            refused: None,
            likeness: Likeness::default(),
            of_sources: None,
            author: None,
            item: None,
        };
        let interned = intern(ValueType::of::<V>(), identity);
        interned.digest(b"").to_vec()
    }

    #[test]
    fn a_stated_shape_counts_where_the_type_is_not_seen_in_full() {
        let _ = Tagged::Guest;
        let of = fingerprint::<Tagged>;
        assert_eq!(of(Some("v1")), of(Some("v1")));
        assert_ne!(of(Some("v1")), of(Some("v2")));
        assert_ne!(of(Some("v1")), of(None));
        assert_eq!(fingerprint::<u8>(Some("v1")), fingerprint::<u8>(None));
    }
}
