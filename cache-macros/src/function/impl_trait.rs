//! Types in a signature that hide which type they are: `impl Trait` and `dyn Trait`.

use syn::visit::Visit;
use syn::{PathArguments, Type, TypeImplTrait, TypeParamBound, TypeTraitObject};

/// Whether a type is or has an `impl Trait`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImplTrait {
    None,
    /// An `impl Fn(..)`, or another that can be called.
    Callable,
    Other,
}

impl ImplTrait {
    pub(crate) fn of(ty: &Type) -> Self {
        let mut found = Found(Self::None);
        found.visit_type(ty);
        found.0
    }
}

struct Found(ImplTrait);

impl<'ast> Visit<'ast> for Found {
    fn visit_type_impl_trait(&mut self, written: &'ast TypeImplTrait) {
        if written.bounds.iter().any(is_callable) {
            self.0 = ImplTrait::Callable;
        } else if self.0 == ImplTrait::None {
            self.0 = ImplTrait::Other;
        }
        syn::visit::visit_type_impl_trait(self, written);
    }
}

/// `Fn(..)`, `AsyncFnMut(..)`: what takes its arguments in parentheses.
pub(crate) fn is_callable(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else {
        return false;
    };
    let last = bound.path.segments.last();
    last.is_some_and(|last| matches!(last.arguments, PathArguments::Parenthesized(_)))
}

/// The first `dyn Trait` in a type, but for those that a `fn(..)` is given.
pub(crate) fn object(ty: &Type) -> Option<TypeTraitObject> {
    let mut found = Objects(None);
    found.visit_type(ty);
    found.0
}

struct Objects(Option<TypeTraitObject>);

impl<'ast> Visit<'ast> for Objects {
    fn visit_type_trait_object(&mut self, written: &'ast TypeTraitObject) {
        self.0.get_or_insert_with(|| written.clone());
    }

    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
}
