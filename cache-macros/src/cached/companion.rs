//! The companion `{fn}_entry`: the entry of given arguments, without a load.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Meta, Receiver, ReceiverKind, parse_quote};

use super::hooks;
use super::listed;
use super::lookup::{cache, keeps, key, named};
use super::model::Cached;
use super::site::{at, compare, site_of_companion};
use super::tags::{tags, told_tags};
use crate::function::{Parameter, kept, parameters, words};
use crate::span;

/// The companion, unless there is none.
pub(super) fn companion(model: &Cached) -> Option<TokenStream> {
    let arguments = model.companion_arguments().into_iter();
    let used = arguments.map(|argument| argument.local);
    let statements = statements(model);
    declared(
        model,
        quote_spanned!(Span::mixed_site()=> #(let _ = &#used;)* #statements),
    )
}

/// The same without a body, for a fn whose annotation is wrong.
pub(super) fn stub(model: &Cached) -> Option<TokenStream> {
    let arguments = model.companion_arguments().into_iter();
    let used = arguments.map(|argument| argument.local);
    let body = quote_spanned! {Span::mixed_site()=>
        #(let _ = &#used;)*
        ::core::panic!("the annotation is wrong")
    };
    declared(model, body)
}

fn declared(model: &Cached, body: TokenStream) -> Option<TokenStream> {
    let companion = model.companion()?;
    let returned = returned(model);
    let (visibility, place) = (
        (model.arguments.entry_vis.as_ref()).unwrap_or(&model.function.visibility),
        model.function.signature.ident.span(),
    );
    let attributes = attributes(model);
    let inputs = inputs(model);
    let generics = generics(model, &inputs);
    let (parameters, clause) = (&generics, &generics.where_clause);
    let mut braces = Group::new(Delimiter::Brace, body);
    braces.set_span(span::made(place));
    Some(quote_spanned! {span::made(place)=>
        #attributes
        #visibility fn #companion #parameters (#(#inputs),*)
            -> #returned
        #clause
        #braces
    })
}

/// `Entry<T>`, shown at the fn's return type.
fn returned(model: &Cached) -> TokenStream {
    let (mode, ty) = (model.mode(), &model.output.ty);
    let [runtime, private] =
        [&model.runtime, &model.private].map(|path| span::shown_at(path, ty.span()));
    quote_spanned!(span::made(ty.span())=> #runtime::Entry<<#mode as #private::Reads<#ty>>::Value>)
}

fn statements(model: &Cached) -> TokenStream {
    let ty = &model.output.ty;
    let private = span::shown_at(&model.private, ty.span());
    let (site, key, compare) = (site_of_companion(model), key(model), compare(model));
    let (keeps, lent, told) = (
        keeps(model),
        model.lent(&model.mentioned()),
        told_tags(model),
    );
    let (tags, named, hooks) = (tags(model), named(model), hooks::of_value(model));
    let (mode, at, cache) = (model.mode(), at(model), cache(model));
    let policy = listed::policy_of_companion(model);
    let call = quote_spanned! {span::made(ty.span())=>
        #private::unread(
            #mode,
            ::core::marker::PhantomData::<fn() -> #ty>,
            #at,
            #policy,
            #cache,
            &__key,
        ) #named #hooks
    };
    let entry = quote_spanned!(span::made(ty.span())=> #private::entry(#call, __tags));
    quote_spanned!(Span::mixed_site()=> #site #keeps #lent #told #key #tags #compare #entry)
}

/// Its documentation, the fn's `cfg`s and lints, and silence: nobody wrote it, nobody has to call it. What is
/// `unused` is told by spans, as an `allow` is an error where its author forbids the lint.
fn attributes(model: &Cached) -> TokenStream {
    let name = &model.function.signature.ident;
    let link = match model.function.receiver() {
        Some(_) => format!("fn@Self::{name}"),
        None => format!("fn@{name}"),
    };
    let documentation = format!("The cache entry of [`{name}`]({link}) for these arguments.");
    let cfgs = model.function.attributes.iter().filter_map(of_companion);
    quote_spanned! {Span::mixed_site()=>
        #[doc = #documentation]
        #(#cfgs)*
        #[allow(
            elided_lifetimes_in_paths,
            single_use_lifetimes,
            unreachable_pub,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
    }
}

/// An attribute that is of the companion, too: its `cfg`s, and the lints that its author allows in the signature.
fn of_companion(attribute: &Attribute) -> Option<Attribute> {
    let mut attribute = attribute.clone();
    if let Meta::List(list) = &mut attribute.meta
        && list.path.is_ident("expect")
    {
        // There may be nothing to expect.
        list.path = parse_quote!(allow);
    }
    let path = attribute.path();
    (path.is_ident("cfg") || path.is_ident("allow")).then_some(attribute)
}

/// The receiver, if it is mentioned, and the arguments that are.
fn inputs(model: &Cached) -> Vec<FnArg> {
    let receiver = model
        .function
        .receiver()
        .filter(|_| model.mentioned().contains("self"))
        .map(borrowed);
    let arguments = model
        .companion_arguments()
        .into_iter()
        .map(|argument| FnArg::Typed(argument.declared()));
    receiver
        .map(FnArg::Receiver)
        .into_iter()
        .chain(arguments)
        .collect()
}

/// To name an entry is no reason to take or to change what it belongs to.
fn borrowed(receiver: &Receiver) -> Receiver {
    match &receiver.kind {
        ReceiverKind::Typed(..) => Receiver {
            mutability: None,
            ..receiver.clone()
        },
        ReceiverKind::Reference(_, Some(lifetime), _) => parse_quote!(&#lifetime self),
        _ => parse_quote!(&self),
    }
}

/// The parameters that the arguments, the value, its tags or the key's type parameters need.
fn generics(model: &Cached, inputs: &[FnArg]) -> syn::Generics {
    let mut wanted: BTreeSet<String> = inputs.iter().flat_map(words).collect();
    wanted.extend(words(&model.output.ty));
    wanted.extend(model.expressions().iter().flat_map(words));
    wanted.extend(model.types.iter().map(ToString::to_string));
    let constants = parameters(&model.function).into_iter();
    wanted.extend(constants.filter_map(|parameter| match parameter {
        Parameter::Const(name) if !model.arguments.skip.contains(&name) => Some(name.to_string()),
        Parameter::Const(_) | Parameter::Type(_) => None,
    }));
    kept(&model.function.signature.generics, wanted)
}
