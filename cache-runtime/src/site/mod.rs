//! Sites: one annotated function each, interned by identity, and the digest of its keys.
//!
//! The identity is the path of the enclosing item, `Self`, the function's name and its type
//! parameters. `module_path!()` would not do: `A::get` and `B::get`, two impls of one trait and two
//! functions inside functions share it. The type name of a local `fn` item has it all, but for
//! items in blocks: two of one name print alike, as do two closures. Where the name may be that of
//! two, the function's place and the types' ids stand beside it (`path`, `origin`).

mod interned;
mod linked;
mod losses;
mod names;
mod origin;
mod path;
mod pattern;
mod shared;
mod spec;
mod table;
mod value_type;

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt::Write;
use std::marker::PhantomData;
use std::sync::{LazyLock, OnceLock};

use parking_lot::RwLock;

pub(crate) use interned::{Digest, Interned, Refused};
pub use linked::Linked;
pub(crate) use linked::{Facts, linked};
pub(crate) use names::{EntryName, Named, Names};
pub(crate) use path::written;
pub(crate) use pattern::Pattern;
#[cfg(feature = "redis")]
pub(crate) use pattern::escaped;
pub use shared::SharedWith;
pub use spec::Spec;
pub(crate) use table::{all, digest_of};
pub(crate) use value_type::ValueType;

use crate::likeness::{DebugText, Equality, Likeness};
use origin::{Author, Origin};

/// One annotated function: a static in it and in its companion.
#[doc(hidden)]
#[derive(Debug)]
pub struct Site {
    spec: Spec,
    /// The first instance asked for; for all but generic functions, the only one.
    first: OnceLock<Instance>,
    /// What its author calls the function, once it was asked for: calls without a cache are counted by it, and need
    /// nothing else of the site.
    path: OnceLock<Box<str>>,
}

/// A site at the types that it was used at, and the next that was asked for.
#[derive(Debug)]
struct Instance {
    types: TypeId,
    value: TypeId,
    interned: &'static Interned,
    next: OnceLock<Box<Instance>>,
}

/// How many instances of a generic function are found without the table.
const INSTANCES: usize = 32;

/// A site with the types it is used at.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct At {
    site: &'static Site,
    types: TypeId,
    /// Asked once, as a hit needs none of it.
    called: fn() -> Called,
    likeness: Likeness,
}

/// What a local `fn` item and the types that a function is used at are called.
#[derive(Clone, Copy, Debug)]
struct Called {
    here: &'static str,
    item: TypeId,
    types: &'static str,
}

impl Called {
    fn of<H: Fn(), K: ?Sized>() -> Self {
        Self {
            here: std::any::type_name::<H>(),
            item: typeid::of::<H>(),
            types: std::any::type_name::<K>(),
        }
    }
}

impl Site {
    /// `here` is a local `fn` item, `K` a tuple of `Self` and the type parameters in the key.
    #[inline]
    pub fn at<H: Fn(), K: ?Sized>(&'static self, _here: H, _types: PhantomData<K>) -> At {
        At {
            site: self,
            types: typeid::of::<K>(),
            called: Called::of::<H, K>,
            likeness: Likeness::default(),
        }
    }
}

impl At {
    /// With what its values can be compared.
    #[inline]
    #[must_use]
    pub fn compared(self, equal: Option<Equality>, text: Option<DebugText>) -> Self {
        Self {
            likeness: Likeness { equal, text },
            ..self
        }
    }

    /// The namespace that its annotation says.
    pub(crate) fn namespace(&self) -> &'static str {
        self.site.spec.namespace
    }

    /// What its author calls it, as [`Interned::path`] is.
    pub(crate) fn path(&self) -> &'static str {
        self.site.path.get_or_init(|| {
            let enclosing = path::enclosing((self.called)().here);
            path::written(enclosing, self.site.spec.function).into()
        })
    }

    /// The interned site for values of this type, made when it is first asked for; one for a function and
    /// its companion.
    pub(crate) fn intern(self, value: ValueType) -> &'static Interned {
        self.known(value.id())
            .unwrap_or_else(|| self.intern_slowly(value))
    }

    /// The interned site for values of this type, if it was asked for before. Making one looks at the type,
    /// which a call without the cache need not pay for.
    #[inline]
    pub(crate) fn known(&self, value: TypeId) -> Option<&'static Interned> {
        let mut next = self.site.first.get();
        while let Some(instance) = next {
            if instance.types == self.types && instance.value == value {
                return Some(instance.interned);
            }
            next = instance.next.get().map(|next| &**next);
        }
        None
    }

    #[cold]
    fn intern_slowly(self, value: ValueType) -> &'static Interned {
        let interned = table::intern(value, self.identity());
        self.note(value.id(), interned);
        interned
    }

    /// Puts an instance behind those that are known. Another of the same types may be there already,
    /// and is found first.
    fn note(self, value: TypeId, interned: &'static Interned) {
        let instance = |interned| Instance {
            types: self.types,
            value,
            interned,
            next: OnceLock::new(),
        };
        let (mut known, mut count) = (self.site.first.get_or_init(|| instance(interned)), 1);
        while count < INSTANCES && (known.types, known.value) != (self.types, value) {
            known = known.next.get_or_init(|| Box::new(instance(interned)));
            count += 1;
        }
    }

    fn identity(&self) -> table::Identity<'static> {
        let spec = &self.site.spec;
        let Called { here, item, types } = (self.called)();
        let enclosing = path::enclosing(here);
        let function = spec.function;
        let is_one = path::is_one(enclosing, spec.module);
        let are_known = path::are_known(types, if is_one { enclosing } else { "" });
        let mut identity = match spec.id {
            Some(id) => format!("id:{id}|{types}"),
            None => format!("{enclosing}|{function}|{types}"),
        };
        if spec.id.is_none() && !is_one {
            let Origin { place, text } = spec.origin;
            let _ = write!(identity, "|{}|{text:x}", origin::line(place));
        }
        if !are_known {
            let _ = write!(identity, "|{:x}", origin::told_by(self.types));
        }
        table::Identity {
            namespace: spec.namespace,
            path: path::written(enclosing, function),
            enclosing,
            spec: Some(spec),
            identity,
            version: spec.version,
            stated: spec.shape,
            parts: spec.parts,
            refused: spec.refused(enclosing),
            likeness: self.likeness,
            of_sources: match (spec.id.is_some() || is_one, are_known) {
                (false, _) => Some("the function stands in a block: give it an `id`"),
                (true, false) => Some("it is used at a type that others may share the name of"),
                (true, true) => None,
            },
            author: (spec.id).map(|_| Author::new(enclosing, function, spec.origin.text)),
            item: Some(table::Item {
                origin: spec.origin,
                role: spec.role,
                here: item,
            }),
        }
    }
}

/// The site of all hand-written calls for one type of value. Their namespaces are made at run time, so
/// each call brings its own: a site for each would be kept as long as the process lives.
pub(crate) fn by_hand(value: ValueType) -> &'static Interned {
    static KNOWN: LazyLock<RwLock<HashMap<TypeId, &'static Interned>>> =
        LazyLock::new(RwLock::default);
    if let Some(interned) = KNOWN.read().get(&value.id()) {
        return interned;
    }
    let identity = table::Identity {
        namespace: "",
        path: String::new(),
        enclosing: "",
        spec: None,
        identity: "by hand".to_owned(),
        version: 1,
        parts: &["key"],
        stated: None,
        refused: None,
        likeness: Likeness::default(),
        of_sources: None,
        author: None,
        item: None,
    };
    let interned = table::intern(value, identity);
    KNOWN.write().insert(value.id(), interned);
    interned
}
