//! The table of sites: what a key's digest begins with, decided once a site.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use crate::executable;
use crate::frame::{CodecId, Shape, Verdict, shape};
use crate::value::Cacheable;

/// SHA-256 over the site and the key's parts. 128 bits of it name the entry in Redis; the frame
/// carries all of it, and a hit compares it.
pub(crate) type Digest = [u8; 32];

/// Part of every digest: a new encoding of keys never meets entries of an old one.
const KEY_FORMAT: u32 = 1;

/// What tells one site from another.
pub(super) struct Identity<'a> {
    pub(super) namespace: &'a str,
    pub(super) identity: String,
    pub(super) version: u32,
    pub(super) parts: &'a [&'a str],
    pub(super) cacheable: bool,
}

/// A site as the process knows it. There are as many as annotated functions, times the types each
/// generic one is used at; they live as long as the process.
#[derive(Debug)]
pub(crate) struct Interned {
    pub(crate) id: u32,
    pub(crate) namespace: Arc<str>,
    /// Where it stands in the code, for the log.
    pub(crate) identity: String,
    /// Whether its calls can be told from those of other types.
    pub(crate) cacheable: bool,
    pub(crate) shape: Shape,
    /// What names the shape in keys.
    fingerprint: u64,
    /// Where code that reads the value is, which tells its executable.
    code: usize,
    /// Set once it was told who shares its entries.
    told: AtomicBool,
    /// Set when a value turned out to be written differently than it is read.
    misfit: AtomicBool,
    prefix: Sha256,
}

impl Interned {
    /// The digest of a key of this site.
    pub(crate) fn digest(&self, key: &[u8]) -> Digest {
        let mut hash = self.prefix.clone();
        hash.update(key);
        hash.finalize().into()
    }

    /// How values of this site are encoded: bincode, unless it can't read the type.
    pub(crate) fn codec(&self) -> CodecId {
        if self.shape.is_positional() && !self.misfit.load(Ordering::Relaxed) {
            CodecId::Bincode
        } else {
            CodecId::MessagePack
        }
    }

    /// The shape that a frame of this codec says. With names a value may leave out what its type
    /// then makes up by code of its own, so among different executables only what is written by
    /// position is shared.
    pub(crate) fn shape_in(&self, codec: CodecId) -> u64 {
        match (codec, &self.shape.verdict) {
            (CodecId::MessagePack, Verdict::Full) => {
                self.shape.within(executable::fingerprint(self.code))
            }
            _ => self.fingerprint,
        }
    }

    /// Which processes share what this site stores.
    pub(crate) fn shared_with(&self) -> SharedWith {
        let why = match &self.shape.verdict {
            Verdict::Full if !self.misfit.load(Ordering::Relaxed) => {
                return SharedWith::EveryBuild;
            }
            Verdict::Full => "it is written differently than it is read".to_owned(),
            Verdict::Partial(why) | Verdict::ByHand(why) => why.clone(),
            Verdict::NotBinary(how) => (*how).to_owned(),
        };
        SharedWith::SameExecutable { why }
    }

    /// Tells once, if not every build shares what this site stores.
    pub(crate) fn tell_sharing(&self) {
        if self.told.load(Ordering::Relaxed) {
            return;
        }
        if let SharedWith::SameExecutable { why } = self.shared_with()
            && !self.told.swap(true, Ordering::Relaxed)
        {
            tracing::info!(
                target: "cache",
                site = self.identity,
                why,
                "entries are shared only with processes of this executable"
            );
        }
    }

    /// Moves the site to a codec with names; returns whether this was news.
    pub(crate) fn leave_bincode(&self) -> bool {
        !self.misfit.swap(true, Ordering::Relaxed)
    }
}

/// Which processes share what an annotated function stores in Redis.
///
/// Values are written by position, so a build whose type differs would misread them. What the type
/// looks like is part of the key; where that can't be seen in full, the executable is too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharedWith {
    /// Every process whose value type has the same fields, variants and parts, of any build.
    EveryBuild,
    /// Processes of the same executable file only: a new build begins with an empty cache.
    SameExecutable {
        /// What of the type can't be seen.
        why: String,
    },
}

type Table = HashMap<(Vec<u8>, String, TypeId), &'static Interned>;

/// The one site for this identity and value type, made when first asked for.
pub(super) fn intern<V: Cacheable>(identity: Identity<'_>) -> &'static Interned {
    static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);
    let shape = shape::<V>();
    let code = crate::frame::shape::<V> as fn() -> Shape as usize;
    let fingerprint = shape.fingerprint(|| executable::fingerprint(code));
    let prefix = identity.prefix(fingerprint);
    let mut table = TABLE.lock();
    let id = u32::try_from(table.len()).unwrap_or(u32::MAX);
    let namespace = identity.namespace.to_owned();
    // The value's type tells two versions of one crate apart, which share all names.
    let row = table.entry((prefix, namespace, TypeId::of::<V>()));
    let prefix = Sha256::new().chain_update(&row.key().0);
    row.or_insert_with_key(|(_, namespace, _)| {
        Box::leak(Box::new(Interned {
            id,
            namespace: namespace.as_str().into(),
            identity: identity.identity,
            cacheable: identity.cacheable,
            shape,
            fingerprint,
            code,
            told: AtomicBool::new(false),
            misfit: AtomicBool::new(false),
            prefix,
        }))
    })
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
