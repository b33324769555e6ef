//! The fn of many ids: a look in memory for each, the reads of the rest, and the body for what no tier has.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type};

use super::item::{Given, Many};
use crate::cached::hooks;
use crate::cached::lookup::{keeps, key, named};
use crate::cached::model::Cached;
use crate::cached::serving;
use crate::cached::site::{compare, site};
use crate::cached::tags::{tags, told_tags};
use crate::function::{Argument, Function, Output, bare, body, wrapped};
use crate::mentions::mentions;
use crate::span;

/// With entries of its own.
pub(super) fn own(
    many: &Many,
    function: &Function,
    output: &Output,
    model: &Cached,
) -> TokenStream {
    let (private, one) = (&many.private, &many.one);
    let (site, keeps, guard) = (site(model), keeps(model), guard(many, output));
    let (key, compare) = (key(model), compare(model));
    let named =
        named(model).map(|named| quote_spanned!(Span::mixed_site()=> let __call = __call #named;));
    let mut mentioned = model.mentioned();
    mentioned.extend(serving::mentioned(model));
    let (lent, told, tags) = (model.lent(&mentioned), told_tags(model), tags(model));
    let (reloads, look) = (serving::reloads(model), serving::look(model));
    let hooks = hooks::of_value(model);
    let asked = quote_spanned! {Span::mixed_site()=>
        |#one, __common| {
            let _ = &#one;
            #told
            #compare
            #key
            match #look {
                #private::Lookup::Hit(__value) => #private::hit(__value),
                #private::Lookup::Miss(__call) => {
                    #named
                    #tags
                    #private::missed(__call #hooks, __tags, __common)
                }
            }
        }
    };
    let held = &model.output.ty;
    let place = span::made(many.id.span());
    let asked = quote_spanned!(place=> .look::<#held>(#asked));
    let rest = rest(many, function, output, &asked, &mentioned);
    let statements = quote_spanned! {Span::mixed_site()=>
        #site
        #keeps
        #guard
        #private::budget().await;
        #lent
        #reloads
        #rest
    };
    wrapped(function, output, statements)
}

/// With the entries of another fn.
pub(super) fn shared(
    many: &Many,
    function: &Function,
    output: &Output,
    entry: &Expr,
) -> TokenStream {
    let (one, place) = (&many.one, span::made(entry.span()));
    let private = span::shown_at(&many.private, entry.span());
    let asked = quote_spanned! {place=>
        .look(|#one, __common| #private::shared_entry(&(#entry), __common))
    };
    let mentioned = mentions(entry.to_token_stream());
    let lent = function.arguments().into_iter();
    let lent = lent.filter(|argument| argument.lends(&mentioned));
    let lent: TokenStream = lent.map(|argument| argument.lent()).collect();
    let (guard, private) = (guard(many, output), &many.private);
    let rest = rest(many, function, output, &asked, &mentioned);
    let statements = quote_spanned! {Span::mixed_site()=>
        #guard
        #private::budget().await;
        #lent
        #rest
    };
    wrapped(function, output, statements)
}

fn rest(
    many: &Many,
    function: &Function,
    output: &Output,
    asked: &TokenStream,
    mentioned: &BTreeSet<String>,
) -> TokenStream {
    let (ty, id, ids) = (&output.ty, &many.id, &many.argument.local);
    let (private, mode) = (&many.private, many.mode(output));
    let (share, timed_out) = (share(many, output), timed_out(many));
    let again = function.arguments().into_iter();
    let again = again
        .filter(|argument| argument.local != *ids)
        .map(|argument| once_more(many, &argument));
    let missing = match many.given {
        Given::Slice => quote_spanned!(Span::mixed_site()=> let #ids: &[#id] = &__missing;),
        Given::Vec => quote_spanned!(Span::mixed_site()=> let #ids = __missing;),
    };
    let body = body(function, output, mentioned);
    let begin = quote_spanned! {span::made(ty.span())=>
        #private::batch(
            #mode,
            ::core::marker::PhantomData::<fn() -> #ty>,
            ::core::convert::AsRef::<[#id]>::as_ref(&#ids),
        )
    };
    quote_spanned! {Span::mixed_site()=>
        #[allow(clippy::used_underscore_binding)]
        let mut __batch = #begin #share #timed_out #asked;
        loop {
            let __missing: ::std::vec::Vec<#id> = match __batch.next().await {
                ::core::result::Result::Ok(::core::option::Option::Some(__missing)) => __missing,
                ::core::result::Result::Ok(::core::option::Option::None) => break,
                ::core::result::Result::Err(__returned) => return __returned,
            };
            #(#again)*
            #missing
            let __load = ::core::pin::pin!(#body);
            if let ::core::option::Option::Some(__returned) = __batch.during(__load).await {
                return __returned;
            }
        }
        __batch.end()
    }
}

/// The argument for one run of the body, of which there may be more.
fn once_more(many: &Many, argument: &Argument) -> TokenStream {
    let (local, ty) = (&argument.local, &argument.typed.ty);
    let place = span::made(ty.span());
    let private = span::shown_at(&many.private, ty.span());
    match bare(ty) {
        Type::Reference(reference) if reference.mutability.is_none() => TokenStream::new(),
        Type::Reference(_) => quote_spanned!(place=> let #local = &mut *#local;),
        _ => quote_spanned! {place=>
            #[allow(clippy::used_underscore_binding)]
            let #local = #private::again(&#local);
        },
    }
}

/// Refuses a `Result` under another name, of which errors would be taken for values.
fn guard(many: &Many, output: &Output) -> Option<TokenStream> {
    if many.is_fallible {
        return None;
    }
    let ty = &output.ty;
    let private = span::shown_at(&many.private, ty.span());
    Some(quote_spanned! {span::made(ty.span())=>
        {
            use #private::NotResult as _;
            #private::keeps_all(#private::Probe::<#ty>::new().kind());
        }
    })
}

/// How an error is remembered, where it is to be.
fn share(many: &Many, output: &Output) -> Option<TokenStream> {
    let ty = &output.ty;
    let private = span::shown_at(&many.private, ty.span());
    let remembered = quote_spanned!(span::made(ty.span())=> .share(#private::remembered()));
    many.remembers.then_some(remembered)
}

/// How the user's error is made of a timeout.
fn timed_out(many: &Many) -> Option<TokenStream> {
    let place = many.is_limited?;
    let private = span::shown_at(&many.private, place);
    Some(quote_spanned!(span::made(place)=> .timed_out(#private::timed_out)))
}
