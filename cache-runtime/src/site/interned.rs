//! A site as the process knows it: what a key's digest begins with, decided once.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use sha2::{Digest as _, Sha256};

use super::SharedWith;
use super::losses::Losses;
use super::origin::{self, Author};
use super::shared::Beyond;
use super::spec::Spec;
use super::table::Identity;
use crate::frame::{CodecId, Mismatch, Shape, Verdict};
use crate::likeness::Likeness;
use crate::policy::{Codec, Policy};

/// SHA-256 over the site and the key's parts. 128 bits of it name the entry in Redis; the frame
/// carries all of it, and a hit compares it.
pub(crate) type Digest = [u8; 32];

/// Why the codec by position can't be kept to, where the type itself looks as if it could.
const MISFIT: &str = "it is written differently than it is read";

/// Why the calls of a site run without the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// One type's calls can't be told from another's.
    GenericImpl,
    /// Another function has the same identity.
    Taken,
}

impl Refused {
    pub(crate) fn cause(self) -> &'static str {
        match self {
            Self::GenericImpl => "generic_impl_without_self",
            Self::Taken => "identity_taken",
        }
    }

    fn to_byte(this: Option<Self>) -> u8 {
        match this {
            None => 0,
            Some(Self::GenericImpl) => 1,
            Some(Self::Taken) => 2,
        }
    }
}

/// A site as the process knows it. There are as many as annotated functions, times the types each
/// generic one is used at, and one for each type that is cached by hand; they live as long as the process.
#[derive(Debug)]
pub(crate) struct Interned {
    pub(crate) id: u32,
    /// Empty where each call brings its own.
    pub(crate) namespace: Arc<str>,
    /// What its author calls it: `shop::users::find`; empty for calls by hand.
    pub(crate) path: String,
    /// The item that encloses the function, as the compiler prints it; empty for calls by hand.
    pub(super) enclosing: &'static str,
    /// What its annotation says; none for calls by hand.
    pub(crate) spec: Option<&'static Spec>,
    /// What its annotation allows, once a call has shown it.
    pub(crate) policy: OnceLock<Policy>,
    /// Where it stands in the code, for the log.
    pub(crate) identity: String,
    /// A [`Refused`], as a byte: it can be found out later that another has the same identity.
    refused: AtomicU8,
    of_sources: Option<&'static str>,
    author: Option<Author>,
    pub(crate) shape: Shape,
    /// With what its values can be compared.
    pub(crate) likeness: Likeness,
    pub(crate) losses: Losses,
    /// What names the shape in keys.
    fingerprint: u64,
    beyond: Beyond,
    /// Set once it was told who shares its entries.
    told: AtomicBool,
    /// Set when a value turned out to be written differently than it is read.
    misfit: AtomicBool,
    /// Set once it was told that the codec that was asked for can't be kept to.
    told_codec: AtomicBool,
    /// Set once it was told that a value can't be encoded.
    told_encode: AtomicBool,
    /// Set once it was told that its hits can't be audited.
    told_unaudited: AtomicBool,
    prefix: Sha256,
}

impl Interned {
    /// `prefix` is what all its keys begin with; `refused` says why its calls are not cached.
    pub(super) fn new(
        id: u32,
        identity: Identity<'_>,
        prefix: &[u8],
        (shape, beyond): (Shape, Beyond),
        refused: Option<Refused>,
    ) -> Self {
        Self {
            id,
            namespace: identity.namespace.into(),
            path: identity.path,
            enclosing: identity.enclosing,
            spec: identity.spec,
            policy: OnceLock::new(),
            identity: identity.identity,
            refused: AtomicU8::new(Refused::to_byte(refused)),
            of_sources: identity.of_sources,
            author: identity.author,
            likeness: identity.likeness,
            losses: Losses::default(),
            fingerprint: shape.fingerprint(|| beyond.fingerprint()),
            shape,
            beyond,
            told: AtomicBool::new(false),
            misfit: AtomicBool::new(false),
            told_codec: AtomicBool::new(false),
            told_encode: AtomicBool::new(false),
            told_unaudited: AtomicBool::new(false),
            prefix: Sha256::new().chain_update(prefix),
        }
    }

    /// The digest of a key of this site.
    pub(crate) fn digest(&self, key: &[u8]) -> Digest {
        let mut hash = self.prefix.clone();
        hash.update(key);
        let mut digest = hash.finalize().into();
        if let Some(author) = self.author {
            author.sign(&mut digest);
        }
        digest
    }

    /// Whether what an entry says of its key is what this site would say.
    pub(crate) fn is_own(&self, found: &Digest, expected: &Digest) -> bool {
        match self.author {
            None => found == expected,
            Some(_) => origin::is_by_one_author(found, expected),
        }
    }

