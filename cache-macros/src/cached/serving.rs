//! Which calls a hit serves: all but those that `fresh` has reload, and of the rest those that `valid_if` lets it.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::captures::perhaps_captured;
use super::listed;
use super::lookup::cache;
use super::model::Cached;
use super::site::at;
use crate::mentions::mentions;
use crate::span;

/// The names that they mention.
pub(super) fn mentioned(model: &Cached) -> BTreeSet<String> {
    let arguments = &model.arguments;
    let expressions = [&arguments.fresh, &arguments.valid_if];
    let expressions = expressions.into_iter().flatten();
    expressions
        .flat_map(|given| mentions(given.to_token_stream()))
        .collect()
}

/// `let __reloads = ..;`, before anything of the call is moved.
pub(super) fn reloads(model: &Cached) -> Option<TokenStream> {
    let fresh = model.arguments.fresh.as_ref()?;
    Some(quote_spanned! {span::made(fresh.span())=>
        #[allow(clippy::used_underscore_binding)]
        let __reloads: ::core::primitive::bool = #fresh;
    })
}

/// The look in memory.
pub(super) fn look(model: &Cached) -> TokenStream {
    let (ty, arguments) = (&model.output.ty, &model.arguments);
    let private = span::shown_at(&model.private, ty.span());
    let (mode, at, cache) = (model.mode(), at(model), cache(model));
    let policy = listed::policy_of_fn(model);
    let terms = quote_spanned!(span::made(ty.span())=> #at, #policy, #cache, &__key);
    let look = match &arguments.valid_if {
        None => quote_spanned!(span::made(ty.span())=> #private::lookup(#mode, #terms)),
        Some(written) => {
            let serves = asked(model, written);
            quote_spanned! {span::made(ty.span())=>
                #private::lookup_valid::<#mode, #ty>(#mode, #terms, |__value| #serves)
            }
        }
    };
    if arguments.fresh.is_none() {
        return look;
    }
    quote_spanned! {span::made(ty.span())=>
        if __reloads {
            #private::reload(#mode, ::core::marker::PhantomData::<fn() -> #ty>, #terms)
        } else {
            #look
        }
    }
}

/// The read and the load, and what they are given.
pub(super) fn load(model: &Cached, hooks: &TokenStream) -> TokenStream {
    let place = model.output.ty.span();
    let private = span::shown_at(&model.private, place);
    let load = match model.arguments.valid_if {
        None => quote_spanned!(span::made(place)=> #private::load(__call #hooks, __tags, __load)),
        Some(_) => quote_spanned! {span::made(place)=>
            #private::load_valid(__call #hooks, __tags, __load, __serves)
        },
    };
    match model.arguments.detach {
        None => load,
        Some(place) => {
            let private = span::shown_at(&model.private, place);
            quote_spanned!(span::made(place)=> #private::detached(__call.is_cached(), #load))
        }
    }
}

/// `let __serves = ..;`: what `valid_if` takes of the arguments is cloned, as the body owns them from here on.
pub(super) fn serves(model: &Cached) -> Option<TokenStream> {
    let written = model.arguments.valid_if.as_ref()?;
    let (mode, ty) = (model.mode(), &model.output.ty);
    let private = span::shown_at(&model.private, written.span());
    let taken = taken(model, written);
    let clones = taken.iter().map(|taken| {
        let (name, place) = (&taken.name, span::made(taken.place));
        let private = span::shown_at(&model.private, taken.place);
        let borrow = (!taken.is_lent).then(|| quote_spanned!(place=> &));
        quote_spanned! {place=>
            let #name = #private::taken(#borrow #name);
            let _ = &#name;
        }
    });
    let lent = taken.iter().filter(|taken| taken.is_lent);
    let lent = lent.map(|taken| {
        let name = &taken.name;
        quote_spanned!(Span::mixed_site()=> let #name = &#name;)
    });
    let asked = asked(model, written);
    Some(quote_spanned! {span::made(written.span())=>
        let __serves = #private::validity::<#mode, #ty, _>({
            #(#clones)*
            move |__value| {
                #(#lent)*
                #asked
            }
        });
    })
}

/// `let __call = ..;`, which has the value that the load replaces left where the body looks for it, and the body's look.
pub(super) fn older(model: &Cached) -> Option<(TokenStream, TokenStream)> {
    let name = model.arguments.older.as_ref()?;
    let (place, replaced) = (span::made(name.span()), replaced(model));
    let left = quote_spanned! {place=>
        #replaced
        let __call = __call.older(__replaced.lent());
    };
    let (mode, ty) = (model.mode(), &model.output.ty);
    // A value that can't be cached is told of once: at the return type, as everywhere.
    let private = span::shown_at(&model.private, ty.span());
    let take = quote_spanned!(span::made(ty.span())=> #private::replaced::<#mode, #ty>(__replaced));
    Some((left, quote_spanned!(place=> let #name = #take;)))
}

/// `let previous = ..;`, where nothing is left: for a body whose annotation is wrong.
pub(super) fn no_older(model: &Cached) -> Option<TokenStream> {
    let name = model.arguments.older.as_ref()?;
    let (mode, ty) = (model.mode(), &model.output.ty);
    let private = span::shown_at(&model.private, ty.span());
    Some(quote_spanned! {span::made(name.span())=>
        let #name = ::core::option::Option::None::<<#mode as #private::Reads<#ty>>::Value>;
    })
}

/// `let __replaced = ..;`: where the value is left.
fn replaced(model: &Cached) -> TokenStream {
    let (mode, ty) = (model.mode(), &model.output.ty);
    let private = span::shown_at(&model.private, ty.span());
    quote_spanned! {span::made(ty.span())=>
        let __replaced = #private::Replaced::<<#mode as #private::Reads<#ty>>::Value>::default();
    }
}

/// What the author's closure or fn says of a value.
fn asked(model: &Cached, written: &Expr) -> TokenStream {
    let place = span::made(written.span());
    let private = span::shown_at(&model.private, written.span());
    let kept = format_ident!("kept", span = place);
    let mut written = written.clone();
    if let Expr::Closure(closure) = &mut written {
        // It is asked more than once, so it takes nothing away.
        closure.capture = None;
    }
    quote_spanned!(place=> #private::#kept(__value, #written))
}

/// An argument that `valid_if` takes.
struct Taken {
    name: Ident,
    place: Span,
    /// Whether a pattern binds it, so that it is a reference.
    is_lent: bool,
}

fn taken(model: &Cached, written: &Expr) -> Vec<Taken> {
    let Expr::Closure(closure) = written else {
        return Vec::new();
    };
    let arguments = model.function.arguments();
    let bound = arguments.iter().flat_map(|argument| {
        let names = argument.bound().into_iter();
        names.map(|name| (name, argument.name.is_none()))
    });
    let bound: Vec<(Ident, bool)> = bound.collect();
    let names: Vec<String> = bound
        .iter()
        .map(|(name, _)| name.unraw().to_string())
        .collect();
    let captured = perhaps_captured(closure, &names).into_iter();
    let found = captured.filter_map(|(name, place)| {
        let at = names.iter().position(|known| *known == name)?;
        let (name, is_lent) = bound[at].clone();
        Some(Taken {
            name,
            place,
            is_lent,
        })
    });
    found.collect()
}
