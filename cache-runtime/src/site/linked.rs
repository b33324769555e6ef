//! The annotated functions that are linked in, called or not: each says so before `main` begins.

use super::path::{enclosing, is_generic, written};
use super::{Interned, Site, Spec};

/// An annotated function of the program, as its expansion registers it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Linked {
    site: &'static Site,
    /// The name of a `fn` item inside it. A fn, as a constant can't have the name itself.
    here: fn() -> &'static str,
}

inventory::collect!(Linked);

impl Linked {
    /// `here` is a local `fn` item of the function.
    pub const fn new<H: Fn()>(site: &'static Site, _here: &H) -> Self {
        Self {
            site,
            here: std::any::type_name::<H>,
        }
    }
}

/// What is known of an annotated function before it is called.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) spec: &'static Spec,
    /// As a person writes it.
    pub(crate) path: String,
    /// The item that encloses it, as the compiler prints it.
    enclosing: &'static str,
}

/// The functions that are linked in, by their paths. On a target that runs nothing before `main` there is none.
pub(crate) fn linked() -> Vec<Facts> {
    let all = inventory::iter::<Linked>.into_iter();
    let mut all: Vec<Facts> = all.map(Facts::of).collect();
    all.sort_by(|one, other| one.order().cmp(&other.order()));
    all
}

impl Facts {
    fn of(linked: &Linked) -> Self {
        let (spec, enclosing) = (&linked.site.spec, enclosing((linked.here)()));
        Self {
            spec,
            path: written(enclosing, spec.function),
            enclosing,
        }
    }

    /// Those of a function that was called, by itself or its companion; none of calls by hand.
    pub(crate) fn of_called(interned: &Interned) -> Option<Self> {
        Some(Self {
            spec: interned.spec?,
            path: interned.path.clone(),
            enclosing: interned.enclosing,
        })
    }

    /// Whether these are of one function.
    pub(crate) fn are_of(&self, other: &Self) -> bool {
        self.order() == other.order()
    }

    /// Whether it is used at types, each of which has its own entries.
    pub(crate) fn is_generic(&self) -> bool {
        self.spec.is_generic || is_generic(self.enclosing)
    }

    /// Whether its calls run without the cache wherever it is used.
    pub(crate) fn is_refused(&self) -> bool {
        self.spec.refused(self.enclosing).is_some()
    }

    fn order(&self) -> (&str, &'static str, &'static str) {
        (&self.path, self.spec.place(), self.enclosing)
    }
}
