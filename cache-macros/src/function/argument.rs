//! One argument of the annotated fn.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Pat, PatIdent, PatType};

/// An argument and the name it goes by in the generated signature.
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) typed: PatType,
    /// The user's name, or `__arg0` for a pattern.
    pub(crate) local: Ident,
    /// The name a template can use: none for a pattern.
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
        let mut bound = Bound(Vec::new());
        bound.visit_pat(&self.typed.pat);
        let name = self.name.as_ref().or(bound.0.first());
        name.map_or_else(|| "_".to_owned(), ToString::to_string)
    }

    /// Whether `skip(name)` means this argument: by its name, or by one that its pattern binds.
    pub(crate) fn is_called(&self, name: &Ident) -> bool {
        let mut bound = Bound(Vec::new());
        bound.visit_pat(&self.typed.pat);
        bound.0.iter().any(|bound| bound == name)
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
            // Twice, as rustc does it: what the pattern leaves behind drops with the block.
            return quote_spanned! {Span::mixed_site()=>
                let #local = #local;
                #[allow(let_underscore_drop, clippy::let_underscore_future, clippy::let_underscore_untyped)]
                let #pattern = #local;
            };
        };
        let used = used.contains(&name.unraw().to_string());
        let used = used.then(|| quote_spanned!(Span::mixed_site()=> unused_variables,));
        quote_spanned! {Span::mixed_site()=>
            #[allow(#used clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]
            let #pattern = #local;
        }
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
