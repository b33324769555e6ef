//! One argument of the annotated fn.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{Pat, PatIdent, PatType};

/// An argument and the name it goes by in the generated signature.
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) typed: PatType,
    /// The user's name, or `__arg0` for a pattern.
    pub(crate) local: Ident,
    /// Its own name: none for a pattern.
    pub(crate) name: Option<Ident>,
    position: usize,
}

impl Argument {
    pub(super) fn of(position: usize, typed: &PatType) -> Self {
        let name = match &*typed.pat {
            Pat::Ident(PatIdent {
                by_ref: None,
                subpat: None,
                ident,
                ..
            }) => Some(ident.clone()),
            _ => None,
        };
        let local = name
            .clone()
            .unwrap_or_else(|| format_ident!("__arg{position}", span = Span::mixed_site()));
        Self {
            typed: typed.clone(),
            local,
            name,
            position,
        }
    }

    /// The name of its part of the key: the argument's, or its position.
    pub(crate) fn part(&self) -> String {
        self.name.as_ref().map_or_else(
            || self.position.to_string(),
            |name| name.unraw().to_string(),
        )
    }

    /// A name by which its author can speak of it: its own, or the first that its pattern binds.
    pub(crate) fn shown(&self) -> String {
        let bound = self.bound();
        let name = self.name.as_ref().or(bound.first());
        name.map_or_else(|| "_".to_owned(), ToString::to_string)
    }

    /// Whether `skip(name)` means this argument: by its name, or by one that its pattern binds.
    pub(crate) fn is_called(&self, name: &Ident) -> bool {
        self.bound().contains(name)
    }

    /// The names that it binds: its own, or those in its pattern.
    pub(crate) fn bound(&self) -> Vec<Ident> {
        let mut bound = Bound(Vec::new());
        bound.visit_pat(&self.typed.pat);
        bound.0
    }

    /// Whether one of these names is bound by its pattern.
    pub(crate) fn lends(&self, names: &BTreeSet<String>) -> bool {
        let mut bound = self.bound().into_iter();
        self.name.is_none() && bound.any(|name| names.contains(&name.unraw().to_string()))
    }

    /// `let Path(id) = &__arg0;`: what its pattern binds, for those who only look at it.
    pub(crate) fn lent(&self) -> TokenStream {
        let mut pattern = (*self.typed.pat).clone();
        Lent.visit_pat_mut(&mut pattern);
        let (local, bound) = (&self.local, self.bound());
        quote_spanned! {Span::mixed_site()=>
            let #pattern = &#local;
            let _ = (#(&#bound,)*);
        }
    }

    /// `id: u64`, as the generated signature has it: without `mut` or a pattern.
    pub(crate) fn declared(&self) -> PatType {
        let local = &self.local;
        PatType {
            pat: Box::new(syn::parse_quote!(#local)),
            ..self.typed.clone()
        }
    }

    /// `let mut id = id;`: the argument as its author bound it, inside the block that owns it.
    ///
    /// Where the annotation uses it, the body need not.
    pub(super) fn rebound(&self, used: &BTreeSet<String>) -> TokenStream {
        let (local, pattern) = (&self.local, &self.typed.pat);
        let Some(name) = &self.name else {
            let mut bound = self.bound();
            bound.retain(|name| used.contains(&name.unraw().to_string()));
            // Twice, as rustc does it: what the pattern leaves behind drops with the block.
            return quote_spanned! {Span::mixed_site()=>
                let #local = #local;
                #[allow(let_underscore_drop, clippy::let_underscore_future, clippy::let_underscore_untyped)]
                let #pattern = #local;
                #(let _ = &#bound;)*
            };
        };
        let used = used.contains(&name.unraw().to_string());
        // No `allow`: it would be an error where its author forbids the lint.
        let used = used.then(|| quote_spanned!(Span::mixed_site()=> let _ = &#local;));
        quote_spanned! {Span::mixed_site()=>
            #[allow(clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]
            let #pattern = #local;
            #used
        }
    }
}

/// Makes a pattern one that a reference matches: what it binds are references then.
struct Lent;

impl VisitMut for Lent {
    fn visit_pat_mut(&mut self, pattern: &mut Pat) {
        while let Pat::Reference(reference) = pattern {
            *pattern = (*reference.pat).clone();
        }
        syn::visit_mut::visit_pat_mut(self, pattern);
    }

    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        (pattern.by_ref, pattern.mutability) = (None, None);
        syn::visit_mut::visit_pat_ident_mut(self, pattern);
    }
}

/// The names that a pattern binds.
struct Bound(Vec<Ident>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.0.push(pattern.ident.clone());
        syn::visit::visit_pat_ident(self, pattern);
    }
}
