//! The fn of one id.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{
    FnArg, GenericArgument, Lifetime, PathArguments, Type, TypeReference, parse_quote,
    parse_quote_spanned,
};

use crate::cached::arguments::Arguments;
use crate::function::{Argument, Function, Output, bare};
use crate::{settings, span};

/// What a batch is of.
pub(super) struct Many {
    /// The argument that has the ids.
    pub(super) argument: Argument,
    /// The type of one.
    pub(super) id: Type,
    /// How the body takes them.
    pub(super) given: Given,
    /// What one is called.
    pub(super) one: Ident,
    /// Whether the fn returns a `Result`.
    pub(super) is_fallible: bool,
    /// How its limit is told, where it has one.
    pub(super) is_limited: Option<Span>,
    /// Whether errors are remembered.
    pub(super) remembers: bool,
    pub(super) private: TokenStream,
}

/// How a fn takes its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Slice,
    Vec,
}

impl Many {
    /// Takes what is of the fn alone out of the arguments; none where the checks have refused it.
    pub(super) fn of(arguments: &mut Arguments, function: &Function) -> Option<Self> {
        let batch = arguments.batch.take()?;
        let output = Output::of(function)?;
        let all = function.arguments().into_iter();
        let argument = all
            .into_iter()
            .find(|one| one.name.as_ref() == Some(&batch.many))?;
        let (given, id) = ids(&argument.typed.ty)?;
        let id = id.clone();
        let is_fallible = arguments.is_fallible(&output);
        let runtime = settings::runtime(arguments.runtime.clone());
        let place = function.signature.ident.span();
        let shown = span::shown_at(&runtime, place);
        // Its items are plain values, whatever the fn returns.
        arguments.fallible = None;
        Some(Self {
            one: batch
                .one
                .unwrap_or_else(|| format_ident!("__id", span = Span::mixed_site())),
            argument,
            id,
            given,
            is_fallible,
            is_limited: arguments
                .load_timeout
                .as_ref()
                .map(crate::policy::Given::place),
            remembers: arguments.error_ttl.is_some(),
            private: quote_spanned!(span::made(place)=> #shown::__private),
        })
    }

    /// `::cache_runtime::__private::Fallible`
    pub(super) fn mode(&self, output: &Output) -> TokenStream {
        let place = span::made(output.ty.span());
        let private = span::shown_at(&self.private, output.ty.span());
        match self.is_fallible {
            true => quote_spanned!(place=> #private::Fallible),
            false => quote_spanned!(place=> #private::Plain),
        }
    }

    /// The fn as it would be of one id: `user(db: &Db, id: &u64) -> Option<User>`.
    pub(super) fn item(&self, function: &Function) -> Function {
        let mut item = function.clone();
        let id = &self.id;
        let one = &self.one;
        for input in &mut item.signature.inputs {
            if let FnArg::Typed(typed) = input
                && typed.pat == self.argument.typed.pat
            {
                *typed.pat = parse_quote!(#one);
                *typed.ty = parse_quote_spanned!(id.span()=> &#id);
            }
        }
        if let Some(output) = Output::of(function) {
            let ty = self.value(&output);
            item.signature.output = parse_quote!(-> #ty);
        }
        item
    }

    /// `Option<User>`, of a `Result<HashMap<u64, User>, E>`.
    fn value(&self, output: &Output) -> Type {
        let place = span::made(output.ty.span());
        let private = span::shown_at(&self.private, output.ty.span());
        let (mode, mut returned, mut id) = (self.mode(output), output.ty.clone(), self.id.clone());
        // A value that can be cached borrows from nothing, so it is the same whatever the ids do.
        ForEver.visit_type_mut(&mut returned);
        ForEver.visit_type_mut(&mut id);
        let value =
            quote_spanned!(place=> ::core::option::Option<#private::ItemOf<#mode, #returned, #id>>);
        parse_quote!(#value)
    }
}

/// How a type holds ids, and the type of one.
pub(super) fn ids(ty: &Type) -> Option<(Given, &Type)> {
    match bare(ty) {
        Type::Reference(TypeReference {
            mutability: None,
            elem,
            ..
        }) => match bare(elem) {
            Type::Slice(slice) => Some((Given::Slice, &slice.elem)),
            _ => None,
        },
        Type::Path(path) => {
            let last = path
                .path
                .segments
                .last()
                .filter(|last| last.ident == "Vec")?;
            let PathArguments::AngleBracketed(inside) = &last.arguments else {
                return None;
            };
            match inside.args.first()? {
                GenericArgument::Type(id) => Some((Given::Vec, id)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Gives `'static` to what has any lifetime, or none of a name.
struct ForEver;

impl VisitMut for ForEver {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        let place = reference.span();
        let none = || Lifetime::new("'static", place);
        reference.lifetime.get_or_insert_with(none);
        syn::visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        *lifetime = Lifetime::new("'static", lifetime.span());
    }
}
