//! What an annotation says of its function; the macro writes it.

use std::sync::OnceLock;

use super::Site;
use super::origin::{Origin, Role};

#[doc(hidden)]
#[derive(Debug)]
pub struct Spec {
    pub(super) function: &'static str,
    pub(super) namespace: &'static str,
    pub(super) id: Option<&'static str>,
    pub(super) shape: Option<&'static str>,
    pub(super) version: u32,
    pub(super) parts: &'static [&'static str],
    pub(super) names_self: bool,
    /// The module it stands in, by `module_path!()`.
    pub(super) module: &'static str,
    pub(super) origin: Origin,
    pub(super) role: Role,
}

impl Spec {
    #[must_use]
    pub const fn new(
        function: &'static str,
        namespace: &'static str,
        parts: &'static [&'static str],
    ) -> Self {
        Self {
            function,
            namespace,
            id: None,
            shape: None,
            version: 1,
            parts,
            names_self: false,
            module: "",
            origin: Origin { place: "", text: 0 },
            role: Role::Function,
        }
    }

    /// Stands for the path in keys, so that moving or renaming the function keeps its entries.
    #[must_use]
    pub const fn id(self, id: &'static str) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }

    /// Stands for what can't be seen of the value's type, in place of the executable.
    #[must_use]
    pub const fn shape(self, shape: &'static str) -> Self {
        Self {
            shape: Some(shape),
            ..self
        }
    }

    #[must_use]
    pub const fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// `Self` is among its types: without it, a function of a generic impl can't be told from its
    /// sisters, and is not cached.
    #[must_use]
    pub const fn naming_self(self) -> Self {
        Self {
            names_self: true,
            ..self
        }
    }

    /// The site of the function, by its module, its place in the sources and a hash of its text.
    #[must_use]
    pub const fn of_function(self, module: &'static str, place: &'static str, text: u64) -> Site {
        self.written(Role::Function, module, Origin { place, text })
    }

    /// The site of the companion, which says the same of the function.
    #[must_use]
    pub const fn of_companion(self, module: &'static str, place: &'static str, text: u64) -> Site {
        self.written(Role::Companion, module, Origin { place, text })
    }

    const fn written(self, role: Role, module: &'static str, origin: Origin) -> Site {
        let spec = Self {
            module,
            origin,
            role,
            ..self
        };
        Site {
            spec,
            first: OnceLock::new(),
        }
    }
}
