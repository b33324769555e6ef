//! Sites: one annotated function each, interned by identity, and the digest of its keys.
//!
//! The identity is the path of the enclosing item, `Self`, the function's name and its type
//! parameters. `module_path!()` would not do: `A::get` and `B::get`, two impls of one trait and two
//! functions inside functions share it. The type name of a local `fn` item has it all.

mod interned;
mod names;
mod path;
mod pattern;

use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::OnceLock;

pub use interned::SharedWith;
pub(crate) use interned::{Digest, Interned};
pub(crate) use names::{EntryName, Named, Names};
pub(crate) use pattern::Pattern;

use crate::value::Cacheable;

/// What an annotation says of its function; the macro writes it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Spec {
    pub function: &'static str,
    pub namespace: &'static str,
    /// Stands for the path in keys, so that moving or renaming the function keeps its entries.
    pub id: Option<&'static str>,
    pub version: u32,
    pub parts: &'static [&'static str],
    /// Whether `types` has `Self`: without it, a function of a generic impl can't be told from
    /// its sisters, and is not cached.
    pub named_self: bool,
}

/// One annotated function: a static in it and in its companion.
#[doc(hidden)]
#[derive(Debug)]
pub struct Site {
    spec: Spec,
    /// The first instance asked for; for all but generic functions, the only one.
    first: OnceLock<(TypeId, TypeId, &'static Interned)>,
}

/// A site with the types it is used at.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct At {
    site: &'static Site,
    here: &'static str,
    types: TypeId,
    type_names: &'static str,
}

impl Site {
    #[must_use]
    pub const fn new(spec: Spec) -> Self {
        Self {
            spec,
            first: OnceLock::new(),
        }
    }

    /// `here` is a local `fn` item, `K` a tuple of `Self` and the type parameters in the key.
    #[inline]
    pub fn at<H: Fn(), K: ?Sized>(&'static self, _here: H, _types: PhantomData<K>) -> At {
        At {
            site: self,
            here: std::any::type_name::<H>(),
            types: typeid::of::<K>(),
            type_names: std::any::type_name::<K>(),
        }
    }
}

impl At {
    /// The interned site for values of type `V`; the same for a function and its companion.
    #[inline]
    pub(crate) fn intern<V: Cacheable>(self) -> &'static Interned {
        let value = TypeId::of::<V>();
        match self.site.first.get() {
            Some((types, first, interned)) if *types == self.types && *first == value => interned,
            _ => self.intern_slowly::<V>(),
        }
    }

    #[cold]
    fn intern_slowly<V: Cacheable>(self) -> &'static Interned {
        let spec = &self.site.spec;
        let enclosing = path::enclosing(self.here);
        let told_apart = spec.named_self || !path::is_generic(enclosing);
        let identity = match spec.id {
            Some(id) => format!("id:{id}|{}", self.type_names),
            None => format!("{enclosing}|{}|{}", spec.function, self.type_names),
        };
        let interned = interned::intern::<V>(interned::Identity {
            namespace: spec.namespace,
            identity,
            version: spec.version,
            parts: spec.parts,
            cacheable: told_apart,
        });
        // A second instance of a generic function finds the first taken, and asks the table again.
        let _ = self
            .site
            .first
            .set((self.types, TypeId::of::<V>(), interned));
        interned
    }
}

/// The site of hand-written calls in a namespace: it has no function, so the namespace is its
/// identity.
pub(crate) fn by_hand<V: Cacheable>(namespace: &str) -> &'static Interned {
    interned::intern::<V>(interned::Identity {
        namespace,
        identity: "by hand".to_owned(),
        version: 1,
        parts: &["key"],
        cacheable: true,
    })
}