    /// Why its calls run without the cache, if they do.
    #[inline]
    pub(crate) fn refused(&self) -> Option<Refused> {
        match self.refused.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Refused::GenericImpl),
            _ => Some(Refused::Taken),
        }
    }

    pub(super) fn refuse(&self, why: Refused) {
        self.refused
            .store(Refused::to_byte(Some(why)), Ordering::Relaxed);
    }

    /// Tells once that the calls run without the cache, and what to do about it.
    pub(crate) fn tell_refused(&self, why: Refused) {
        // That two are one was told where the second came.
        if why == Refused::GenericImpl && !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "cache",
                site = self.identity,
                "not cached: nothing in this function tells one type of its impl from another: take `&self`, or name \
                 `Self` in the key, as `key = (std::any::type_name::<Self>(), id)`"
            );
        }
    }

    /// How values of this site are encoded where its policy asks for this: bincode only if that can read the type.
    pub(crate) fn codec(&self, wanted: Option<Codec>) -> CodecId {
        match wanted {
            Some(Codec::MessagePack) => CodecId::MessagePack,
            Some(Codec::Json) => CodecId::Json,
            Some(Codec::Bincode) | None if self.not_by_position().is_none() => CodecId::Bincode,
            Some(Codec::Bincode) | None => CodecId::MessagePack,
        }
    }

    /// Why bincode can't read its type back, if it can't.
    fn not_by_position(&self) -> Option<&'static str> {
        match self.shape.verdict {
            Verdict::NotBinary(how) => Some(how),
            _ if self.misfit.load(Ordering::Relaxed) => Some(MISFIT),
            _ => None,
        }
    }

    /// Tells once if bincode is asked for and can't read the type back.
    pub(crate) fn tell_codec(&self, wanted: Option<Codec>) {
        let Some(why) = self
            .not_by_position()
            .filter(|_| wanted == Some(Codec::Bincode))
        else {
            return;
        };
        if !self.told_codec.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "cache",
                site = self.identity,
                why,
                "bincode can't read this type back, so its values are stored with names: write `codec = \"msgpack\"`, or \
                 cache a type that bincode reads"
            );
        }
    }

    /// Tells once that a value can't be encoded, and why.
    pub(crate) fn tell_encode(&self, why: Mismatch) {
        if !self.told_encode.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "cache",
                site = self.identity,
                why = %why,
                "a value can't be encoded: it is returned and not stored; cache a type without it, or choose another `codec`"
            );
        }
    }

    /// Tells once if a settings file asks for audits and no task can have the body.
    pub(crate) fn tell_unaudited(&self, policy: &Policy) {
        let is_asked = policy.audit > 0.0 && !policy.is_owned;
        if is_asked && !self.told_unaudited.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "cache",
                site = self.identity,
                "the settings file says `audit`, and the function may borrow what it takes, which a task can't have: \
                 write `audit = 0.0` in its annotation"
            );
        }
    }

    /// The shape that a frame of this codec says. With names a value may leave out what its type
    /// then makes up by code of its own, so among different executables only what is written by
    /// position is shared.
    pub(crate) fn shape_in(&self, codec: CodecId) -> u64 {
        match (codec, &self.shape.verdict) {
            (CodecId::MessagePack | CodecId::Json, Verdict::Full) => {
                self.shape.within(self.beyond.fingerprint())
            }
            _ => self.fingerprint,
        }
    }

    /// Which processes share what this site stores where its policy asks for this codec.
    pub(crate) fn shared_with(&self, wanted: Option<Codec>) -> SharedWith {
        let why = match &self.shape.verdict {
            Verdict::Full if self.codec(wanted) == CodecId::Bincode => {
                return match self.of_sources {
                    None => SharedWith::EveryBuild,
                    Some(why) => SharedWith::SameSources {
                        why: why.to_owned(),
                    },
                };
            }
            Verdict::Full if self.misfit.load(Ordering::Relaxed) => MISFIT.to_owned(),
            Verdict::Full => "it is written with names, as its `codec` says".to_owned(),
            Verdict::Partial(why) | Verdict::ByHand(why) => why.clone(),
            Verdict::NotBinary(how) => (*how).to_owned(),
        };
        match self.beyond {
            Beyond::Stated(_) => SharedWith::SameStatement { why },
            Beyond::Executable(_) => SharedWith::SameExecutable { why },
        }
    }

    /// Tells once, if not every build shares what this site stores.
    pub(crate) fn tell_sharing(&self, wanted: Option<Codec>) {
        if self.told.load(Ordering::Relaxed) {
            return;
        }
        let shared = self.shared_with(wanted);
        if shared == SharedWith::EveryBuild || self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let site = &self.identity;
        match shared {
            SharedWith::EveryBuild | SharedWith::SameStatement { .. } => {}
            SharedWith::SameSources { why } => tracing::info!(
                target: "cache", site, why, "entries are shared only by builds of the same sources"
            ),
            SharedWith::SameExecutable { why } => tracing::info!(
                target: "cache", site, why, "entries are shared only with processes of this executable"
            ),
        }
    }

    /// Moves the site to a codec with names; returns whether this was news.
    pub(crate) fn leave_bincode(&self) -> bool {
        !self.misfit.swap(true, Ordering::Relaxed)
    }
}
