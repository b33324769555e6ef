//! Which bounds the type parameters need.

use std::collections::HashSet;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Generics, Ident, Path, Type, TypePath, WherePredicate, parse_quote};

use super::model::{Container, Writing};

/// The generics with a bound for each type parameter, or projection of one, that a written field
/// names. Parameters of skipped fields, and of those a fn of the user's writes, need none.
pub(super) fn bounded(container: &Container<'_>) -> Generics {
    let runtime = &container.runtime;
    let mut generics = container.generics.clone();
    let parameters: HashSet<Ident> = generics
        .type_params()
        .map(|parameter| parameter.ident.clone())
        .collect();
    if parameters.is_empty() {
        return generics;
    }

    let mut seen = HashSet::new();
    for field in container.fields() {
        let bound: Path = match field.writing {
            Writing::Plain => parse_quote!(#runtime::CacheKey),
            Writing::Rounded(_) => parse_quote!(#runtime::Rounded),
            Writing::Skipped | Writing::With(_) => continue,
        };
        for named in Named::in_type(&parameters, field.ty) {
            let predicate: WherePredicate = parse_quote!(#named: #bound);
            if seen.insert(predicate.to_token_stream().to_string()) {
                generics.make_where_clause().predicates.push(predicate);
            }
        }
    }
    generics
}

/// Collects `T` and `T::Item` where `T` is a type parameter.
struct Named<'p> {
    parameters: &'p HashSet<Ident>,
    found: Vec<TypePath>,
}

impl Named<'_> {
    fn in_type(parameters: &HashSet<Ident>, ty: &Type) -> Vec<TypePath> {
        let mut named = Named {
            parameters,
            found: Vec::new(),
        };
        named.visit_type(ty);
        named.found
    }
}

impl<'ast> Visit<'ast> for Named<'_> {
    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        let segments = &ty.path.segments;
        // It is a key whatever it marks.
        if segments
            .last()
            .is_some_and(|last| last.ident == "PhantomData")
        {
            return;
        }
        let first = segments.first().map(|first| &first.ident);
        if ty.qself.is_none() && first.is_some_and(|first| self.parameters.contains(first)) {
            self.found.push(ty.clone());
            return;
        }
        if ty.qself.is_some() {
            // `<T as Trait>::Item` is what has to be a key, not `T`.
            let mut inner = Named {
                parameters: self.parameters,
                found: Vec::new(),
            };
            visit::visit_type_path(&mut inner, ty);
            if !inner.found.is_empty() {
                self.found.push(ty.clone());
            }
            return;
        }
        visit::visit_type_path(self, ty);
    }
}
